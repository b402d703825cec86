// SPDX-License-Identifier: MIT
//
// A round is a term: with t = (-J)^k v it adds t / P(k) to w, and -(v . t) / (k P(k)) to the sum; to w where nothing is left to chance the t
// before it, so that it is the derivative of the sum. A sample that has had its last term stays
// as it is, and a tile ends with the last of its samples.

#include "compiler/Stage/ExpandSeries.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Stage/Segments.h"

#include "mlir/IR/IRMapping.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// A random number has no more bits, so that no sample takes more terms.
constexpr double kBits = 53;

int64_t roundsFor(int64_t least, double keep) {
  return keep > 0 ? least + static_cast<int64_t>(std::ceil(kBits * std::log(2) / -std::log(keep))) : least;
}

/// What is carried from term to term, in one vector.
struct Terms {
  Value term, solution, sum, count;
};

class SeriesBuilder {
public:
  SeriesBuilder(LogDetSeriesOp op, OpBuilder &builder)
      : op(op), builder(builder), loc(op.getLoc()), size(elementCount(op.getProbe())), keep(op.getKeep().convertToDouble()) {}

  Value pack(const Terms &terms) { return concatenate(builder, loc, {terms.sum, terms.solution, terms.term, terms.count}); }
  Terms unpack(Value vector) {
    return {part(vector, size + 1, size), part(vector, 1, size), part(vector, 0, 1), part(vector, 2 * size + 1, 1)};
  }
  Value part(Value vector, int64_t first, int64_t count) {
    return ExtractOp::create(builder, loc, vectorOf(count), vector, llvm::to_vector(llvm::seq(first, first + count)));
  }
  /// A term more than the sum is there for w at no cost, and lessens its variance; but where the sum is cut, its derivative is wanted.
  Terms start() {
    Value zero = constantOf(builder, loc, vectorOf(1), 0);
    return {op.getProbe(), keep == 0 ? constantOf(builder, loc, vectorOf(size), 0) : Value(op.getProbe()), zero, zero};
  }

  Terms next(const Terms &terms) {
    IRMapping mapping;
    Block &body = op.getBody().front();
    mapping.map(body.getArgument(0), terms.term);
    for (Operation &inner : body.without_terminator())
      builder.clone(inner, mapping);
    Expr term = -expr(mapping.lookupOrDefault(body.getTerminator()->getOperand(0)));
    Expr count = expr(terms.count) + 1.0;
    Value product = SumOp::create(builder, loc, RankedTensorType::get({}, builder.getF64Type()), expr(op.getProbe()) * term);
    Expr share = expr(SplatOp::create(builder, loc, vectorOf(1), product)) / count;
    if (keep == 0)
      return {term, expr(terms.solution) + expr(terms.term), expr(terms.sum) - share, count};
    // log(1 / P(k))
    Expr doubt = maximum(count - static_cast<double>(op.getLeast()), 0) * -std::log(keep);
    Expr weight = exp(doubt), chance = exp(-doubt);
    auto whereTaken = [&](Expr then, Value otherwise) -> Value {
      Value draw = spread(op.getDraw(), then), bound = spread(chance, then);
      Value taken = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, draw, bound);
      return arith::SelectOp::create(builder, loc, taken, then, otherwise);
    };
    return {whereTaken(term, terms.term), whereTaken(expr(terms.solution) + expr(spread(weight, term)) * term, terms.solution),
            whereTaken(expr(terms.sum) - weight * share, terms.sum), whereTaken(count, terms.count)};
  }

private:
  Expr expr(Value value) { return Expr(builder, loc, value); }
  RankedTensorType vectorOf(int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); }
  Expr maximum(const Expr &a, double b) { return expr(arith::MaximumFOp::create(builder, loc, a, a.constant(b))); }
  /// One number as often as `like` has elements.
  Value spread(Value number, Value like) {
    return elementCount(like) == 1 ? number : RepeatOp::create(builder, loc, like.getType(), number).getResult();
  }

  LogDetSeriesOp op;
  OpBuilder &builder;
  Location loc;
  int64_t size;
  double keep;
};

} // namespace

void expandSeries(LogDetSeriesOp op) {
  OpBuilder builder(op);
  SeriesBuilder outside(op, builder);
  Value start = outside.pack(outside.start());
  auto iterate = IterateOp::create(builder, op.getLoc(), start.getType(), start,
                                   builder.getI64IntegerAttr(roundsFor(op.getLeast(), op.getKeep().convertToDouble())));
  Block *body = new Block;
  iterate.getBody().push_back(body);
  OpBuilder inside = OpBuilder::atBlockEnd(body);
  SeriesBuilder round(op, inside);
  Value current = body->addArgument(start.getType(), op.getLoc());
  YieldOp::create(inside, op.getLoc(), ValueRange{round.pack(round.next(round.unpack(current)))});
  op.replaceAllUsesWith(outside.part(iterate, 0, elementCount(op.getResult())));
  op.erase();
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Separate.h"

#include "compiler/Dialect/Flow/Expr.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The sum of coefficient * vector; the null vector stands for ones. No coefficient is the constant 0.
using Combination = llvm::MapVector<Value, Value>;

/// More terms than this are no simplification.
constexpr size_t kMostTerms = 8;

class Separator {
public:
  Separator(func::FuncOp function, Value unknown) : builder(function->getContext()) {
    varying.insert(unknown);
    for (Operation &op : function.getBody().front().without_terminator())
      if (llvm::any_of(op.getOperands(), [&](Value v) { return varying.contains(v); }))
        varying.insert(op.getResults().begin(), op.getResults().end());
  }

  void rewrite(SumOp sum) {
    if (!varying.contains(sum.getVector()))
      return;
    builder.setInsertionPoint(sum);
    loc = sum.getLoc();
    std::optional<Combination> terms = combine(sum.getVector());
    if (!terms)
      return;
    Value total = number(0);
    for (auto &[vector, coefficient] : *terms) {
      double count = elementCount(sum.getVector());
      Value size = vector ? (Value)SumOp::create(builder, loc, sum.getType(), vector) : number(count);
      total = add(total, mul(coefficient, size));
    }
    // What is computed from it depends on the unknown as before.
    varying.insert(total);
    sum.getResult().replaceAllUsesWith(total);
  }

private:
  Value number(double value) { return constantOf(builder, loc, RankedTensorType::get({}, builder.getF64Type()), value); }
  static bool is(Value value, double number) { return constantValue(value) == number; }

  Value add(Value a, Value b) {
    auto left = constantValue(a), right = constantValue(b);
    if (left && right)
      return number(*left + *right);
    return is(a, 0) ? b : is(b, 0) ? a : (Value)arith::AddFOp::create(builder, loc, a, b);
  }
  Value mul(Value a, Value b) {
    auto left = constantValue(a), right = constantValue(b);
    if (left && right)
      return number(*left * *right);
    return is(a, 1) ? b : is(b, 1) ? a : (Value)arith::MulFOp::create(builder, loc, a, b);
  }
  Value mulVectors(Value a, Value b) { return a && b ? (Value)arith::MulFOp::create(builder, loc, a, b) : a ? a : b; }

  static Combination single(Value vector, Value coefficient) {
    Combination terms;
    terms[vector] = coefficient;
    return terms;
  }

  static void addTerm(Combination &terms, Value vector, Value coefficient) {
    if (is(coefficient, 0))
      terms.erase(vector);
    else
      terms[vector] = coefficient;
  }

  Combination sum(Combination a, const Combination &b, double sign) {
    for (auto &[vector, coefficient] : b) {
      Value signed_ = mul(number(sign), coefficient), before = a.lookup(vector);
      addTerm(a, vector, before ? add(before, signed_) : signed_);
    }
    return a;
  }

  std::optional<Combination> product(const Combination &a, const Combination &b) {
    Combination terms;
    if (a.size() * b.size() > kMostTerms)
      return std::nullopt;
    for (auto &[u, c] : a)
      for (auto &[v, d] : b) {
        terms = sum(std::move(terms), single(mulVectors(u, v), mul(c, d)), 1);
      }
    return terms;
  }

  std::optional<Combination> quotient(const Combination &a, const Combination &b) {
    if (b.size() != 1)
      return std::nullopt;
    auto &[v, d] = *b.begin();
    Combination terms;
    for (auto &[u, c] : a) {
      if (v && !u)
        return std::nullopt;
      Value vector = v ? (Value)arith::DivFOp::create(builder, loc, u, v) : u;
      terms[vector] = is(d, 1) ? c : (Value)arith::DivFOp::create(builder, loc, c, d);
    }
    return terms;
  }

  /// An op that is linear and moves elements, applied to every vector; ones that are moved are no longer ones
  /// everywhere.
  std::optional<Combination> moved(Operation *op, const Combination &from) {
    Combination terms;
    for (auto &[vector, coefficient] : from) {
      if (!vector)
        return std::nullopt;
      IRMapping mapping;
      mapping.map(op->getOperand(0), vector);
      terms[builder.clone(*op, mapping)->getResult(0)] = coefficient;
    }
    return terms;
  }

  /// Every piece on its own, with zeros where the others are.
  std::optional<Combination> merged(MergeOp merge, llvm::ArrayRef<Combination> pieces) {
    Combination terms;
    for (auto [k, piece] : llvm::enumerate(pieces))
      for (auto &[vector, coefficient] : piece) {
        Type type = merge.getPieces()[k].getType();
        Value part = vector ? vector : constantOf(builder, loc, type, 1);
        terms[MergeOp::create(builder, loc, merge.getType(), part, builder.getArrayAttr({merge.getIndices()[k]}))] = coefficient;
      }
    return terms;
  }

  std::optional<Combination> combine(Value vector) {
    if (!varying.contains(vector))
      return single(vector, number(1));
    Operation *op = vector.getDefiningOp();
    if (!op)
      return std::nullopt;
    if (auto splat = dyn_cast<SplatOp>(op))
      return single(Value(), splat.getScalar());
    llvm::SmallVector<Combination, 2> operands;
    if (!isa<arith::AddFOp, arith::SubFOp, arith::NegFOp, arith::MulFOp, arith::DivFOp, SquareOp, ExtractOp, MergeOp, ConstrainedOp>(op))
      return std::nullopt;
    for (Value operand : op->getOperands()) {
      std::optional<Combination> terms = combine(operand);
      if (!terms || terms->size() > kMostTerms)
        return std::nullopt;
      operands.push_back(std::move(*terms));
    }
    if (isa<arith::AddFOp>(op))
      return sum(operands[0], operands[1], 1);
    if (isa<arith::SubFOp>(op))
      return sum(operands[0], operands[1], -1);
    if (isa<arith::NegFOp>(op))
      return sum({}, operands[0], -1);
    if (isa<arith::MulFOp>(op) && op->getOperand(0) != op->getOperand(1))
      return product(operands[0], operands[1]);
    if (isa<arith::DivFOp>(op))
      return quotient(operands[0], operands[1]);
    if (isa<ExtractOp>(op))
      return moved(op, operands[0]);
    if (auto merge = dyn_cast<MergeOp>(op))
      return merged(merge, operands);
    if (isa<ConstrainedOp>(op))
      return operands[0];
    return squared(operands[0]);
  }

  /// (c v)^2 = c^2 v^2.
  std::optional<Combination> squared(const Combination &a) {
    if (a.size() != 1)
      return product(a, a);
    auto &[vector, coefficient] = *a.begin();
    Value square = vector ? (Value)SquareOp::create(builder, loc, vector.getType(), vector) : vector;
    return single(square, SquareOp::create(builder, loc, coefficient.getType(), coefficient));
  }

  OpBuilder builder;
  Location loc = builder.getUnknownLoc();
  llvm::DenseSet<Value> varying;
};

} // namespace

void separateSums(func::FuncOp function, Value unknown) {
  Separator separator(function, unknown);
  for (SumOp sum : llvm::to_vector(function.getBody().front().getOps<SumOp>()))
    separator.rewrite(sum);
}

} // namespace flowc

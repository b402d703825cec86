// SPDX-License-Identifier: MIT
//
// Roots are differentiated by the implicit function theorem: one Newton step is written out behind each,
//     x = detach(t) - (f(detach(t)) - y) / detach(f'(t)),
// whose value is t and whose derivative is that of the root. Fixed points likewise, by one solve,
//     x = t + (1 - F'(t))^-1 (F(t) - t) with t and the matrix detached.
// The power series of a log-determinant is differentiated by the one of its derivative, whose terms it has gathered (flow.log_det_series).

#include "compiler/Stage/Held.h"

#include "compiler/Derive/Tangents.h"
#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/MatrixOps.h"
#include "compiler/Stage/Segments.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

Expr detach(Expr value) { return value.unary<DetachOp>(); }

/// Writes out what the body computes from `argument`.
void cloneBody(OpBuilder &builder, Block &body, Value argument, IRMapping &mapping) {
  mapping.map(body.getArgument(0), argument);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
}

struct HeldRoot : HeldOpInterface::ExternalModel<HeldRoot, RootOp> {
  FailureOr<Value> expose(Operation *op, OpBuilder &builder, Value held) const {
    auto root = cast<RootOp>(op);
    Location loc = root.getLoc();
    Block &body = root.getBody().front();
    IRMapping mapping;
    cloneBody(builder, body, held, mapping);
    auto yielded = cast<YieldOp>(body.getTerminator()).getValues();
    Expr found(builder, loc, held), value(builder, loc, mapping.lookupOrDefault(yielded[0])), target(builder, loc, root.getTarget());
    Expr slope(builder, loc, mapping.lookupOrDefault(yielded[1]));
    return static_cast<Value>(found - (value - target) / detach(slope));
  }
};

struct HeldFixedPoint : HeldOpInterface::ExternalModel<HeldFixedPoint, FixedPointOp> {
  FailureOr<Value> expose(Operation *op, OpBuilder &builder, Value held) const {
    auto point = cast<FixedPointOp>(op);
    Location loc = point.getLoc();
    Block &body = point.getBody().front();
    IRMapping mapping;
    cloneBody(builder, body, held, mapping);
    Value next = body.getTerminator()->getOperand(0);
    Expr found(builder, loc, held), again(builder, loc, mapping.lookupOrDefault(next));
    FailureOr<Value> drift = jacobian(builder, [&](Value v) { return mapping.lookupOrDefault(v); }, next, body.getArgument(0));
    if (failed(drift))
      return failure();
    Expr rest = again - found;
    if (*drift) {
      Expr unit(builder, loc, identityMatrix(builder, loc, builder.getF64Type(), elementCount(point.getResult())));
      Expr matrix = detach(unit - Expr(builder, loc, *drift));
      rest = Expr(builder, loc, SolveOp::create(builder, loc, matrix, rest, /*transposed=*/false));
    }
    return static_cast<Value>(found + rest);
  }
};

/// The value of the sum stays; its derivative is that of v . J w, with v and w held.
struct HeldSeries : HeldOpInterface::ExternalModel<HeldSeries, LogDetSeriesOp> {
  FailureOr<Value> expose(Operation *op, OpBuilder &builder, Value held) const {
    auto series = cast<LogDetSeriesOp>(op);
    Location loc = series.getLoc();
    Type vector = series.getProbe().getType();
    int64_t size = elementCount(series.getProbe());
    auto number = RankedTensorType::get({1}, builder.getF64Type()), scalar = RankedTensorType::get({}, builder.getF64Type());
    Value solution = ExtractOp::create(builder, loc, vector, held, llvm::to_vector(llvm::seq<int64_t>(1, size + 1)));
    IRMapping mapping;
    Block &body = series.getBody().front();
    cloneBody(builder, body, solution, mapping);
    Expr probe(builder, loc, series.getProbe()), product(builder, loc, mapping.lookupOrDefault(body.getTerminator()->getOperand(0)));
    Value slope = SumOp::create(builder, loc, scalar, detach(probe) * product);
    Expr moving(builder, loc, SplatOp::create(builder, loc, number, slope));
    Expr sum(builder, loc, ExtractOp::create(builder, loc, number, held, llvm::ArrayRef<int64_t>{0}));
    return concatenate(builder, loc, {sum + (moving - detach(moving)), solution});
  }
};

} // namespace

void registerHeldModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlowDialect *) {
    RootOp::attachInterface<HeldRoot>(*context);
    FixedPointOp::attachInterface<HeldFixedPoint>(*context);
    LogDetSeriesOp::attachInterface<HeldSeries>(*context);
  });
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// log det(1 + J) = sum over k > 0 of (-1)^(k+1) tr(J^k) / k, and tr(J^k) is the mean of v . J^k v over random signs v (Hutchinson). A
// product J v is the tangent of g along v: as much work as g itself, where all of J takes as many passes as there are features.

#include "compiler/Derive/Estimate.h"

#include "compiler/Derive/Inline.h"
#include "compiler/Derive/Tangents.h"
#include "compiler/Dialect/Flow/Expr.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// -1 or 1 with equal probability, of uniform numbers. Of all vectors with v v^T = 1 in the mean these give the trace least variance.
Value randomSigns(OpBuilder &builder, Location loc, Value uniform) {
  Expr u(builder, loc, uniform);
  return u.whereAtLeast(u.constant(0.5), u.constant(1), u.constant(-1));
}

/// The body that takes t to dg/dx t. Failure, reported, at an op that has no derivative.
FailureOr<Block *> buildProduct(Evaluator &known, const Residual &residual) {
  LayerOp layer = known.getLayer();
  Location loc = layer.getLoc();
  auto body = std::make_unique<Block>();
  OpBuilder inside(layer->getContext());
  inside.setInsertionPointToEnd(body.get());
  Value direction = body->addArgument(layer.input().getType(), loc);
  auto at = [&](Value value) { return known.all(value); };
  Value total;
  for (const Residual::Term &term : residual.terms) {
    FailureOr<Value> tangent = productWithJacobian(inside, at, term.value, layer.input(), direction);
    if (failed(tangent))
      return failure();
    if (!*tangent)
      continue;
    Expr moved(inside, loc, *tangent), signedly = term.minus ? -moved : moved;
    total = total ? Value(Expr(inside, loc, total) + signedly) : Value(signedly);
  }
  if (!total)
    total = constantOf(inside, loc, direction.getType(), 0);
  YieldOp::create(inside, loc, ValueRange{total});
  return body.release();
}

} // namespace

EstimateOp estimateOf(LayerOp layer) {
  auto model = cast<ModelOp>(layer->getParentOp());
  auto estimates = model.getOps<EstimateOp>();
  return estimates.empty() ? EstimateOp() : *estimates.begin();
}

FailureOr<Value> estimateLogDet(Evaluator &known, const Residual &residual, EstimateOp estimate) {
  OpBuilder &builder = known.getBuilder();
  LayerOp layer = known.getLayer();
  Location loc = layer.getLoc();
  int64_t size = elementCount(layer.input());
  FailureOr<Block *> product = buildProduct(known, residual);
  if (failed(product))
    return failure();
  auto vector = [&](int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); };
  Value noise = NoiseOp::create(builder, loc, vector(size + 1));
  Value probe = randomSigns(builder, loc, ExtractOp::create(builder, loc, vector(size), noise, allElements(size)));
  Value draw = ExtractOp::create(builder, loc, vector(1), noise, llvm::ArrayRef<int64_t>{size});
  auto series = LogDetSeriesOp::create(builder, loc, vector(size + 1), probe, draw, estimate.getLeastAttr(), estimate.getKeepAttr());
  series.getBody().push_back(*product);
  hoistInvariants(series);
  Value sum = ExtractOp::create(builder, loc, vector(1), series, llvm::ArrayRef<int64_t>{0});
  return Value(SumOp::create(builder, loc, RankedTensorType::get({}, builder.getF64Type()), sum));
}

} // namespace flowc

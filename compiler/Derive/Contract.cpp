// SPDX-License-Identifier: MIT
//
// Contractions. Where |g(x) - g(x')| <= L |x - x'| with L < 1, x + g(x) is a bijection: the map t -> y - g(t) brings two points
// closer together, so that exactly one stays where it is (Banach), and that is the x with x + g(x) = y.
//
// Log-determinant. That of the matrix 1 + dg/dx. Its symmetric part is positive definite, for v (1 + dg/dx) v >= (1 - L) v v.

#include "compiler/Derive/Contract.h"

#include "compiler/Derive/Estimate.h"
#include "compiler/Derive/Inline.h"
#include "compiler/Derive/Lipschitz.h"
#include "compiler/Derive/Rules.h"
#include "compiler/Derive/Tangents.h"
#include "compiler/Dialect/Flow/Expr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// Every sample has a matrix of as many rows and columns.
constexpr int64_t kMostFeatures = 1024;

std::string formatBound(double bound) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.4g", bound);
  return text;
}

/// Takes a sum apart.
void collectTerms(Value value, bool minus, llvm::SmallVectorImpl<Residual::Term> &terms) {
  Operation *op = value.getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::SubFOp>(op)) {
    terms.push_back({value, minus});
    return;
  }
  collectTerms(op->getOperand(0), minus, terms);
  collectTerms(op->getOperand(1), minus != isa<arith::SubFOp>(op), terms);
}

/// Where `known` is at an input: log det(1 + dg/dx).
FailureOr<Value> logDeterminantAt(Evaluator &known) {
  OpBuilder &builder = known.getBuilder();
  LayerOp layer = known.getLayer();
  auto at = [&](Value value) { return known.all(value); };
  FailureOr<Value> matrix = jacobian(builder, at, layer.output(), layer.input());
  if (failed(matrix))
    return failure();
  return Value(LogDetOp::create(builder, layer.getLoc(), RankedTensorType::get({}, builder.getF64Type()), *matrix));
}

/// A log-determinant where `known` is at an input: the exact one, or an estimate of it.
using LogDeterminant = llvm::function_ref<FailureOr<Value>(Evaluator &)>;

DirectionResult applyResidual(LayerOp layer, const LayerStructure &structure, OpBuilder &builder, Value input, LogDeterminant logDeterminant) {
  Evaluator known(builder, layer, structure);
  known.define(allElements(elementCount(input)), input);
  Value output = known.all(layer.output());
  FailureOr<Value> logDet = failure();
  unnamed(builder, layer.getLoc(), [&] { return (logDet = logDeterminant(known)).value_or(Value()); });
  if (failed(logDet))
    return failure();
  return std::make_pair(output, *logDet);
}

/// The fixed point of t -> y - g(t).
Value solveResidual(LayerOp layer, const Residual &residual, OpBuilder &builder, Value output) {
  Location loc = layer.getLoc();
  auto point = FixedPointOp::create(builder, layer.input().getLoc(), output.getType(), output, builder.getF64FloatAttr(residual.bound));
  Block *body = new Block;
  point.getBody().push_back(body);
  OpBuilder inside = OpBuilder::atBlockEnd(body);
  IRMapping mapping;
  mapping.map(layer.input(), body->addArgument(output.getType(), layer.input().getLoc()));
  Expr next(inside, loc, output);
  for (const Residual::Term &term : residual.terms) {
    Expr value(inside, loc, cloneSlice(inside, term.value, mapping));
    next = term.minus ? next + value : next - value;
  }
  YieldOp::create(inside, loc, ValueRange{next});
  hoistInvariants(point);
  return point.getResult();
}

DirectionResult invertResidual(LayerOp layer, const Residual &residual, const LayerStructure &structure, OpBuilder &builder, Value output,
                               LogDeterminant logDeterminant) {
  Value input = solveResidual(layer, residual, builder, output);
  DirectionResult again = applyResidual(layer, structure, builder, input, logDeterminant);
  if (failed(again))
    return failure();
  return std::make_pair(input, (Value)arith::NegFOp::create(builder, layer.getLoc(), again->second));
}

/// Both directions, with this log-determinant.
LogicalResult buildResidual(LayerOp layer, const Residual &residual, const LayerStructure &structure, LogDeterminant logDeterminant,
                            bool estimated) {
  return buildDirections(
      layer, [&](OpBuilder &builder, Value input) { return applyResidual(layer, structure, builder, input, logDeterminant); },
      [&](OpBuilder &builder, Value output) { return invertResidual(layer, residual, structure, builder, output, logDeterminant); },
      estimated);
}

} // namespace

std::optional<Residual> findResidual(LayerOp layer, const LayerStructure &structure) {
  Residual residual;
  collectTerms(layer.output(), false, residual.terms);
  auto *self = llvm::find_if(residual.terms, [&](const Residual::Term &term) { return term.value == layer.input() && !term.minus; });
  if (self == residual.terms.end() || structure.range(layer.input()) != Interval::all())
    return std::nullopt;
  residual.terms.erase(self);
  Lipschitz lipschitz(layer, structure);
  residual.bound = 0;
  for (const Residual::Term &term : residual.terms)
    residual.bound += lipschitz.of(term.value);
  return residual;
}

std::optional<LogicalResult> contractLayer(LayerOp layer) {
  FailureOr<LayerStructure> structure = LayerStructure::propagated(layer);
  if (failed(structure))
    return failure();
  std::optional<Residual> residual = findResidual(layer, *structure);
  if (!residual || std::isinf(residual->bound))
    return std::nullopt;
  // Where there is an order, what stands in its way says more than a bound.
  std::vector<Diagnostic> ignored;
  bool ordered = succeeded(quietly(layer->getContext(), ignored, [&] { return LogicalResult(LayerStructure::analyze(layer)); }));
  if (!(residual->bound < 1) && ordered)
    return std::nullopt;
  if (!(residual->bound < 1))
    return layer.emitError("cannot prove that `")
           << layer.getLayerType() << "` has an inverse: what it adds to its input has the Lipschitz bound "
           << formatBound(residual->bound) << ", which is not below 1 [not-contracting]";
  if (int64_t features = elementCount(layer.input()); features > kMostFeatures)
    return layer.emitError("`") << layer.getLayerType() << "` is a contraction on " << features
                                << " features: its log-determinant takes a matrix of as many rows and columns for every sample, and is "
                                   "derived for at most "
                                << kMostFeatures << "; for more, use couplings [not-contracting]";
  setLevels(layer, 1);
  if (failed(buildResidual(layer, *residual, *structure, logDeterminantAt, /*estimated=*/false)))
    return failure();
  EstimateOp estimate = estimateOf(layer);
  if (!estimate)
    return success();
  auto estimated = [&](Evaluator &known) { return estimateLogDet(known, *residual, estimate); };
  return buildResidual(layer, *residual, *structure, estimated, /*estimated=*/true);
}

} // namespace flowc

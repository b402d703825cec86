// SPDX-License-Identifier: MIT
//
// Tearing, and the determinant lemma. Let s = S(x) be a number computed on the way, and y = F(x, s) what the layer is
// with s held.
//
// Inverse. With s held the structure peels, x = X(y, s); then s is the root of t = S(X(y, t)). The equation is
// simplified until it speaks of numbers only, and what depends on y is isolated: g(t) = c(y). If g is linear that is a
// closed form; else it is a flow.root, for which g must be shown to be strictly monotone.
//
// Log-determinant. dy/dx = A + B C with A = dF/dx (triangular, like the structure), B = dF/ds, C = dS/dx, so that
// det(dy/dx) = det(A) (1 + C A^-1 B). A^-1 B is minus the direction v in which x moves with s when y stays: level by
// level, the part of v that keeps that level's outputs where they are. The factor is 1 - C v.

#include "compiler/Derive/Algebra.h"
#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Inline.h"
#include "compiler/Derive/Rules.h"
#include "compiler/Derive/Tear.h"
#include "compiler/Derive/Tangents.h"
#include "compiler/Derive/TornEquation.h"

#include "compiler/Dialect/Flow/Expr.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// 1 - C v, all inputs being known; null if it is 1.
FailureOr<Value> lemmaFactor(Evaluator &known, Value held) {
  OpBuilder &builder = known.getBuilder();
  LayerOp layer = known.getLayer();
  auto at = [&](Value value) { return known.all(value); };
  Value one = constantOf(builder, held.getLoc(), held.getType(), 1), moving;
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<Attribute> indices;
  for (const auto &level : known.getStructure().levels()) {
    for (const BlockGroup &group : level) {
      if (group.value == layer.input())
        continue;
      FailureOr<Value> drift = Tangents(builder, at, {{layer.input(), moving}, {held, one}}).of(group.value);
      FailureOr<Value> slope = groupSlope(known, group);
      if (failed(drift) || failed(slope))
        return failure();
      if (!*drift)
        continue;
      Location loc = group.value.getLoc();
      Value taken = shapedLike(builder, extractElements(builder, loc, *drift, group.elements), layer.input());
      Value scale = shapedLike(builder, *slope, layer.input());
      pieces.push_back(-(Expr(builder, loc, taken) / Expr(builder, loc, scale)));
      indices.push_back(builder.getDenseI64ArrayAttr(group.inputs));
    }
    if (pieces.size() == 1 && llvm::equal(cast<DenseI64ArrayAttr>(indices[0]).asArrayRef(), allElements(elementCount(layer.input()))))
      moving = pieces[0];
    else if (!pieces.empty())
      moving = MergeOp::create(builder, layer.getLoc(), layer.input().getType(), pieces, builder.getArrayAttr(indices));
  }
  FailureOr<Value> change = Tangents(builder, at, {{layer.input(), moving}}).through(held.getDefiningOp());
  if (failed(change) || !*change)
    return change;
  return Value(1.0 - Expr(builder, layer.getLoc(), *change));
}

/// log|det A| + log|1 - C v|. `proved` tells whether the sign of the second term's argument shows.
FailureOr<Value> tornLogDeterminant(Evaluator &known, Value held, bool &proved) {
  OpBuilder &builder = known.getBuilder();
  Location loc = known.getLayer().getLoc();
  FailureOr<Value> diagonal = logDeterminant(known);
  if (failed(diagonal))
    return failure();
  FailureOr<Value> factor = failure();
  unnamed(builder, loc, [&] { return (factor = lemmaFactor(known, held)).value_or(Value()); });
  proved = succeeded(factor) && (!*factor || Algebra().sign(*factor) != 0);
  if (failed(factor) || !*factor)
    return succeeded(factor) ? diagonal : factor;
  Expr value(builder, loc, *factor), sum(builder, loc, *diagonal);
  if (auto constant = Algebra().constant(*factor))
    value = value.constant(*constant);
  return Value(sum + log(abs(value)));
}

/// Logarithms of what is one number, however it is written.
void foldLogarithms(func::FuncOp function) {
  for (auto logarithm : llvm::to_vector(function.getOps<math::LogOp>())) {
    std::optional<double> number = isScalar(logarithm.getResult()) ? Algebra().constant(logarithm.getOperand()) : std::nullopt;
    if (!number || *number <= 0)
      continue;
    OpBuilder builder(logarithm);
    logarithm.getResult().replaceAllUsesWith(constantOf(builder, logarithm.getLoc(), logarithm.getType(), std::log(*number)));
  }
}

/// Leaves what a person would have written: simplified until equal values have met, and without bars where the lemma's factor has
/// one sign.
void tidy(func::FuncOp function) {
  constexpr int kRounds = 3;
  for (int k = 0; k < kRounds; ++k)
    cleanUp(function, /*simplify=*/true);
  for (auto absolute : llvm::to_vector(function.getOps<math::AbsFOp>())) {
    int sign = isScalar(absolute.getResult()) ? Algebra().sign(absolute.getOperand()) : 0;
    OpBuilder builder(absolute);
    Expr operand(builder, absolute.getLoc(), absolute.getOperand());
    if (sign != 0)
      absolute.getResult().replaceAllUsesWith(sign > 0 ? operand : -operand);
  }
  foldLogarithms(function);
}

/// The number as the input gives it, everything else from it.
Evaluator evaluatorAt(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value input) {
  Evaluator known(builder, layer, structure);
  known.define(allElements(elementCount(input)), input);
  known.give(held, evaluateOnce(known, held.getDefiningOp()));
  return known;
}

DirectionResult applyTorn(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value input) {
  Evaluator known = evaluatorAt(layer, held, structure, builder, input);
  Value output = known.all(layer.output());
  bool proved = false;
  FailureOr<Value> logDet = tornLogDeterminant(known, held, proved);
  if (failed(logDet))
    return failure();
  return std::make_pair(output, *logDet);
}

DirectionResult invertTorn(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value output) {
  TornEquation equation(layer, held, structure);
  if (failed(equation.build()))
    return failure();
  Evaluator known(builder, layer, structure);
  known.give(held, equation.solve(builder, output));
  if (failed(solveLevels(known, output)))
    return failure();
  Value input = known.all(layer.input());
  bool proved = false;
  FailureOr<Value> logDet = tornLogDeterminant(known, held, proved);
  if (succeeded(logDet) && !proved) {
    // How the number is made of the input may matter (a norm and its square): it is not taken from the root then.
    Evaluator again = evaluatorAt(layer, held, structure, builder, input);
    logDet = tornLogDeterminant(again, held, proved);
  }
  if (failed(logDet))
    return failure();
  return std::make_pair(input, (Value)arith::NegFOp::create(builder, layer.getLoc(), *logDet));
}

/// The numbers on the way from the input to the output: those that may be anything first, of these the last computed
/// first. (A number that is already squashed makes a worse equation than what was squashed.)
llvm::SmallVector<Value> candidates(LayerOp layer, const LayerStructure &structure) {
  llvm::SmallVector<Value> found;
  llvm::SetVector<Operation *> ops = neededOps(layer);
  for (Operation *op : llvm::reverse(ops))
    if (op->getNumResults() && isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())) && isScalar(op->getResult(0)) &&
        !structure.isUniform(op->getResult(0)))
      found.push_back(op->getResult(0));
  llvm::stable_sort(found,
                    [&](Value a, Value b) { return structure.range(a) == Interval::all() && structure.range(b) != Interval::all(); });
  return found;
}

} // namespace

void Tear::erase() {
  auto layer = held.getDefiningOp()->getParentOfType<LayerOp>();
  equation.erase();
  if (Operation *output = cast<ModelOp>(layer->getParentOp()).lookupSymbol(TornEquation::outputName(layer)))
    output->erase();
}

std::optional<Tear> findTear(LayerOp layer) {
  FailureOr<LayerStructure> whole = LayerStructure::propagated(layer);
  if (failed(whole))
    return std::nullopt;
  std::vector<Diagnostic> ignored;
  for (Value held : candidates(layer, *whole)) {
    FailureOr<LayerStructure> structure = failure();
    if (failed(quietly(layer->getContext(), ignored, [&] { return structure = LayerStructure::analyze(layer, held), structure; })))
      continue;
    TornEquation equation(layer, held, *structure);
    if (succeeded(quietly(layer->getContext(), ignored, [&] { return equation.build(); })))
      return Tear{held, std::move(*structure), equation.asLayer(), equation.unknownRange(), equation.targetRange()};
  }
  return std::nullopt;
}

std::optional<LogicalResult> tearLayer(LayerOp layer) {
  MLIRContext *context = layer->getContext();
  FailureOr<LayerStructure> whole = LayerStructure::propagated(layer);
  if (failed(whole))
    return failure();
  std::vector<Diagnostic> ignored, whyNot;
  bool named = false;
  for (Value held : candidates(layer, *whole)) {
    FailureOr<LayerStructure> structure = failure();
    if (failed(quietly(context, ignored, [&] { return structure = LayerStructure::analyze(layer, held), structure; })))
      continue;
    std::vector<Diagnostic> reports;
    LogicalResult derived = quietly(context, reports, [&] {
      return buildDirections(
          layer, [&](OpBuilder &builder, Value input) { return applyTorn(layer, held, *structure, builder, input); },
          [&](OpBuilder &builder, Value output) { return invertTorn(layer, held, *structure, builder, output); });
    });
    if (succeeded(derived)) {
      for (const std::string &name : {forwardName(layer.getSymName()), inverseName(layer.getSymName())})
        tidy(cast<func::FuncOp>(cast<ModelOp>(layer->getParentOp()).lookupSymbol(name)));
      setLevels(layer, structure->levels().size() + 1);
      return success();
    }
    // What the user has given a name says more.
    if (whyNot.empty() || (isNamed(held) && !named)) {
      whyNot = std::move(reports);
      named = isNamed(held);
    }
  }
  if (whyNot.empty())
    return std::nullopt;
  for (Diagnostic &diagnostic : whyNot)
    context->getDiagEngine().emit(std::move(diagnostic));
  return failure();
}

} // namespace flowc

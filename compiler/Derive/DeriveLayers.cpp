// SPDX-License-Identifier: MIT

#include "compiler/Derive/DeriveLayers.h"

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/Rules.h"
#include "compiler/Derive/Steps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The direction that the layer states: evaluate it, and take its log-determinant.
DirectionResult applyLayer(LayerOp layer, const LayerStructure &structure, OpBuilder &builder, Value input) {
  Evaluator known(builder, layer, structure);
  llvm::SmallVector<Value> logDet;
  size_t levels = structure.levels().size(), steps = stepCount(layer, structure);
  if (steps == 1) {
    known.define(allElements(elementCount(input)), input);
    known.all(layer.output());
  }
  for (size_t step = 0; step < steps; ++step) {
    llvm::SmallVector<BlockGroup> groups = structure.groups(levels * step / steps, levels * (step + 1) / steps);
    if (steps > 1)
      for (const BlockGroup &group : groups)
        known.define(group.inputs, extractElements(builder, layer.getLoc(), input, group.inputs));
    for (const BlockGroup &group : groups) {
      known.at(group.value, group.elements);
      if (failed(logDerivatives(known, group, logDet)))
        return failure();
    }
  }
  return std::make_pair(known.all(layer.output()), sumOfTerms(builder, layer.getLoc(), logDet));
}

/// The other direction: level by level. Its log-determinant is minus the stated direction's at the point found.
DirectionResult invertLayer(LayerOp layer, const LayerStructure &structure, OpBuilder &builder, Value output) {
  Evaluator known(builder, layer, structure);
  llvm::SmallVector<Value> logDet;
  if (structure.levels().empty())
    known.define({}, output);
  for (const auto &level : structure.levels()) {
    llvm::SmallVector<SolvedPiece> solved;
    for (const BlockGroup &group : level)
      if (failed(solveGroup(known, group, extractElements(builder, layer.getLoc(), output, group.outputs), solved)))
        return failure();
    for (const SolvedPiece &piece : solved)
      known.define(piece.inputs, piece.value);
    for (const BlockGroup &group : level)
      if (failed(logDerivatives(known, group, logDet)))
        return failure();
  }
  Value total = sumOfTerms(builder, layer.getLoc(), logDet);
  return std::make_pair(known.all(layer.input()), (Value)arith::NegFOp::create(builder, layer.getLoc(), total));
}

/// With so few levels, each a vector, element-wise ops are the better inverse of a linear map.
constexpr size_t kFewLevels = 2;

/// Unknown after unknown: the layer is (block) triangular. Where the blocks are those of a matrix, all at once.
LogicalResult peelLayer(LayerOp layer) {
  FailureOr<LayerStructure> structure = LayerStructure::analyze(layer);
  if (failed(structure))
    return failure();
  setLevels(layer, structure->levels().size());
  if (structure->levels().size() > kFewLevels)
    if (std::optional<LogicalResult> solved = linearLayer(layer))
      return *solved;
  return buildDirections(
      layer, [&](OpBuilder &builder, Value input) { return applyLayer(layer, *structure, builder, input); },
      [&](OpBuilder &builder, Value output) { return invertLayer(layer, *structure, builder, output); });
}

/// The rules for a map that is not taken apart: peeling, a triangular matrix, tearing, contraction. What a later one says of a map of its
/// kind is the better message.
LogicalResult derivePiece(LayerOp layer) {
  std::vector<Diagnostic> whyNot;
  if (succeeded(quietly(layer->getContext(), whyNot, [&] { return peelLayer(layer); })))
    return success();
  for (auto rule : {linearLayer, tearLayer, contractLayer}) {
    std::optional<LogicalResult> derived;
    std::vector<Diagnostic> reports;
    (void)quietly(layer->getContext(), reports, [&] { return derived = rule(layer), derived.value_or(failure()); });
    if (derived && succeeded(*derived))
      return success();
    if (derived)
      whyNot = std::move(reports);
  }
  for (Diagnostic &diagnostic : whyNot)
    layer->getContext()->getDiagEngine().emit(std::move(diagnostic));
  return failure();
}

/// A layer whose blocks have an order is one piece; only another one is worth taking apart.
LogicalResult deriveLayer(LayerOp layer) {
  std::vector<Diagnostic> ignored;
  if (failed(quietly(layer->getContext(), ignored, [&] { return LogicalResult(LayerStructure::analyze(layer)); })))
    if (std::optional<LogicalResult> composed = composeLayer(layer, derivePiece))
      return *composed;
  return derivePiece(layer);
}

/// In training samples compute what is made of a statistic (flow.statistic), and no sample has a matrix of its own.
LogicalResult checkStatistics(LayerOp layer) {
  llvm::StringSet<> followed;
  for (RunningOp running : layer.getOps<RunningOp>())
    followed.insert(running.getParameter());
  llvm::DenseSet<Value> made;
  for (Operation &op : layer.getBody().front()) {
    auto read = dyn_cast<ReadOp>(op);
    if (!(read && followed.contains(read.getParameter())) && llvm::none_of(op.getOperands(), [&](Value v) { return made.contains(v); }))
      continue;
    for (Value result : op.getResults()) {
      made.insert(result);
      if (cast<ShapedType>(result.getType()).getRank() > 1)
        return op.emitError("this matrix is made with a statistic over the batch, which training cannot do; apply the statistic to the "
                            "vector that the matrix is multiplied with");
    }
  }
  return success();
}

struct DeriveLayers : PassWrapper<DeriveLayers, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DeriveLayers)
  StringRef getArgument() const final { return "flow-derive-layers"; }
  StringRef getDescription() const final { return "derive both directions and the log-determinant of every layer"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
  }
  void runOnOperation() final {
    bool failedAny = false;
    llvm::SmallVector<LayerOp> layers;
    getOperation().walk([&](LayerOp layer) { layers.push_back(layer); });
    // All layers, so that one run reports everything that is wrong.
    for (LayerOp layer : layers)
      failedAny |= failed(checkStatistics(layer)) || failed(deriveLayer(layer));
    if (failedAny)
      return signalPassFailure();
    getOperation().walk([&](EstimateOp estimate) {
      auto model = cast<ModelOp>(estimate->getParentOp());
      auto isEstimated = [&](LayerOp layer) { return model.lookupSymbol(estimatedName(forwardName(layer.getSymName()))); };
      if (llvm::none_of(model.getOps<LayerOp>(), isEstimated)) {
        estimate.emitError("there is no log-determinant to estimate: that of every layer is exact and cheap; estimates are for residual layers "
                           "x + g(x) with a contraction g, such as `residual`; leave `log_det` out");
        signalPassFailure();
      }
    });
  }
};

} // namespace

std::unique_ptr<Pass> createDeriveLayersPass() { return std::make_unique<DeriveLayers>(); }

} // namespace flowc

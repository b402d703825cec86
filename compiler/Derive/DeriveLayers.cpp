// SPDX-License-Identifier: MIT

#include "compiler/Derive/DeriveLayers.h"

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/Steps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The sum of all elements of all terms, a scalar.
Value sumOfTerms(OpBuilder &builder, Location loc, llvm::ArrayRef<Value> terms) {
  auto scalar = RankedTensorType::get({}, builder.getF64Type());
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  int64_t count = 0;
  for (Value term : terms) {
    positions.push_back(llvm::to_vector(llvm::seq(count, count + elementCount(term))));
    count += elementCount(term);
  }
  if (terms.empty())
    return constantOf(builder, loc, scalar, 0);
  return SumOp::create(builder, loc, scalar, mergePieces(builder, loc, builder.getF64Type(), count, terms, positions));
}

/// Builds the function `name` after the layer; `fill` gives its results from its argument.
template <typename Fill> LogicalResult buildFunction(LayerOp layer, StringRef name, Fill fill) {
  OpBuilder builder(layer->getContext());
  builder.setInsertionPointAfter(layer);
  Type vector = layer.input().getType(), scalar = RankedTensorType::get({}, builder.getF64Type());
  auto function = func::FuncOp::create(builder, layer.getLoc(), name, builder.getFunctionType(vector, {vector, scalar}));
  Block *entry = function.addEntryBlock();
  entry->getArgument(0).setLoc(layer.input().getLoc());
  builder.setInsertionPointToEnd(entry);
  FailureOr<std::pair<Value, Value>> results = fill(builder, entry->getArgument(0));
  if (failed(results))
    return failure();
  func::ReturnOp::create(builder, layer.getLoc(), ValueRange{results->first, results->second});
  return success();
}

/// The direction that the layer states: evaluate it, and take its log-determinant.
FailureOr<std::pair<Value, Value>> applyLayer(LayerOp layer, const LayerStructure &structure, OpBuilder &builder,
                                              Value input) {
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

/// The other direction: level by level, each level's unknowns from the result and the levels before. Its log-determinant is minus
/// the stated direction's at the point found.
FailureOr<std::pair<Value, Value>> invertLayer(LayerOp layer, const LayerStructure &structure, OpBuilder &builder,
                                               Value output) {
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

LogicalResult deriveLayer(LayerOp layer) {
  FailureOr<LayerStructure> structure = LayerStructure::analyze(layer);
  if (failed(structure))
    return failure();
  OpBuilder builder(layer->getContext());
  layer->setAttr("levels", builder.getI64IntegerAttr(structure->levels().size()));
  std::string stated = forwardName(layer.getSymName()), derived = inverseName(layer.getSymName());
  if (layer.getGenerative())
    std::swap(stated, derived);
  if (failed(buildFunction(layer, derived, [&](OpBuilder &builder, Value output) {
        return invertLayer(layer, *structure, builder, output);
      })))
    return failure();
  return buildFunction(layer, stated, [&](OpBuilder &builder, Value input) {
    return applyLayer(layer, *structure, builder, input);
  });
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
      failedAny |= failed(deriveLayer(layer));
    if (failedAny)
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> createDeriveLayersPass() { return std::make_unique<DeriveLayers>(); }

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Rules.h"

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/DeriveLayers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// Builds the function `name` behind the layer; `body` gives its results from its argument. Nothing is left if that
/// fails.
LogicalResult buildFunction(LayerOp layer, StringRef name, DirectionBody body) {
  OpBuilder builder(layer->getContext());
  builder.setInsertionPointAfter(layer);
  Type vector = layer.input().getType(), scalar = RankedTensorType::get({}, builder.getF64Type());
  auto function = func::FuncOp::create(builder, layer.getLoc(), name, builder.getFunctionType(vector, {vector, scalar}));
  Block *entry = function.addEntryBlock();
  entry->getArgument(0).setLoc(layer.input().getLoc());
  builder.setInsertionPointToEnd(entry);
  DirectionResult results = body(builder, entry->getArgument(0));
  if (failed(results)) {
    function.erase();
    return failure();
  }
  func::ReturnOp::create(builder, layer.getLoc(), ValueRange{results->first, results->second});
  return success();
}

} // namespace

LogicalResult buildDirections(LayerOp layer, DirectionBody stated, DirectionBody derived, bool estimated) {
  std::string statedName = forwardName(layer.getSymName()), derivedName = inverseName(layer.getSymName());
  if (estimated) {
    statedName = estimatedName(statedName);
    derivedName = estimatedName(derivedName);
  }
  if (layer.getGenerative())
    std::swap(statedName, derivedName);
  if (failed(buildFunction(layer, derivedName, derived)))
    return failure();
  if (succeeded(buildFunction(layer, statedName, stated)))
    return success();
  cast<ModelOp>(layer->getParentOp()).lookupSymbol(derivedName)->erase();
  return failure();
}

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

void setLevels(LayerOp layer, int64_t count) { layer->setAttr("levels", OpBuilder(layer->getContext()).getI64IntegerAttr(count)); }

LogicalResult solveLevels(Evaluator &known, Value output) {
  const LayerStructure &structure = known.getStructure();
  if (structure.levels().empty())
    known.define({}, output);
  for (const auto &level : structure.levels()) {
    llvm::SmallVector<SolvedPiece> solved;
    for (const BlockGroup &group : level) {
      Value rhs = extractElements(known.getBuilder(), known.getLayer().getLoc(), output, group.outputs);
      if (failed(solveGroup(known, group, rhs, solved)))
        return failure();
    }
    for (const SolvedPiece &piece : solved)
      known.define(piece.inputs, piece.value);
  }
  return success();
}

FailureOr<Value> logDeterminant(Evaluator &known) {
  OpBuilder &builder = known.getBuilder();
  Location loc = known.getLayer().getLoc();
  llvm::SmallVector<Value> terms;
  for (const auto &level : known.getStructure().levels())
    for (const BlockGroup &group : level)
      if (failed(logDerivatives(known, group, terms)))
        return failure();
  return sumOfTerms(builder, loc, terms);
}

LogicalResult quietly(MLIRContext *context, std::vector<Diagnostic> &reports, llvm::function_ref<LogicalResult()> attempt) {
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    reports.push_back(std::move(diagnostic));
    return success();
  });
  return attempt();
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// The equation for the number through which a layer is coupled.

#pragma once

#include "compiler/Derive/Evaluator.h"

namespace flowc {

bool isScalar(mlir::Value value);
bool isNamed(mlir::Value value);

/// Equal values become one, after the rules of simplification if they are asked for.
void cleanUp(mlir::func::FuncOp function, bool simplify);

/// g(t) = c(y), whose root is the number `held` where the layer's output is y.
class TornEquation {
public:
  TornEquation(flow::LayerOp layer, mlir::Value held, const LayerStructure &structure)
      : layer(layer), held(held), structure(structure), range(structure.range(held)) {}
  ~TornEquation();
  TornEquation(const TornEquation &) = delete;
  TornEquation &operator=(const TornEquation &) = delete;

  /// Builds it; fails, with a report, if it is not one of numbers alone or may have several roots.
  mlir::LogicalResult build();
  /// The root, given the layer's output.
  mlir::Value solve(mlir::OpBuilder &builder, mlir::Value output);
  /// g as a layer of one feature behind the whole one. Where g depends on y too, y is a parameter, outputName(layer), before it.
  flow::LayerOp asLayer();
  static std::string outputName(flow::LayerOp layer) { return (layer.getSymName() + ".output").str(); }
  /// Where t lies, and what g must map that onto to reach every c(y).
  flow::Interval unknownRange() const { return range; }
  flow::Interval targetRange();

private:
  mlir::func::ReturnOp end() { return mlir::cast<mlir::func::ReturnOp>(function.getBody().front().getTerminator()); }
  mlir::Value withRange(mlir::OpBuilder &builder, mlir::Value value);
  std::pair<mlir::Value, mlir::Value> isolate(mlir::OpBuilder &builder, mlir::Value left, mlir::Value right);
  mlir::Value moveKnownTerms(mlir::OpBuilder &builder, mlir::Value left, mlir::Value &right,
                             const llvm::DenseSet<mlir::Value> &onUnknown);
  mlir::LogicalResult check();

  flow::LayerOp layer;
  mlir::Value held;
  const LayerStructure &structure;
  flow::Interval range;
  bool decreasing = false;
  /// (y, t) to (g(t), c(y), g'(t)).
  mlir::func::FuncOp function;
};

/// The op's result from what its operands are.
mlir::Value evaluateOnce(Evaluator &known, mlir::Operation *op);

} // namespace flowc

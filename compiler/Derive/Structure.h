// SPDX-License-Identifier: MIT
//
// The structure of a layer y = f(x): which element of y is solved for which element of x, and in what order.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "llvm/ADT/SetVector.h"

namespace flowc {

/// The ops that the layer's output needs, in order, the terminator last. (Others serve the parameters' data-dependent start.)
llvm::SetVector<mlir::Operation *> neededOps(flow::LayerOp layer, bool orAssumed = false);

/// Elements of one value that are solved together: value[elements[k]] is y[outputs[k]], and is solved for x[inputs[k]].
struct BlockGroup {
  mlir::Value value;
  llvm::SmallVector<int64_t> elements, inputs, outputs;
};

/// The block triangular form of a layer, as far as its blocks are 1x1: a level's unknowns depend on those of earlier levels only.
/// A layer that is element-wise or a permutation has one level, a coupling two, an autoregressive one as many as features.
class LayerStructure {
public:
  /// Analyses the layer; reports an error that shows the elements that wait for each other if there is no such order.
  /// The value `held`, if there is one, counts as known, whatever it depends on.
  static mlir::FailureOr<LayerStructure> analyze(flow::LayerOp layer, mlir::Value held = {});
  /// Dependencies and ranges alone, without an order.
  static mlir::FailureOr<LayerStructure> propagated(flow::LayerOp layer);

  llvm::ArrayRef<llvm::SmallVector<BlockGroup>> levels() const { return levelGroups; }
  /// The groups of levels begin .. end-1, one per value, in the order of its elements: where all their inputs are known, the order of
  /// the levels does not matter.
  llvm::SmallVector<BlockGroup> groups(size_t begin, size_t end) const;
  /// The input elements that each element of `value` depends on.
  const flow::ElementSets &dependencies(mlir::Value value) const { return sets.find(value)->second; }
  const flow::IndexSet &elements(flow::SetId set) const { return pool.elements(set); }
  /// Whether value[element] depends on x[input].
  bool depends(mlir::Value value, int64_t element, int64_t input) const {
    return pool.contains(dependencies(value)[element], input);
  }
  /// How many different sets of inputs the elements of the layer depend on.
  size_t setCount() const { return pool.size(); }
  /// Whether no element of `value` depends on the input.
  bool isUniform(mlir::Value value) const { return dependencies(value).areAll(0); }
  /// The range of `value` whatever the input and the parameters are.
  flow::Interval range(mlir::Value value) const { return ranges.find(value)->second; }

  mlir::Value held() const { return heldValue; }

private:
  mlir::LogicalResult propagate(flow::LayerOp layer);
  mlir::LogicalResult order(flow::LayerOp layer);
  struct Equation;
  mlir::LogicalResult reportCycle(flow::LayerOp layer, llvm::ArrayRef<Equation> equations, const llvm::BitVector &done,
                                  const llvm::BitVector &solved);

  flow::SetPool pool;
  mlir::Value heldValue;
  llvm::DenseMap<mlir::Value, flow::ElementSets> sets;
  llvm::DenseMap<mlir::Value, flow::Interval> ranges;
  llvm::SmallVector<llvm::SmallVector<BlockGroup>> levelGroups;
};

} // namespace flowc

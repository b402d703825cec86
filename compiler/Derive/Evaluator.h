// SPDX-License-Identifier: MIT
//
// Rebuilds values of a layer elsewhere, from as much of the layer's input as is known there: whole, or only some elements.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// The elements `elements` of `value`; the value itself if they are all of them in order.
mlir::Value extractElements(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value,
                            llvm::ArrayRef<int64_t> elements);

/// 0, 1, ... count-1.
llvm::SmallVector<int64_t> allElements(int64_t count);

/// One number as a scalar or as a vector of one element, whichever `like` is; anything else as it is.
mlir::Value shapedLike(mlir::OpBuilder &builder, mlir::Value value, mlir::Value like);

/// Builds each value at most once: what is asked twice is given twice.
class Evaluator {
public:
  Evaluator(mlir::OpBuilder &builder, flow::LayerOp layer, const LayerStructure &structure)
      : builder(&builder), layer(layer), structure(&structure), defined(flow::elementCount(layer.input())) {}

  /// States that x[inputs[k]] is value[k].
  void define(llvm::ArrayRef<int64_t> inputs, mlir::Value value);
  /// States what a value is that the structure counts as known.
  void give(mlir::Value value, mlir::Value is) { memo[{value.getAsOpaquePointer(), allIndices(value)}] = is; }
  /// value[elements], all of whose inputs must be defined.
  mlir::Value at(mlir::Value value, llvm::ArrayRef<int64_t> elements);
  mlir::Value all(mlir::Value value);

  mlir::OpBuilder &getBuilder() { return *builder; }
  void setBuilder(mlir::OpBuilder &other) { builder = &other; }
  flow::LayerOp getLayer() const { return layer; }
  const LayerStructure &getStructure() const { return *structure; }

  /// Builds an op like `op` with other operands; the result has `count` elements if `count` is given.
  mlir::Value cloneWith(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands,
                        std::optional<int64_t> count = std::nullopt);

private:
  static std::vector<int64_t> allIndices(mlir::Value value) {
    auto all = allElements(flow::elementCount(value));
    return {all.begin(), all.end()};
  }
  /// Whether all inputs that any element of the value depends on are defined.
  bool isKnown(mlir::Value value);
  mlir::Value build(mlir::Value value, llvm::ArrayRef<int64_t> elements);
  mlir::Value gatherInput(llvm::ArrayRef<int64_t> elements);
  mlir::Value gatherMoved(mlir::Operation *op, llvm::ArrayRef<int64_t> elements,
                          llvm::ArrayRef<std::pair<unsigned, int64_t>> source);

  mlir::OpBuilder *builder;
  flow::LayerOp layer;
  const LayerStructure *structure;
  struct Piece {
    llvm::SmallVector<int64_t> inputs;
    mlir::Value value;
  };
  llvm::SmallVector<Piece> known;
  llvm::BitVector defined;
  std::map<std::pair<void *, std::vector<int64_t>>, mlir::Value> memo;
};

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// Rebuilds values of a layer elsewhere, from as much of the layer's input as is known there: whole, or only some
// elements.

#pragma once

#include "compiler/Derive/Growth.h"
#include "compiler/Derive/Structure.h"

namespace flowc {

/// The elements `elements` of `value`; the value itself if they are all of them in order.
mlir::Value extractElements(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value, llvm::ArrayRef<int64_t> elements);

/// Whether `elements` are 0, 1, ... count-1.
bool isIdentity(llvm::ArrayRef<int64_t> elements, int64_t count);

/// 0, 1, ... count-1.
llvm::SmallVector<int64_t> allElements(int64_t count);

/// One number as a scalar or as a vector of one element, whichever `like` is; anything else as it is.
mlir::Value shapedLike(mlir::OpBuilder &builder, mlir::Value value, mlir::Value like);

/// Puts pieces together that arrive in any order: at most one op, none if one piece is everything in order.
mlir::Value mergePieces(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type elementType, int64_t size,
                        llvm::ArrayRef<mlir::Value> pieces, llvm::ArrayRef<llvm::SmallVector<int64_t>> positions);

/// Builds each element of each value at most once. A value all of whose inputs are known is built whole. Of others,
/// those elements are built that can be: element-wise ones as they are asked for, those of products all that have
/// become complete.
class Evaluator {
public:
  Evaluator(mlir::OpBuilder &builder, flow::LayerOp layer, const LayerStructure &structure)
      : builder(&builder), layer(layer), structure(&structure), defined(flow::elementCount(layer.input())) {}

  /// States that x[inputs[k]] is value[k].
  void define(llvm::ArrayRef<int64_t> inputs, mlir::Value value);
  /// States what a value is that the structure counts as known.
  void give(mlir::Value value, mlir::Value is) { wholes[value] = is; }
  /// value[elements], all of whose inputs must be defined.
  mlir::Value at(mlir::Value value, llvm::ArrayRef<int64_t> elements);
  mlir::Value all(mlir::Value value);
  /// An evaluator that goes on from this one at `inside`, with x[inputs[k]] = value[k], and builds there what is asked
  /// for and no more.
  Evaluator within(mlir::OpBuilder &inside, llvm::ArrayRef<int64_t> inputs, mlir::Value value) const;

  /// The op's copy on other operands.
  mlir::Value clone(mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands, mlir::Type type);

  mlir::OpBuilder &getBuilder() { return *builder; }
  flow::LayerOp getLayer() const { return layer; }
  const LayerStructure &getStructure() const { return *structure; }

private:
  /// Whether all inputs that value[element] depends on are defined.
  bool isKnown(mlir::Value value, int64_t element);
  bool isMadeOfKnown(mlir::Operation *op);
  bool isMadeOfUniform(mlir::Operation *op);
  mlir::Value build(mlir::Value value, llvm::ArrayRef<int64_t> elements);
  mlir::Value buildWhole(mlir::Operation *op);
  mlir::Value buildElements(mlir::Operation *op, llvm::ArrayRef<int64_t> elements);
  mlir::Value buildPart(flow::PartialOpInterface op, llvm::ArrayRef<int64_t> elements);
  /// Whether the value is built some elements at a time.
  bool grows(mlir::Value value);
  /// Builds what is missing of `elements`.
  void grow(mlir::Operation *op, llvm::ArrayRef<int64_t> elements);
  /// value[elements] in an order that spares copies; `elements` is then in that order.
  mlir::Value inAnyOrder(mlir::Value value, llvm::SmallVectorImpl<int64_t> &elements);
  mlir::Value movedInAnyOrder(mlir::Operation *op, llvm::SmallVectorImpl<int64_t> &elements,
                              llvm::ArrayRef<std::pair<unsigned, int64_t>> source);
  mlir::Value gatherMoved(mlir::Operation *op, llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<std::pair<unsigned, int64_t>> source);

  mlir::OpBuilder *builder;
  flow::LayerOp layer;
  const LayerStructure *structure;
  bool eager = true; ///< Whether products are built ahead of what is asked for.
  llvm::BitVector defined;
  llvm::DenseSet<flow::SetId> knownSets;
  /// Of sets that are not known: an input that was not defined when last looked for.
  llvm::DenseMap<flow::SetId, int64_t> waitingFor;
  llvm::DenseMap<mlir::Value, Growth> grown;
  std::map<std::pair<void *, std::vector<int64_t>>, mlir::Value> memo;
  llvm::DenseMap<mlir::Value, mlir::Value> wholes;
  /// Of ops that are built in part: what each element needs. Shared with the evaluators that go on from this one.
  using Needs = llvm::DenseMap<mlir::Operation *, flow::NeededElements>;
  std::shared_ptr<Needs> needed = std::make_shared<Needs>();
};

} // namespace flowc

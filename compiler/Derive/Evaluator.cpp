// SPDX-License-Identifier: MIT

#include "compiler/Derive/Evaluator.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

llvm::SmallVector<int64_t> allElements(int64_t count) { return llvm::to_vector(llvm::seq<int64_t>(0, count)); }

Value extractElements(OpBuilder &builder, Location loc, Value value, llvm::ArrayRef<int64_t> elements) {
  if (llvm::ArrayRef<int64_t>(allElements(elementCount(value))) == elements)
    return value;
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, getElementTypeOrSelf(value.getType()));
  return ExtractOp::create(builder, loc, type, value, elements);
}

Value shapedLike(OpBuilder &builder, Value value, Value like) {
  auto rank = [](Value v) { return cast<RankedTensorType>(v.getType()).getRank(); };
  if (rank(value) == rank(like))
    return value;
  Type element = getElementTypeOrSelf(value.getType());
  if (rank(like) == 0)
    return SumOp::create(builder, value.getLoc(), RankedTensorType::get({}, element), value);
  return SplatOp::create(builder, value.getLoc(), RankedTensorType::get({1}, element), value);
}

namespace {

/// Whether the op makes a scalar of a vector or a vector of a scalar.
bool reshapes(Operation *op) {
  auto rank = [](Value v) { return cast<RankedTensorType>(v.getType()).getRank(); };
  return op->getNumOperands() == 1 && rank(op->getOperand(0)) != rank(op->getResult(0));
}

/// Puts pieces together that arrive in any order: at most one op, none if one piece is everything in order.
Value mergePieces(OpBuilder &builder, Location loc, Type elementType, int64_t size, llvm::ArrayRef<Value> pieces,
                  llvm::ArrayRef<llvm::SmallVector<int64_t>> positions) {
  if (pieces.size() == 1 && positions[0] == allElements(size))
    return pieces[0];
  llvm::SmallVector<Attribute> indices;
  for (const auto &list : positions)
    indices.push_back(builder.getDenseI64ArrayAttr(list));
  return MergeOp::create(builder, loc, RankedTensorType::get({size}, elementType), pieces,
                         builder.getArrayAttr(indices));
}

} // namespace

void Evaluator::define(llvm::ArrayRef<int64_t> inputs, Value value) {
  known.push_back({llvm::SmallVector<int64_t>(inputs), value});
  for (int64_t input : inputs)
    defined.set(input);
}

bool Evaluator::isKnown(Value value) {
  SetId last = 0;
  for (SetId set : structure->dependencies(value)) {
    if (set == last)
      continue;
    last = set;
    for (int64_t input : structure->elements(set))
      if (!defined.test(input))
        return false;
  }
  return true;
}

Value Evaluator::all(Value value) { return at(value, allElements(elementCount(value))); }

Value Evaluator::at(Value value, llvm::ArrayRef<int64_t> elements) {
  auto key = std::make_pair(value.getAsOpaquePointer(), std::vector<int64_t>(elements.begin(), elements.end()));
  auto found = memo.find(key);
  if (found != memo.end())
    return found->second;
  return memo[key] = build(value, elements);
}

Value Evaluator::cloneWith(Operation *op, llvm::ArrayRef<Value> operands, std::optional<int64_t> count) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (count)
    type = RankedTensorType::get({*count}, type.getElementType());
  OperationState state(op->getLoc(), op->getName(), operands, {type}, op->getAttrs());
  return builder->create(state)->getResult(0);
}

Value Evaluator::gatherInput(llvm::ArrayRef<int64_t> elements) {
  Location loc = layer.input().getLoc();
  Type elementType = getElementTypeOrSelf(layer.input().getType());
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  for (const Piece &piece : known) {
    llvm::DenseMap<int64_t, int64_t> placeOf;
    for (auto [place, input] : llvm::enumerate(piece.inputs))
      placeOf[input] = place;
    llvm::SmallVector<int64_t> taken, position;
    for (auto [k, element] : llvm::enumerate(elements))
      if (auto it = placeOf.find(element); it != placeOf.end()) {
        taken.push_back(it->second);
        position.push_back(k);
      }
    if (taken.empty() && !(elements.empty() && pieces.empty()))
      continue;
    pieces.push_back(extractElements(*builder, loc, piece.value, taken));
    positions.push_back(position);
  }
  return mergePieces(*builder, loc, elementType, elements.size(), pieces, positions);
}

Value Evaluator::gatherMoved(Operation *op, llvm::ArrayRef<int64_t> elements,
                             llvm::ArrayRef<std::pair<unsigned, int64_t>> source) {
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand) {
    llvm::SmallVector<int64_t> taken, position;
    for (auto [k, element] : llvm::enumerate(elements))
      if (source[element].first == operand) {
        taken.push_back(source[element].second);
        position.push_back(k);
      }
    if (taken.empty() && !(elements.empty() && pieces.empty()))
      continue;
    pieces.push_back(at(op->getOperand(operand), taken));
    positions.push_back(position);
  }
  // What is taken out keeps the name that the user gave it.
  if (pieces.size() == 1 && pieces[0].getDefiningOp<ExtractOp>())
    pieces[0].getDefiningOp()->setLoc(op->getLoc());
  return mergePieces(*builder, op->getLoc(), getElementTypeOrSelf(op->getResult(0).getType()), elements.size(), pieces,
                     positions);
}

Value Evaluator::build(Value value, llvm::ArrayRef<int64_t> elements) {
  if (value == layer.input())
    return gatherInput(elements);
  Operation *op = value.getDefiningOp();
  auto dependency = cast<DependencyOpInterface>(op);
  bool whole = llvm::ArrayRef<int64_t>(allElements(elementCount(value))) == elements;
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  // (Of no elements at all, none depends on the input: that does not make the whole input known.)
  if ((!structure->isUniform(value) || elements.empty()) && dependency.movedFrom(source) && !reshapes(op))
    return gatherMoved(op, elements, source);
  // Computed whole, as it was written, if that can be done by now: it is then computed once for all who want some of it.
  if (!whole && (!dependency.isElementwise() || isKnown(value)))
    return extractElements(*builder, op->getLoc(), all(value), elements);
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(whole ? all(operand) : at(operand, elements));
  return cloneWith(op, operands, whole ? std::nullopt : std::optional<int64_t>(elements.size()));
}

} // namespace flowc

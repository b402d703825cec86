// SPDX-License-Identifier: MIT

#include "compiler/Derive/Evaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

llvm::SmallVector<int64_t> allElements(int64_t count) { return llvm::to_vector(llvm::seq<int64_t>(0, count)); }

bool isIdentity(llvm::ArrayRef<int64_t> elements, int64_t count) {
  auto all = llvm::seq<int64_t>(0, count);
  return std::equal(elements.begin(), elements.end(), all.begin(), all.end());
}

Value extractElements(OpBuilder &builder, Location loc, Value value, llvm::ArrayRef<int64_t> elements) {
  if (isIdentity(elements, elementCount(value)))
    return value;
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, getElementTypeOrSelf(value.getType()));
  // A number stays one that proofs know exactly.
  if (auto number = constantValue(value))
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, llvm::ArrayRef<double>(*number)));
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

/// Whether the op moves elements of vectors, and from where. (One that makes a scalar of a vector or a vector of a scalar is built
/// as it is.)
static bool movesElements(Operation *op, llvm::SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  auto rank = [](Value v) { return cast<RankedTensorType>(v.getType()).getRank(); };
  if (op->getNumOperands() == 1 && rank(op->getOperand(0)) != rank(op->getResult(0)))
    return false;
  return cast<DependencyOpInterface>(op).movedFrom(source);
}

Value mergePieces(OpBuilder &builder, Location loc, Type elementType, int64_t size, llvm::ArrayRef<Value> pieces,
                  llvm::ArrayRef<llvm::SmallVector<int64_t>> positions) {
  if (pieces.size() == 1 && isIdentity(positions[0], size))
    return pieces[0];
  llvm::SmallVector<Attribute> indices;
  for (const auto &list : positions)
    indices.push_back(builder.getDenseI64ArrayAttr(list));
  return MergeOp::create(builder, loc, RankedTensorType::get({size}, elementType), pieces, builder.getArrayAttr(indices));
}

void Evaluator::define(llvm::ArrayRef<int64_t> inputs, Value value) {
  grown[layer.input()].append(inputs, value);
  for (int64_t input : inputs)
    defined.set(input);
}

Evaluator Evaluator::within(OpBuilder &inside, llvm::ArrayRef<int64_t> inputs, Value value) const {
  Evaluator copy = *this;
  copy.builder = &inside;
  copy.eager = false;
  copy.define(inputs, value);
  return copy;
}

bool Evaluator::isKnown(Value value, int64_t element) {
  SetId set = structure->dependencies(value)[element];
  if (set == 0 || knownSets.contains(set))
    return true;
  // One input that is not defined tells as much as all of them.
  auto [waiting, isNew] = waitingFor.try_emplace(set, 0);
  if (!isNew && !defined.test(waiting->second))
    return false;
  for (int64_t input : structure->elements(set))
    if (!defined.test(input)) {
      waiting->second = input;
      return false;
    }
  // What is known stays known.
  knownSets.insert(set);
  return true;
}

/// Not the same as that the result is known: a mask may leave it nothing of an operand to depend on.
bool Evaluator::isMadeOfKnown(Operation *op) {
  return llvm::all_of(op->getOperands(), [&](Value operand) {
    return structure->isUniform(operand) ||
           llvm::all_of(llvm::seq<int64_t>(0, elementCount(operand)), [&](int64_t k) { return isKnown(operand, k); });
  });
}

bool Evaluator::isMadeOfUniform(Operation *op) {
  return llvm::all_of(op->getOperands(), [&](Value operand) { return structure->isUniform(operand); });
}

Value Evaluator::all(Value value) {
  if (Value found = wholes.lookup(value))
    return found;
  Operation *op = value.getDefiningOp();
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  bool asWritten =
      op && grown[value].empty() && isMadeOfKnown(op) && (isMadeOfUniform(op) || !movesElements(op, source));
  return wholes[value] = asWritten ? buildWhole(op) : build(value, allElements(elementCount(value)));
}

Value Evaluator::at(Value value, llvm::ArrayRef<int64_t> elements) {
  if (isIdentity(elements, elementCount(value)))
    return all(value);
  auto key = std::make_pair(value.getAsOpaquePointer(), std::vector<int64_t>(elements.begin(), elements.end()));
  auto found = memo.find(key);
  if (found != memo.end())
    return found->second;
  return memo[key] = build(value, elements);
}

Value Evaluator::clone(Operation *op, llvm::ArrayRef<Value> operands, Type type) {
  OperationState state(op->getLoc(), op->getName(), operands, {type}, op->getAttrs());
  return builder->create(state)->getResult(0);
}

Value Evaluator::gatherMoved(Operation *op, llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<std::pair<unsigned, int64_t>> source) {
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
  return mergePieces(*builder, op->getLoc(), getElementTypeOrSelf(op->getResult(0).getType()), elements.size(), pieces, positions);
}

Value Evaluator::build(Value value, llvm::ArrayRef<int64_t> elements) {
  // Nothing depends on nothing, whatever it is taken from.
  auto type = cast<RankedTensorType>(value.getType());
  if (elements.empty() && type.getRank() == 1 && isa<FloatType>(type.getElementType()))
    return arith::ConstantOp::create(
        *builder, value.getLoc(),
        DenseElementsAttr::get(RankedTensorType::get({0}, type.getElementType()), llvm::ArrayRef<double>()));
  if (value == layer.input())
    return grown[value].gather(*builder, value, elements);
  Operation *op = value.getDefiningOp();
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  if (!isMadeOfUniform(op) && movesElements(op, source))
    return gatherMoved(op, elements, source);
  if (!grows(value))
    return extractElements(*builder, op->getLoc(), all(value), elements);
  grow(op, elements);
  return grown[value].gather(*builder, value, elements);
}

Value Evaluator::buildWhole(Operation *op) {
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(all(operand));
  return clone(op, operands, op->getResult(0).getType());
}

/// A value is computed whole, as it was written, if that can be done by now: it is then computed once for all who want
/// some of it.
bool Evaluator::grows(Value value) {
  Operation *op = value.getDefiningOp();
  if (!cast<DependencyOpInterface>(op).isElementwise() && !isa<PartialOpInterface>(op))
    return false;
  return !eager || !grown[value].empty() || !isMadeOfKnown(op);
}

void Evaluator::grow(Operation *op, llvm::ArrayRef<int64_t> elements) {
  Value value = op->getResult(0);
  llvm::SmallVector<int64_t> missing;
  for (int64_t element : elements)
    if (!grown[value].has(element))
      missing.push_back(element);
  if (missing.empty())
    return;
  auto partial = dyn_cast<PartialOpInterface>(op);
  if (partial && eager)
    missing = llvm::filter_to_vector(llvm::seq<int64_t>(0, elementCount(value)),
                                     [&](int64_t k) { return !grown[value].has(k) && isKnown(value, k); });
  Value piece = partial ? buildPart(partial, missing) : buildElements(op, missing);
  grown[value].append(missing, piece);
}

Value Evaluator::buildElements(Operation *op, llvm::ArrayRef<int64_t> elements) {
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(at(operand, elements));
  Type element = getElementTypeOrSelf(op->getResult(0).getType());
  return clone(op, operands, RankedTensorType::get({static_cast<int64_t>(elements.size())}, element));
}

Value Evaluator::buildPart(PartialOpInterface op, llvm::ArrayRef<int64_t> elements) {
  auto [known, inserted] = needed->try_emplace(op);
  if (inserted)
    known->second = op.neededElements();
  llvm::BitVector some(elementCount(op->getOperand(op.partialOperand())));
  for (int64_t element : elements)
    known->second.addTo(some, element);
  llvm::SmallVector<int64_t> given(some.set_bits());
  llvm::SmallVector<Value> operands;
  for (auto [k, operand] : llvm::enumerate(op->getOperands()))
    operands.push_back(k == op.partialOperand() ? inAnyOrder(operand, given) : all(operand));
  return op.buildPart(*builder, operands, elements, given);
}

Value Evaluator::inAnyOrder(Value value, llvm::SmallVectorImpl<int64_t> &elements) {
  if (value == layer.input())
    return grown[value].gatherInAnyOrder(*builder, value, elements);
  Operation *op = value.getDefiningOp();
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  if (!isMadeOfUniform(op) && movesElements(op, source))
    return movedInAnyOrder(op, elements, source);
  if (!grows(value))
    return at(value, elements);
  grow(op, elements);
  return grown[value].gatherInAnyOrder(*builder, value, elements);
}

Value Evaluator::movedInAnyOrder(Operation *op, llvm::SmallVectorImpl<int64_t> &elements,
                                 llvm::ArrayRef<std::pair<unsigned, int64_t>> source) {
  llvm::SmallVector<int64_t> below;
  llvm::DenseMap<int64_t, int64_t> elementOf;
  for (int64_t element : elements) {
    if (source[element].first != source[elements[0]].first)
      return at(op->getResult(0), elements);
    below.push_back(source[element].second);
    elementOf[below.back()] = element;
  }
  if (elements.empty())
    return at(op->getResult(0), elements);
  Value operand = op->getOperand(source[elements[0]].first);
  Value moved = inAnyOrder(operand, below);
  for (auto [element, origin] : llvm::zip_equal(elements, below))
    element = elementOf[origin];
  return moved;
}

} // namespace flowc

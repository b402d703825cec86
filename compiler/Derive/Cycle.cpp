// SPDX-License-Identifier: MIT

#include "compiler/Derive/Cycle.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The unsolved inputs that some elements of a value need.
llvm::BitVector unsolved(const LayerStructure &structure, Value value, llvm::ArrayRef<int64_t> elements, const llvm::BitVector &solved) {
  llvm::BitVector needed(solved.size());
  for (int64_t element : elements)
    for (int64_t input : structure.elements(structure.dependencies(value)[element]))
      if (!solved.test(input))
        needed.set(input);
  return needed;
}

/// The elements of the operand that value's elements are computed from, as far as the op tells.
llvm::SmallVector<int64_t> elementsOf(Operation *op, unsigned operand, llvm::ArrayRef<int64_t> elements) {
  auto dependency = cast<DependencyOpInterface>(op);
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  if (dependency.isElementwise())
    return llvm::SmallVector<int64_t>(elements);
  llvm::SmallVector<int64_t> result;
  if (!dependency.movedFrom(source))
    return llvm::to_vector(llvm::seq<int64_t>(0, elementCount(op->getOperand(operand))));
  for (int64_t element : elements)
    if (source[element].first == operand)
      result.push_back(source[element].second);
  return result;
}

} // namespace

Value meetingPoint(const LayerStructure &structure, Value value, int64_t element, const llvm::BitVector &solved) {
  llvm::SmallVector<int64_t> elements{element};
  llvm::BitVector all = unsolved(structure, value, elements, solved);
  while (Operation *op = value.getDefiningOp()) {
    Value next;
    for (auto [k, operand] : llvm::enumerate(op->getOperands())) {
      llvm::SmallVector<int64_t> below = elementsOf(op, k, elements);
      // (The input needs nothing but itself.)
      if (operand.getDefiningOp() && unsolved(structure, operand, below, solved) == all) {
        next = operand;
        elements = below;
        break;
      }
    }
    if (!next)
      return value;
    value = next;
  }
  return value;
}

Value nextNamed(Value value, Value output) {
  while (value != output && !isa<NameLoc>(value.getLoc())) {
    Operation *user = value.use_empty() ? nullptr : *value.getUsers().begin();
    if (!user || user->getNumResults() == 0)
      return {};
    value = user->getResult(0);
  }
  return isa<NameLoc>(value.getLoc()) ? value : Value();
}

} // namespace flowc

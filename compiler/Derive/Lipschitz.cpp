// SPDX-License-Identifier: MIT
//
// Every op answers by how much its result moves if one operand does (`steepness`). Element-wise ops on one thing that moves are
// followed element by element, which is sharper: max(x, tanh x) moves no further than x, though both its operands move. Everywhere
// else one operand moves after the other, and the Euclidean distances add.

#include "compiler/Derive/Lipschitz.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

double Lipschitz::of(Value value) {
  Motion found = motion(value);
  return found.rate == 0 ? 0 : times(found.rate, bases.lookup(found.base));
}

Lipschitz::Motion Lipschitz::motion(Value value) {
  if (auto known = motions.find(value); known != motions.end())
    return known->second;
  bool moves = value == input || !structure.isUniform(value);
  Motion found = !moves ? Motion{value, 0} : value == input ? Motion{value, 1} : motionOf(value.getDefiningOp());
  if (found.base == value)
    bases[value] = value == input ? 1 : found.rate;
  if (found.base == value && moves)
    found.rate = 1;
  return motions[value] = found;
}

Lipschitz::Motion Lipschitz::motionOf(Operation *op) {
  Value result = op->getResult(0);
  auto rule = dyn_cast<RangeOpInterface>(op);
  if (!rule)
    return {result, kInfinity};
  llvm::SmallVector<Interval> ranges;
  llvm::SmallVector<double> sizes, rates;
  llvm::SetVector<Value> moving;
  for (Value operand : op->getOperands()) {
    ranges.push_back(structure.range(operand));
    sizes.push_back(norm(operand));
    Motion found = motion(operand);
    rates.push_back(found.rate);
    if (found.rate != 0)
      moving.insert(found.base);
  }
  auto dependency = dyn_cast<DependencyOpInterface>(op);
  if (moving.size() == 1 && dependency && dependency.isElementwise())
    return {moving.front(), rule.steepness(ranges, sizes, rates)};
  double total = 0;
  bool oneAfterTheOther = moving.size() > 1 && dependency && dependency.isElementwise();
  llvm::SmallVector<double> distances;
  for (Value operand : op->getOperands())
    distances.push_back(of(operand));
  if (!oneAfterTheOther)
    return {result, rule.steepness(ranges, sizes, distances)};
  for (auto [k, distance] : llvm::enumerate(distances)) {
    llvm::SmallVector<double> alone(distances.size(), 0);
    alone[k] = distance;
    total += rule.steepness(ranges, sizes, alone);
  }
  return {result, total};
}

double Lipschitz::norm(Value value) {
  if (auto known = norms.find(value); known != norms.end())
    return known->second;
  Interval range = structure.range(value);
  double bound = isa<ShapedType>(value.getType()) ? times(std::sqrt(elementCount(value)), magnitude(range)) : kInfinity;
  if (auto rule = dyn_cast_or_null<RangeOpInterface>(value.getDefiningOp())) {
    llvm::SmallVector<Interval> ranges;
    llvm::SmallVector<double> sizes;
    for (Value operand : rule->getOperands()) {
      ranges.push_back(structure.range(operand));
      sizes.push_back(norm(operand));
    }
    bound = std::min(bound, rule.norm(ranges, sizes));
  }
  return norms[value] = bound;
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// Every op answers by how much its result moves if one operand does (`steepness`). Element-wise ops on one thing that moves are
// followed element by element, which is sharper: max(x, tanh x) moves no further than x, though both its operands move. Everywhere
// else one operand moves after the other, and the Euclidean distances add.

#include "compiler/Derive/Lipschitz.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

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
    sizes.push_back(operatorNorm(operand));
    Motion found = motion(operand);
    rates.push_back(found.rate);
    if (found.rate != 0)
      moving.insert(found.base);
  }
  auto dependency = dyn_cast<DependencyOpInterface>(op);
  if (moving.size() == 1 && dependency && dependency.isElementwise())
    return {moving.front(), std::min(rule.steepness(ranges, sizes, rates), rateOfProduct(op))};
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

double Lipschitz::rateOfProduct(Operation *op) {
  if (!isa<arith::MulFOp>(op))
    return kInfinity;
  for (unsigned k : {0u, 1u}) {
    Value factor = op->getOperand(k);
    Operation *function = op->getOperand(1 - k).getDefiningOp();
    const ScalarRule *rule = function ? findScalarRule(function) : nullptr;
    if (!rule || !isMultiple(function->getOperand(0), factor))
      continue;
    for (const ScalarProduct &product : scalarProducts())
      if (product.f == rule->name)
        return times(motion(factor).rate, product.steepest);
  }
  return kInfinity;
}

bool Lipschitz::isMultiple(Value value, Value of) {
  Operation *op = value.getDefiningOp();
  if (value == of)
    return true;
  if (isa_and_nonnull<arith::MulFOp>(op) && op->getOperand(1) == of)
    return structure.isUniform(op->getOperand(0));
  return isa_and_nonnull<arith::MulFOp, arith::DivFOp>(op) && op->getOperand(0) == of && structure.isUniform(op->getOperand(1));
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

double Lipschitz::operatorNorm(Value value) {
  if (auto known = operatorNorms.find(value); known != operatorNorms.end())
    return known->second;
  double bound = norm(value);
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (auto rule = dyn_cast_or_null<RangeOpInterface>(value.getDefiningOp()); rule && type && type.getRank() == 2) {
    llvm::SmallVector<double> operands;
    for (Value operand : rule->getOperands())
      operands.push_back(operatorNorm(operand));
    bound = std::min(bound, rule.spectralNorm(operands));
  }
  return operatorNorms[value] = bound;
}

} // namespace flowc

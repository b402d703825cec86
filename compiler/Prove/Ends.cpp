// SPDX-License-Identifier: MIT

#include "compiler/Prove/Ends.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

Limit limitAt(Formula &formula, double end) {
  OpBuilder builder = formula.builder();
  llvm::DenseSet<Value> dependents = formula.dependents();
  llvm::DenseMap<Value, Limit> limits;
  limits[formula.unknown().value] = Limit::number(builder, builder.getUnknownLoc(), end);
  auto limitOf = [&](Value value) { return dependents.contains(value) ? limits.lookup(value) : Limit::finite(value); };
  // Ops that limits add depend on no unknown, so those that were there when it began are enough.
  llvm::SmallVector<Operation *> ops;
  for (Operation &op : formula.getFunction().getBody().front().without_terminator())
    if (dependents.contains(op.getResult(0)))
      ops.push_back(&op);
  for (Operation *op : ops) {
    llvm::SmallVector<Limit> operands;
    for (Value operand : op->getOperands())
      operands.push_back(limitOf(operand));
    limits[op->getResult(0)] = cast<RangeOpInterface>(op).limit(builder, operands);
  }
  return limitOf(formula.value());
}

namespace {

std::optional<double> numberOf(Value value) {
  if (auto constant = constantValue(value))
    return constant;
  auto rule = dyn_cast_or_null<RangeOpInterface>(value.getDefiningOp());
  if (!rule)
    return std::nullopt;
  llvm::SmallVector<double> operands;
  for (Value operand : value.getDefiningOp()->getOperands()) {
    auto number = numberOf(operand);
    if (!number)
      return std::nullopt;
    operands.push_back(*number);
  }
  return rule.evaluate(operands);
}

} // namespace

std::optional<double> numberOf(const Limit &limit) {
  if (limit.isInfinite())
    return limit.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
  return limit.kind == Limit::Finite ? numberOf(limit.value) : std::nullopt;
}

} // namespace flowc::prove

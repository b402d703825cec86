// SPDX-License-Identifier: MIT

#include "compiler/Prove/Ends.h"

#include "compiler/Prove/Search.h"
#include "compiler/Prove/Sign.h"

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

std::optional<double> endOf(Formula &formula, const Limit &limit) {
  if (limit.isInfinite())
    return limit.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
  if (limit.kind != Limit::Finite)
    return std::nullopt;
  PointEvaluator evaluator(formula);
  llvm::SmallVector<double> point;
  for (const Variable &variable : formula.allVariables())
    point.push_back(std::isfinite(variable.range.low + variable.range.high)
                        ? (variable.range.low + variable.range.high) / 2
                    : std::isfinite(variable.range.low) ? variable.range.low + 1
                                                        : 0.5);
  if (!evaluator.at(point))
    return std::nullopt;
  double found = evaluator.of(limit.value), guess = std::round(found * 1e9) / 1e9;
  OpBuilder builder = formula.builder();
  for (double number : {found, guess}) {
    Value bound = constantOf(builder, builder.getUnknownLoc(), builder.getF64Type(), number);
    if (proveEqual(limit.value, bound, formula.ranges()))
      return number;
  }
  return std::nullopt;
}

} // namespace flowc::prove

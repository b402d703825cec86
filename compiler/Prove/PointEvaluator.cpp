// SPDX-License-Identifier: MIT

#include "compiler/Prove/PointEvaluator.h"

#include "compiler/Prove/Sign.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

PointEvaluator::PointEvaluator(const Formula &formula, llvm::ArrayRef<Value> roots)
    : variables(formula.allVariables().size()) {
  for (auto [v, variable] : llvm::enumerate(formula.allVariables())) {
    index.try_emplace(variable.value, index.size());
    if (variable.labels) {
      labels.push_back(v);
      labelCount = variable.labels;
    }
  }
  llvm::SetVector<Operation *> needed;
  llvm::SmallVector<Value> all(roots);
  llvm::append_range(all, assumedFacts(formula.unknown().value));
  for (Value root : all) {
    llvm::SetVector<Operation *> slice = backwardSlice(root);
    needed.insert_range(slice);
  }
  values.resize(variables);
  for (Operation &op : formula.getFunction().getBody().front()) {
    if (!needed.contains(&op))
      continue;
    Value result = op.getResult(0);
    index[result] = values.size();
    auto constant = constantValue(result);
    values.push_back(constant.value_or(0));
    if (constant)
      continue;
    Step step{&op, findScalarRule(&op), {}};
    for (Value operand : op.getOperands())
      step.operands.push_back(index.lookup(operand));
    steps.push_back(std::move(step));
  }
}

bool PointEvaluator::isLabel(llvm::ArrayRef<double> point) const {
  size_t ones = 0;
  for (size_t v : labels) {
    if (point[v] != 0 && point[v] != 1)
      return false;
    ones += point[v] == 1;
  }
  return labels.empty() || ones == 1 || (ones == 0 && static_cast<int64_t>(labels.size()) < labelCount);
}

bool PointEvaluator::at(llvm::ArrayRef<double> point, const Decisions &decided) {
  llvm::copy(point.take_front(variables), values.begin());
  largest = 0;
  tied.clear();
  bool sound = isLabel(point);
  for (const Step &step : steps) {
    llvm::SmallVector<double, 3> operands;
    for (unsigned operand : step.operands)
      operands.push_back(values[operand]);
    double value = cast<RangeOpInterface>(step.op).evaluate(operands);
    Value result = step.op->getResult(0);
    for (auto [comparison, holds] : decided)
      if (comparison == result)
        value = holds;
    const ScalarRule *rule = step.rule;
    // An end that f never attains was reached by rounding.
    bool saturated = rule && ((value == rule->range.low && rule->range.lowOpen) ||
                              (value == rule->range.high && rule->range.highOpen));
    // What breaks a fact shows nothing: a rounded domain's map, or a point that the user rules out.
    auto fact = dyn_cast<ConstrainedOp>(step.op);
    if (fact && !Interval::point(value).within(fact.inferRange({Interval::all()})))
      sound = false;
    if (!std::isfinite(value) || saturated || (value != 0 && std::abs(value) < 1e-250))
      sound = false;
    if (isa<arith::CmpFOp>(step.op) && operands[0] == operands[1])
      tied.push_back(result);
    values[index.find(result)->second] = value;
    largest = std::max(largest, std::abs(value));
  }
  return sound;
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Witness.h"

#include "compiler/Prove/PointEvaluator.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

Witness witnessAt(const Formula &formula, llvm::ArrayRef<double> point, double value) {
  Witness witness;
  witness.value = value;
  llvm::DenseMap<Value, std::string> names = formula.names();
  llvm::SmallVector<Value> roots{formula.value(), formula.slope()};
  llvm::append_range(roots, llvm::make_first_range(names));
  PointEvaluator evaluator(formula, roots);
  evaluator.at(point);
  for (const Variable &variable : formula.allVariables())
    witness.reachable &= variable.free;
  llvm::DenseSet<Value> seen;
  std::function<void(Value)> visit = [&](Value inner) {
    if (!seen.insert(inner).second)
      return;
    if (auto name = names.find(inner); name != names.end())
      witness.point.emplace_back(name->second, evaluator.of(inner));
    else if (Operation *op = inner.getDefiningOp())
      llvm::for_each(op->getOperands(), visit);
  };
  visit(formula.unknown().value);
  visit(formula.value());
  visit(formula.slope());
  return witness;
}

namespace {

/// The variable's value with which `value`, which depends on it alone and is monotone, is `wanted`.
std::optional<double> variableFor(const Formula &formula, size_t variable, Value value, double wanted) {
  PointEvaluator evaluator(formula, value);
  Point point(formula.allVariables().size(), 0);
  auto excess = [&](double u) {
    point[variable] = place(formula.allVariables()[variable].range, u);
    return evaluator.at(point) ? evaluator.of(value) - wanted : std::nan("");
  };
  // Outwards until the wanted value lies between; where it overflows or saturates it went too far.
  double low = 0, high = 0;
  bool rises = true, found = false;
  for (double size = 1; size < 1e9 && !found; size *= 2) {
    double below = excess(-size), above = excess(size);
    low = std::isnan(below) ? low : -size;
    high = std::isnan(above) ? high : size;
    rises = excess(high) > excess(low);
    found = (excess(high) > 0) != (excess(low) > 0);
  }
  if (!found)
    return std::nullopt;
  for (int step = 0; step < 100; ++step) {
    double middle = low + (high - low) / 2;
    ((excess(middle) > 0) == rises ? high : low) = middle;
  }
  return point[variable];
}

/// What the hint says of the variable: itself, or where something that depends on it alone should lead.
std::optional<double> hintOf(const Formula &formula, size_t variable, const llvm::DenseMap<Value, double> &hint) {
  Value wanted = formula.allVariables()[variable].value;
  if (auto found = hint.find(wanted); found != hint.end())
    return found->second;
  for (Operation &op : formula.getFunction().getBody().front()) {
    auto found = op.getNumResults() ? hint.find(op.getResult(0)) : hint.end();
    if (found == hint.end())
      continue;
    bool depends = false, alone = true;
    for (Operation *step : backwardSlice(op.getResult(0)))
      for (Value operand : step->getOperands()) {
        depends |= operand == wanted;
        alone &= operand == wanted || operand.getDefiningOp();
      }
    if (depends && alone)
      return variableFor(formula, variable, op.getResult(0), found->second);
  }
  return std::nullopt;
}

} // namespace

std::optional<Point> pointOf(const Formula &formula, const llvm::DenseMap<Value, double> &hint) {
  if (hint.empty())
    return std::nullopt;
  Point point;
  for (auto [v, variable] : llvm::enumerate(formula.allVariables())) {
    double value = hintOf(formula, v, hint).value_or(place(variable.range, 0));
    point.push_back(contains(variable.range, value) ? value : place(variable.range, 0));
  }
  return point;
}

Interval enclosureAt(const Formula &formula, Value value, llvm::ArrayRef<double> point, const Decisions &decided,
                     std::optional<Interval> unknown) {
  llvm::DenseMap<Value, Interval> given;
  for (auto [variable, coordinate] : llvm::zip_equal(formula.allVariables(), point))
    given[variable.value] = Interval::point(coordinate);
  if (unknown)
    given[formula.unknown().value] = *unknown;
  for (auto [comparison, holds] : decided)
    given[comparison] = Interval::point(holds);
  return inferRange(value, given);
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Witness.h"

#include "compiler/Prove/PointEvaluator.h"

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

std::optional<Point> pointOf(const Formula &formula, const llvm::DenseMap<Value, double> &hint) {
  if (hint.empty())
    return std::nullopt;
  Point point;
  for (const Variable &variable : formula.allVariables()) {
    auto found = hint.find(variable.value);
    double value = found != hint.end() ? found->second : place(variable.range, 0);
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

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Search.h"

#include "compiler/Prove/PointEvaluator.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// Whether no number of `a` lies in `b`.
bool isApart(const Interval &a, const Interval &b) {
  return a.high < b.low || b.high < a.low || (a.high == b.low && (a.highOpen || b.lowOpen)) ||
         (b.high == a.low && (b.highOpen || a.lowOpen));
}

/// A point between two where `value`, which has two signs there, is as good as 0.
std::optional<Point> findZeroBetween(PointEvaluator &evaluator, Value value, const Point &positive,
                                     const Point &negative) {
  Point low = positive, high = negative, middle = positive;
  for (int step = 0; step < 200; ++step) {
    for (size_t v = 0; v < middle.size(); ++v)
      middle[v] = low[v] + (high[v] - low[v]) / 2;
    if (middle == low || middle == high || !evaluator.at(middle))
      break;
    (evaluator.of(value) > 0 ? low : high) = middle;
  }
  // A pole changes the sign as well.
  bool found = evaluator.at(low) && std::abs(evaluator.of(value)) < 1e-9 * (1 + evaluator.magnitude());
  return found ? std::optional(low) : std::nullopt;
}

double valueAt(const Formula &formula, Value value, const Point &point) {
  PointEvaluator evaluator(formula, value);
  evaluator.at(point);
  return evaluator.of(value);
}

/// A point that `shows` what is wrong, where `value` does not meet the requirement.
std::optional<Point> findViolation(const Formula &formula, Value value, const Requirement &requirement,
                                   const llvm::DenseMap<Value, double> &hint, llvm::function_ref<bool(const Point &)> shows) {
  PointEvaluator evaluator(formula, value);
  Points points(formula);
  std::optional<Point> positive, negative;
  auto fails = [&](const Point &point) {
    if (!evaluator.at(point))
      return false;
    double number = evaluator.of(value);
    if (number != 0)
      (number > 0 ? positive : negative) = point;
    if (!requirement.nonZero)
      return !contains(requirement.within, number) && isApart(enclosureAt(formula, value, point), requirement.within);
    return number == 0 && enclosureAt(formula, value, point) == Interval::point(0);
  };
  if (auto point = pointOf(formula, hint); point && fails(*point) && shows(*point))
    return point;
  for (unsigned k = 0; k < Points::kCount; ++k)
    if (Point point = points.make(k); fails(point) && shows(point))
      return point;
  if (requirement.nonZero && positive && negative)
    if (auto zero = findZeroBetween(evaluator, value, *positive, *negative); zero && shows(*zero))
      return zero;
  return std::nullopt;
}

/// Whether the formula gets steeper without end towards the point, from one side at least.
bool steepensTowards(const Formula &formula, const Point &point) {
  PointEvaluator evaluator(formula, formula.value());
  if (!evaluator.at(point))
    return false;
  double here = evaluator.of(formula.value()), size = std::max(1.0, std::abs(point[0]));
  for (double side : {-size, size}) {
    unsigned steeper = 0;
    double last = 0;
    for (double step : {1e-2, 1e-4, 1e-6, 1e-8}) {
      Point near = point;
      near[0] += side * step;
      if (!contains(formula.unknown().range, near[0]) || !evaluator.at(near))
        break;
      double steepness = std::abs((evaluator.of(formula.value()) - here) / (near[0] - point[0]));
      steeper += steepness > 1.1 * last;
      last = steepness;
    }
    if (steeper == 4)
      return true;
  }
  return false;
}

} // namespace

std::optional<Witness> refuteRequirement(const Formula &formula, Value value, const Requirement &requirement,
                                         const llvm::DenseMap<Value, double> &hint) {
  auto point = findViolation(formula, value, requirement, hint, [](const Point &) { return true; });
  return point ? std::optional(witnessAt(formula, *point, valueAt(formula, value, *point))) : std::nullopt;
}

std::optional<std::pair<Witness, Witness>> refuteConstancy(const Formula &formula, Value value) {
  PointEvaluator evaluator(formula, value);
  Points points(formula);
  std::optional<Point> first;
  for (unsigned k = 0; k < 300; ++k) {
    Point point = points.make(k);
    for (auto [coordinate, variable, other] : llvm::zip(point, formula.allVariables(), first.value_or(point)))
      coordinate = variable.parameter || variable.context ? coordinate : other;
    if (!evaluator.at(point))
      continue;
    if (!first)
      first = point;
    else if (isApart(enclosureAt(formula, value, *first), enclosureAt(formula, value, point)))
      return std::pair(witnessAt(formula, *first, valueAt(formula, value, *first)), witnessAt(formula, point, evaluator.of(value)));
  }
  return std::nullopt;
}

std::optional<Witness> refuteSmooth(const Formula &formula, Value value, const Requirement &requirement) {
  auto point = findViolation(formula, value, requirement, llvm::DenseMap<Value, double>(),
                             [&](const Point &point) { return steepensTowards(formula, point); });
  return point ? std::optional(witnessAt(formula, *point, valueAt(formula, formula.value(), *point))) : std::nullopt;
}

std::optional<Witness> refuteContinuity(const Formula &formula, Value condition, Value value) {
  PointEvaluator evaluator(formula, {condition, value});
  Points points(formula);
  auto holds = [&](const Point &point) -> std::optional<bool> {
    if (!evaluator.at(point))
      return std::nullopt;
    return evaluator.of(condition) != 0;
  };
  for (unsigned k = 0; k < Points::kCount / 4; ++k) {
    Point a = points.make(k), b = a;
    b[0] = points.make(k + Points::kCount)[0];
    auto first = holds(a), second = holds(b);
    if (!first || !second || *first == *second)
      continue;
    // Halve down to neighbouring numbers, and look at the value on both sides.
    for (int step = 0; step < 200; ++step) {
      Point middle = a;
      middle[0] = a[0] + (b[0] - a[0]) / 2;
      if (middle[0] == a[0] || middle[0] == b[0])
        break;
      auto here = holds(middle);
      if (!here)
        break;
      (*here == *first ? a : b) = middle;
    }
    if (!holds(a))
      continue;
    double left = evaluator.of(value);
    if (!holds(b))
      continue;
    double right = evaluator.of(value);
    if (std::abs(b[0] - a[0]) < 1e-9 * (1 + std::abs(a[0])) &&
        std::abs(left - right) > 1e-6 * (1 + std::abs(left) + std::abs(right)))
      return witnessAt(formula, b, std::abs(right - left));
  }
  return std::nullopt;
}

} // namespace flowc::prove

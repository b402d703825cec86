// SPDX-License-Identifier: MIT

#include "compiler/Prove/Search.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

using Point = llvm::SmallVector<double>;

/// Maps a real number into a range, onto all of it.
double place(const Interval &range, double u) {
  if (range.low == range.high)
    return range.low;
  if (std::isinf(range.low) && std::isinf(range.high))
    return u;
  if (std::isinf(range.high))
    return range.low + std::exp(u);
  if (std::isinf(range.low))
    return range.high - std::exp(-u);
  return range.low + (range.high - range.low) / (1 + std::exp(-u));
}

bool contains(const Interval &range, double v) { return Interval::point(v).within(range); }

/// Three digits, which read better, if the range allows.
double rounded(const Interval &range, double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  double nice = std::strtod(text, nullptr);
  return contains(range, nice) ? nice : v;
}

/// The points to try, the same in every run: first those that people choose, then random ones of all sizes.
class Points {
public:
  explicit Points(const Formula &formula) : variables(formula.allVariables()) {
    for (arith::ConstantOp op : formula.getFunction().getBody().getOps<arith::ConstantOp>())
      if (auto constant = constantValue(op))
        special.push_back(*constant);
  }

  static constexpr unsigned kCount = 3000;

  Point make(unsigned k) {
    static constexpr double plain[] = {1, -1, 0.5, 2, 0, -2, 3};
    Point point;
    bool chosen = k < 7 * special.size();
    for (auto [v, variable] : llvm::enumerate(variables)) {
      double value;
      if (chosen && v == 0)
        value = special[k % special.size()];
      else if (chosen)
        value = plain[(k / special.size() + (k % 2 ? v : 0)) % 7];
      else
        value = place(variable.range, sizes[k % 5] * normal(generator));
      if (!contains(variable.range, value))
        value = place(variable.range, chosen ? value : normal(generator));
      point.push_back(rounded(variable.range, value));
    }
    return point;
  }

private:
  llvm::ArrayRef<Variable> variables;
  std::vector<double> special = {0,  1,   -1,   0.5, -0.5, 2,  -2,  M_PI, -M_PI, M_PI / 2, -M_PI / 2, 3,
                                 -3, 0.1, -0.1, 5,   -5,   10, -10, 12,   -12,   30,       -30};
  static constexpr double sizes[] = {0.3, 1, 3, 10, 100};
  std::mt19937_64 generator{20260101};
  std::normal_distribution<double> normal;
};

/// The point in the names that the user knows: the unknown, and of what it meets, what has a name.
Witness witnessAt(const Formula &formula, llvm::ArrayRef<double> point, double value) {
  Witness witness;
  witness.value = value;
  PointEvaluator evaluator(formula);
  evaluator.at(point);
  llvm::DenseMap<Value, std::string> names = formula.names();
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

/// A slope, and whether rounding cannot have given it its sign, or its being 0.
struct Slope {
  double value;
  bool certain;
};

class SignSearch {
public:
  explicit SignSearch(const Formula &formula) : formula(formula), evaluator(formula) {}

  std::optional<Witness> run(const llvm::DenseMap<Value, double> &hint) {
    Points points(formula);
    if (auto point = pointOf(formula, hint))
      take(*point);
    for (unsigned k = 0; k < Points::kCount && !(positive.size() > 20 && negative.size() > 20); ++k)
      take(points.make(k));
    if (!positive.empty() && !negative.empty()) {
      if (auto folded = findFold())
        return folded;
      for (size_t k = 0; k < std::min<size_t>({5, positive.size(), negative.size()}); ++k)
        if (auto zero = findZeroBetween(positive[k], negative[k]))
          return zero;
      return std::nullopt;
    }
    if (!zeros.empty())
      return witnessAt(formula, zeros.front(), 0);
    return findTouch();
  }

private:
  std::optional<Slope> slopeAt(const Point &point) {
    if (!evaluator.at(point))
      return std::nullopt;
    double slope = evaluator.of(formula.slope());
    double error = evaluator.errorOf(formula.slope());
    return Slope{slope, slope == 0 ? error == 0 : std::abs(slope) > error};
  }

  void take(const Point &point) {
    auto slope = slopeAt(point);
    if (!slope)
      return;
    if (slope->certain)
      (slope->value == 0 ? zeros : slope->value > 0 ? positive : negative).push_back(point);
    if (slope->value != 0 || !slope->certain)
      smallest = std::min(smallest, {std::abs(slope->value), point});
  }

  double valueAt(Point point, double unknown) {
    point[0] = unknown;
    return evaluator.at(point) ? evaluator.of(formula.value()) : std::nan("");
  }

  /// The end of [a, b] next to which `holds` changes, `holds(a)` being true and `holds(b)` false.
  template <typename Holds> static double bisect(double a, double b, Holds holds) {
    for (int step = 0; step < 200; ++step) {
      double middle = a + (b - a) / 2;
      if (middle == a || middle == b)
        break;
      (holds(middle) ? a : b) = middle;
    }
    return a;
  }

  /// The same parameters, two signs: then two inputs have one output.
  std::optional<Witness> findFold() {
    std::optional<Witness> best;
    auto apart = [](const Witness &witness) {
      return witness.twins ? std::abs((*witness.twins)[0] - (*witness.twins)[1]) : 0;
    };
    for (const auto *side : {&negative, &positive})
      for (const Point &start : llvm::ArrayRef(*side).take_front(20))
        if (auto folded = foldFrom(start); folded && (!best || apart(*folded) > apart(*best)))
          best = folded;
    return best;
  }

  std::optional<Witness> foldFrom(const Point &start) {
    const Interval &domain = formula.unknown().range;
    bool sign = slopeAt(start)->value > 0;
    // From near to far: what is far apart enough reads better than two neighbours.
    std::optional<double> found;
    for (int k = 1; k <= 400; ++k) {
      Point other = start;
      other[0] = rounded(domain, place(domain, (k % 2 ? k : -k) * k / 8000.0));
      auto slope = contains(domain, other[0]) ? slopeAt(other) : std::nullopt;
      if (slope && slope->certain && (slope->value > 0) != sign)
        found = other[0];
      if (found && std::abs(*found - start[0]) > 1)
        break;
    }
    if (!found)
      return std::nullopt;
    Point probe = start;
    double turn = bisect(start[0], *found, [&](double t) {
      probe[0] = t;
      auto slope = slopeAt(probe);
      return slope && (slope->value > 0) == sign;
    });
    return twinsAround(start, turn, *found);
  }

  /// Between `start` and `end` the formula turns at `turn`: one value, taken on both sides. Nothing where it jumps
  /// there.
  std::optional<Witness> twinsAround(const Point &start, double turn, double end) {
    double extreme = valueAt(start, turn), begin = start[0];
    auto side = [&](double t) { return valueAt(start, t) - extreme; };
    // Nearer, until nothing but this one turn lies between the two.
    for (int step = 0; step < 30 && !(side(begin) * side(end) > 0); ++step) {
      begin = turn + (begin - turn) / 2;
      end = turn + (end - turn) / 2;
    }
    double left = side(begin), right = side(end);
    if (!(left * right > 0))
      return std::nullopt;
    double level = extreme + (std::abs(left) < std::abs(right) ? left : right) / 2;
    auto before = [&](double t) { return (valueAt(start, t) - level) * left > 0; };
    double first = bisect(begin, turn, before), second = bisect(end, turn, before);
    double depth = std::abs(level - extreme);
    for (double t : {first, second})
      if (!(std::abs(valueAt(start, t) - level) < 1e-6 * depth))
        return std::nullopt;
    Witness witness = witnessAt(formula, start, level);
    witness.twins = {first, second};
    return witness;
  }

  /// Signs that differ between parameters: somewhere between, the slope is 0.
  std::optional<Witness> findZeroBetween(Point positive, Point negative) {
    if (!zeros.empty())
      return witnessAt(formula, zeros.front(), 0);
    // (The points themselves are halved: a share of the way would lack digits where they are of different sizes.)
    for (int step = 0; step < 1200; ++step) {
      Point middle = positive;
      for (size_t v = 0; v < middle.size(); ++v)
        middle[v] += (negative[v] - middle[v]) / 2;
      if (middle == positive || middle == negative)
        break;
      auto slope = slopeAt(middle);
      (slope && slope->value > 0 ? positive : negative) = middle;
    }
    auto slope = slopeAt(positive);
    // A pole changes the sign as well.
    if (!slope || std::abs(slope->value) > 1e-6)
      return std::nullopt;
    return witnessAt(formula, positive, slope->value);
  }

  /// One sign everywhere, but perhaps touching 0: descends from the smallest slope that was seen. Only a touch well
  /// inside counts, with slopes growing on both sides.
  std::optional<Witness> findTouch() {
    if (smallest.second.empty())
      return std::nullopt;
    Point best = smallest.second;
    double least = smallest.first;
    for (double step = 1; step > 1e-12; step /= 2)
      for (size_t v = 0; v < best.size(); ++v)
        for (double direction : {-step, step}) {
          Point moved = best;
          moved[v] += direction;
          auto slope = contains(formula.allVariables()[v].range, moved[v]) ? slopeAt(moved) : std::nullopt;
          if (slope && std::abs(slope->value) < least) {
            least = std::abs(slope->value);
            best = moved;
          }
        }
    Point left = best, right = best;
    left[0] -= 0.1, right[0] += 0.1;
    if (!contains(formula.unknown().range, left[0]) || !contains(formula.unknown().range, right[0]))
      return std::nullopt;
    auto before = slopeAt(left), after = slopeAt(right);
    if (!before || !after || least > 1e-13 * std::min(std::abs(before->value), std::abs(after->value)) ||
        std::min(std::abs(before->value), std::abs(after->value)) < 1e-6)
      return std::nullopt;
    return witnessAt(formula, best, least);
  }

  const Formula &formula;
  PointEvaluator evaluator;
  std::vector<Point> positive, negative, zeros;
  std::pair<double, Point> smallest{kInfinity, {}};
};

} // namespace

namespace {

/// By how much `result` may be off, the operands being exact.
double ownError(Operation *op, llvm::ArrayRef<double> v, double result) {
  // Sums, products and quotients tell their remainders.
  if (isa<arith::AddFOp, arith::SubFOp>(op)) {
    double b = isa<arith::SubFOp>(op) ? -v[1] : v[1], back = result - v[0];
    return std::abs((v[0] - (result - back)) + (b - back));
  }
  if (isa<arith::MulFOp>(op))
    return std::abs(std::fma(v[0], v[1], -result));
  if (isa<arith::DivFOp>(op))
    return std::abs(std::fma(result, v[1], -v[0]) / v[1]);
  const ScalarRule *rule = findScalarRule(op);
  if (!rule && !isa<math::PowFOp>(op))
    return 0;
  return rule && isExactValue(v[0], result) ? 0 : std::abs(result) * 0x1p-50;
}

} // namespace

bool PointEvaluator::at(llvm::ArrayRef<double> point) {
  values.clear();
  for (auto [variable, value] : llvm::zip_equal(formula.allVariables(), point))
    values[variable.value] = {value, 0};
  for (Operation &op : formula.getFunction().getBody().front().without_terminator()) {
    Value result = op.getResult(0);
    if (auto constant = constantValue(result)) {
      values[result] = {*constant, 0};
      continue;
    }
    auto evaluable = cast<RangeOpInterface>(&op);
    llvm::SmallVector<double> operands;
    for (Value operand : op.getOperands())
      operands.push_back(of(operand));
    double value = evaluable.evaluate(operands), error = ownError(&op, operands, value);
    const ScalarRule *rule = findScalarRule(&op);
    // An end that f never attains was reached by rounding.
    bool saturated = rule && ((value == rule->range.low && rule->range.lowOpen) ||
                              (value == rule->range.high && rule->range.highOpen));
    // A 0 that stands for a number too small.
    bool product = isa<arith::MulFOp, arith::DivFOp>(op), power = isa<math::PowFOp>(op);
    bool vanished = value == 0 && operands[0] != 0 &&
                    ((product && operands[1] != 0) || power || (rule && std::abs(operands[0]) < 1e-80));
    if (!std::isfinite(value) || saturated || vanished || (value != 0 && std::abs(value) < 1e-250))
      return false;
    for (auto [k, operand] : llvm::enumerate(op.getOperands())) {
      double moved = 0, kept = operands[k];
      // (By less than its last bit, an operand would not move at all.)
      double step = errorOf(operand) > 0 ? std::max(errorOf(operand), std::abs(kept) * 0x1p-52) : 0;
      for (double by : {-step, step}) {
        if (by == 0)
          continue;
        operands[k] = kept + by;
        double other = evaluable.evaluate(operands);
        moved = std::max(moved, std::isfinite(other) ? std::abs(other - value) : kInfinity);
      }
      operands[k] = kept;
      error += moved;
    }
    values[result] = {value, error};
  }
  return true;
}

std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<Value, double> &hint) {
  return SignSearch(formula).run(hint);
}

std::optional<Witness> refuteRequirement(const Formula &formula, const Requirement &requirement,
                                         const llvm::DenseMap<Value, double> &hint) {
  PointEvaluator evaluator(formula);
  Points points(formula);
  auto fails = [&](const Point &point) {
    if (!evaluator.at(point))
      return false;
    double value = evaluator.of(formula.value()), error = evaluator.errorOf(formula.value());
    if (requirement.nonZero)
      return value == 0 && error == 0;
    return !contains(requirement.within, value) && !contains(requirement.within, value - error) &&
           !contains(requirement.within, value + error);
  };
  if (auto point = pointOf(formula, hint); point && fails(*point))
    return witnessAt(formula, *point, evaluator.of(formula.value()));
  for (unsigned k = 0; k < Points::kCount; ++k)
    if (Point point = points.make(k); fails(point))
      return witnessAt(formula, point, evaluator.of(formula.value()));
  return std::nullopt;
}

std::optional<Witness> refuteContinuity(const Formula &formula, Value condition, Value value) {
  PointEvaluator evaluator(formula);
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

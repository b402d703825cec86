// SPDX-License-Identifier: MIT

#include "compiler/Prove/Search.h"

#include "compiler/Prove/Sign.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

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

namespace {

using Point = llvm::SmallVector<double>;

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
        value = place(variable.range, sizes[k % 4] * normal(generator));
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
  static constexpr double sizes[] = {0.3, 1, 3, 10};
  std::mt19937_64 generator{20260101};
  std::normal_distribution<double> normal;
};

/// The point in the names that the user knows: the unknown, and of what it meets, what has a name.
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

/// What `value` can be at a point for certain, whatever rounding does.
Interval enclosureAt(const Formula &formula, Value value, llvm::ArrayRef<double> point) {
  llvm::DenseMap<Value, Interval> given;
  for (auto [variable, coordinate] : llvm::zip_equal(formula.allVariables(), point))
    given[variable.value] = Interval::point(coordinate);
  return inferRange(value, given);
}

/// A slope, and whether rounding cannot have given it its sign.
struct Slope {
  double value;
  bool certain;
};

class SignSearch {
public:
  explicit SignSearch(const Formula &formula)
      : formula(formula), evaluator(formula, {formula.value(), formula.slope()}) {}

  /// With `touching`, also where the slope seems to touch 0 without changing its sign, which no sampling can be sure
  /// of.
  std::optional<Witness> run(const llvm::DenseMap<Value, double> &hint, bool touching) {
    Points points(formula);
    if (auto point = pointOf(formula, hint))
      take(*point);
    for (unsigned k = 0; k < Points::kCount && !(positive.size() > 20 && negative.size() > 20); ++k)
      take(points.make(k));
    if (!positive.empty() && !negative.empty()) {
      llvm::erase_if(positive, [&](const Point &point) { return !enclosure(point).isPositive(); });
      llvm::erase_if(negative, [&](const Point &point) { return !enclosure(point).isNegative(); });
    }
    if (!positive.empty() && !negative.empty()) {
      if (auto folded = findFold())
        return folded;
      return findZeroBetween(positive.front(), negative.front());
    }
    if (!zeros.empty())
      return witnessAt(formula, zeros.front(), 0);
    return touching ? findTouch() : std::nullopt;
  }

private:
  Interval enclosure(const Point &point) const { return enclosureAt(formula, formula.slope(), point); }

  std::optional<Slope> slopeAt(const Point &point) {
    if (!evaluator.at(point))
      return std::nullopt;
    double slope = evaluator.of(formula.slope());
    return Slope{slope, std::abs(slope) > 1e-12 * evaluator.magnitude()};
  }

  void take(const Point &point) {
    auto slope = slopeAt(point);
    if (!slope)
      return;
    if (slope->value == 0 && evaluator.isTied())
      return;
    if (slope->value == 0 && zeros.empty() && enclosure(point) == Interval::point(0))
      zeros.push_back(point);
    else if (slope->certain)
      (slope->value > 0 ? positive : negative).push_back(point);
    if (slope->value != 0)
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

  /// Between `start` and `end` the formula turns at `turn`: one value, taken on both sides.
  std::optional<Witness> twinsAround(const Point &start, double turn, double end) {
    double extreme = valueAt(start, turn), left = valueAt(start, start[0]) - extreme,
           right = valueAt(start, end) - extreme;
    Witness witness = witnessAt(formula, start, slopeAt(start)->value);
    if (!(left * right > 0))
      return witness;
    double level = extreme + (std::abs(left) < std::abs(right) ? left : right) / 2;
    auto before = [&](double t) { return (valueAt(start, t) - level) * left > 0; };
    double first = bisect(start[0], turn, before), second = bisect(end, turn, before);
    // (Where the formula jumps over the level, no input has it.)
    auto reached = [&](double t) { return std::abs(valueAt(start, t) - level) <= 1e-7 * (1 + std::abs(level)); };
    if (!reached(first) || !reached(second))
      return witness;
    witness.twins = {first, second};
    witness.value = level;
    return witness;
  }

  /// Signs that differ between parameters: somewhere between, the slope is 0.
  std::optional<Witness> findZeroBetween(const Point &positive, const Point &negative) {
    Point middle(positive.size());
    double share = bisect(0.0, 1.0, [&](double share) {
      for (size_t v = 0; v < middle.size(); ++v)
        middle[v] = positive[v] + share * (negative[v] - positive[v]);
      auto slope = slopeAt(middle);
      return slope && slope->value > 0;
    });
    for (const Point &zero : zeros)
      return witnessAt(formula, zero, 0);
    for (size_t v = 0; v < middle.size(); ++v)
      middle[v] = positive[v] + share * (negative[v] - positive[v]);
    auto slope = slopeAt(middle);
    // A pole changes the sign as well.
    if (!slope || std::abs(slope->value) > 1e-6)
      return std::nullopt;
    return witnessAt(formula, middle, slope->value);
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
          if (slope && !evaluator.isTied() && std::abs(slope->value) < least) {
            least = std::abs(slope->value);
            best = moved;
          }
        }
    // Where rounding may have made the 0, there is none to be seen.
    Interval there = enclosure(best);
    for (size_t v = 0; v < best.size(); ++v) {
      Point left = best, right = best;
      left[v] -= 0.1, right[v] += 0.1;
      const Interval &range = formula.allVariables()[v].range;
      auto before = contains(range, left[v]) ? slopeAt(left) : std::nullopt;
      auto after = contains(range, right[v]) ? slopeAt(right) : std::nullopt;
      double around = before && after ? std::min(std::abs(before->value), std::abs(after->value)) : 0;
      if (around > 1e-6 && least <= 1e-13 * around && there.high - there.low < 1e-8 * around)
        return witnessAt(formula, best, least);
    }
    return std::nullopt;
  }

  const Formula &formula;
  PointEvaluator evaluator;
  std::vector<Point> positive, negative, zeros;
  std::pair<double, Point> smallest{kInfinity, {}};
};

} // namespace

PointEvaluator::PointEvaluator(const Formula &formula, llvm::ArrayRef<Value> roots)
    : variables(formula.allVariables().size()) {
  for (const Variable &variable : formula.allVariables())
    index.try_emplace(variable.value, index.size());
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

bool PointEvaluator::at(llvm::ArrayRef<double> point) {
  llvm::copy(point.take_front(variables), values.begin());
  largest = 0;
  tied = false;
  for (const Step &step : steps) {
    llvm::SmallVector<double, 3> operands;
    for (unsigned operand : step.operands)
      operands.push_back(values[operand]);
    double value = cast<RangeOpInterface>(step.op).evaluate(operands);
    const ScalarRule *rule = step.rule;
    // An end that f never attains was reached by rounding.
    bool saturated = rule && ((value == rule->range.low && rule->range.lowOpen) ||
                              (value == rule->range.high && rule->range.highOpen));
    // What breaks a fact shows nothing: a rounded domain's map, or a point that the user rules out.
    auto fact = dyn_cast<ConstrainedOp>(step.op);
    if (fact && !Interval::point(value).within(fact.inferRange({Interval::all()})))
      return false;
    if (!std::isfinite(value) || saturated || (value != 0 && std::abs(value) < 1e-250))
      return false;
    tied |= isa<arith::CmpFOp>(step.op) && operands[0] == operands[1];
    values[index.find(step.op->getResult(0))->second] = value;
    largest = std::max(largest, std::abs(value));
  }
  return true;
}

std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<Value, double> &hint, bool touching) {
  return SignSearch(formula).run(hint, touching);
}

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

} // namespace

std::optional<Witness> refuteRequirement(const Formula &formula, Value value, const Requirement &requirement,
                                         const llvm::DenseMap<Value, double> &hint) {
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
  if (auto point = pointOf(formula, hint); point && fails(*point))
    return witnessAt(formula, *point, evaluator.of(value));
  for (unsigned k = 0; k < Points::kCount; ++k)
    if (Point point = points.make(k); fails(point))
      return witnessAt(formula, point, evaluator.of(value));
  if (requirement.nonZero && positive && negative)
    if (auto zero = findZeroBetween(evaluator, value, *positive, *negative))
      return witnessAt(formula, *zero, 0);
  return std::nullopt;
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

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Search.h"

#include "compiler/Prove/PointEvaluator.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

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
      take(points.make(k), Points::isFar(k));
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
    if (!touching)
      return std::nullopt;
    auto flat = findFlat();
    return flat ? flat : findTouch();
  }

private:
  Interval enclosure(const Point &point) const { return enclosureAt(formula, formula.slope(), point); }

  std::optional<Slope> slopeAt(const Point &point) {
    if (!evaluator.at(point))
      return std::nullopt;
    double slope = evaluator.of(formula.slope());
    return Slope{slope, std::abs(slope) > 1e-12 * evaluator.magnitude()};
  }

  void take(const Point &point, bool isFar = false) {
    auto slope = slopeAt(point);
    if (!slope)
      return;
    if (slope->value == 0 && !evaluator.ties().empty()) {
      if (zeros.empty() && isFlatOnAllSides(point))
        zeros.push_back(point);
      return;
    }
    if (slope->value == 0 && zeros.empty() && enclosure(point) == Interval::point(0))
      zeros.push_back(point);
    else if (slope->certain)
      (slope->value > 0 ? positive : negative).push_back(point);
    // (Far out slopes are small that go nowhere.)
    if (slope->value != 0 && !isFar)
      smallest = std::min(smallest, {std::abs(slope->value), point});
  }

  /// Where comparisons are tied, on each side another branch counts. Whether the slope is 0 in all of them.
  bool isFlatOnAllSides(const Point &point) {
    constexpr size_t kMostTies = 4;
    llvm::SmallVector<Value> ties(evaluator.ties());
    for (unsigned side = 0; side < 1u << ties.size(); ++side) {
      Decisions decided;
      for (auto [k, tie] : llvm::enumerate(ties))
        decided.push_back({tie, (side >> k) & 1});
      bool flat = ties.size() <= kMostTies && evaluator.at(point, decided) && evaluator.of(formula.slope()) == 0 &&
                  enclosureAt(formula, formula.slope(), point, decided) == Interval::point(0);
      if (!flat)
        return false;
    }
    return true;
  }

  /// A half line on which intervals show one value without any rounding, whatever the derivative's formula makes of it.
  std::optional<Witness> findFlat() {
    const Interval &domain = formula.unknown().range;
    Points points(formula);
    for (unsigned k = 0; k < 300; ++k) {
      Point point = points.make(k);
      for (double next : {point[0] - 1, point[0] + 1}) {
        Interval half = next < point[0] ? Interval::closed(domain.low, point[0]) : Interval::closed(point[0], domain.high);
        Interval image = enclosureAt(formula, formula.value(), point, {}, half);
        if (!contains(domain, next) || image != Interval::point(image.low))
          continue;
        Witness witness = witnessAt(formula, point, image.low);
        witness.twins = {std::min(point[0], next), std::max(point[0], next)};
        return witness;
      }
    }
    return std::nullopt;
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
          if (slope && evaluator.ties().empty() && std::abs(slope->value) < least) {
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

std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<Value, double> &hint, bool touching) {
  return SignSearch(formula).run(hint, touching);
}

} // namespace flowc::prove

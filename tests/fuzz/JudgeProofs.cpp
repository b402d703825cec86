// SPDX-License-Identifier: MIT
//
// What was proved must hold wherever we look.

#include "tests/fuzz/Ends.h"
#include "tests/fuzz/Judge.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace flowc::fuzz {
namespace {

using Real = long double;

class ProofJudge {
public:
  ProofJudge(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement)
      : claims(checked.layers[layer]), view(checked, layer, random), random(random), judgement(judgement) {}

  void run() {
    // Where the layer may be undefined, nothing else was asked; what has no structure has nothing that is monotone.
    for (const char *first : {"assumption", "defined", "structure", "rank", "contraction"})
      if (!proved(first))
        return;
    look();
    if (proved("monotone") && proved("smooth") && !failed) {
      checkSlope();
      checkSigns();
      checkTouch();
    }
    if (proved("continuous") && !failed)
      checkJumps();
    if (proved("onto") && proved("monotone") && proved("smooth") && proved("continuous") && !failed)
      checkImage();
  }

private:
  bool proved(std::string_view kind) const {
    return std::ranges::all_of(claims.obligations,
                               [&](const CheckedObligation &o) { return o.kind != kind || o.verdict == "proved"; });
  }

  void fail(std::string what, const std::string &detail) {
    judgement.faults.push_back({std::move(what), detail});
    failed = true;
  }

  /// Values at many points: defined, and in the ranges that were promised.
  void look() {
    for (int k = 0; k < 60 && !failed; ++k) {
      Spot spot = view.randomSpot();
      Evaluation found = view.at(spot);
      if (found.mishaps.undefined)
        fail("proved-undefined", "not defined in " + view.describe(spot));
      else if (!found.brokenPromise.empty())
        fail("broken-promise",
             fmt::format("`{}` is outside of its domain in {}", found.brokenPromise, view.describe(spot)));
      Determinant determinant = view.determinant(spot);
      if (determinant.reliable)
        seen.push_back({spot, determinant.value});
    }
  }

  /// Every input must move an output somewhere; by how little does not matter.
  void checkSlope() {
    for (size_t j = 0; j < view.features() && !failed; ++j) {
      int moving = 0, still = 0;
      for (int k = 0; k < 20; ++k) {
        Evaluation found = view.at(view.randomSpot(), j);
        // What is not 0 may only seem to stand still, near the end of its range, and so may what underflows.
        bool exact = std::ranges::all_of(found.result, [](const Number &y) {
          bool underflow = y.error > 0 && y.error < 100 * std::numeric_limits<Real>::min();
          return std::abs(y.value) <= 16 * y.error && !underflow;
        });
        bool moves = std::ranges::any_of(found.result, [](const Number &y) { return y.slope != 0; });
        moving += moves, still += exact && !moves;
      }
      if (still > 5 && moving == 0)
        fail("proved-but-flat",
             fmt::format("no output moves with input {}, as in {}", j, view.describe(view.randomSpot())));
    }
  }

  bool confirmed(const Spot &spot, Real value) const {
    Determinant other = view.differenceDeterminant(spot);
    return other.reliable && other.value * value > 0 && std::abs(other.value - value) < 0.05L * std::abs(value);
  }

  /// The determinant has one sign, whatever parameters and inputs are: its parameters' domains hang together.
  void checkSigns() {
    const Spot *positive = nullptr, *negative = nullptr;
    for (const auto &[spot, value] : seen)
      if (const Spot *&place = value > 0 ? positive : negative; value != 0 && !place && confirmed(spot, value))
        place = &spot;
    if (positive && negative)
      fail("proved-but-turns", fmt::format("the determinant is positive in {}, negative in {}",
                                           view.describe(*positive), view.describe(*negative)));
  }

  /// From the smallest determinants that were seen downwards, to a zero between two larger values.
  void checkTouch() {
    // A network has too many parameters for this, and saturates what it steers.
    if (view.tape().parametersOf(view.index()).size() > 12)
      return;
    std::ranges::sort(seen, {}, [](const auto &entry) { return std::abs(entry.second); });
    for (size_t k = 0; k < std::min<size_t>(3, seen.size()) && !failed; ++k) {
      Spot best = seen[k].first;
      Real least = std::abs(seen[k].second);
      for (Real step = 1; step > 1e-11L; step /= 2)
        for (Real *coordinate : coordinates(best))
          for (Real direction : {-step, step})
            if (auto value = tryMove(best, coordinate, direction); value && *value < least)
              least = *value, *coordinate += direction;
      for (Real *coordinate : coordinates(best)) {
        auto left = tryMove(best, coordinate, -0.1L), right = tryMove(best, coordinate, 0.1L);
        auto near = tryMove(best, coordinate, -1e-4L), beyond = tryMove(best, coordinate, 1e-4L);
        // Down to 0 from both sides: where one piece ends with slope 0 and the next begins with another, it turns
        // nowhere.
        bool falls = left && right && near && beyond && *near < 0.01L * *left && *beyond < 0.01L * *right;
        if (falls && std::min(*left, *right) > 1e-6L && least < 1e-15L * std::min(*left, *right)) {
          fail("proved-but-touches",
               fmt::format("the determinant is {:.3g} in {}", static_cast<double>(least), view.describe(best)));
          break;
        }
      }
    }
  }

  std::vector<Real *> coordinates(Spot &spot) const {
    std::vector<Real *> all;
    for (Real &v : spot.input)
      all.push_back(&v);
    for (size_t place : view.tape().parametersOf(view.index()))
      all.push_back(&spot.raw[place]);
    return all;
  }

  /// |determinant| with one coordinate moved; nothing where functions are so far from 0 that they only seem to attain
  /// their ends.
  std::optional<Real> tryMove(Spot &spot, Real *coordinate, Real by) const {
    Real kept = *coordinate;
    *coordinate += by;
    bool inside = true;
    for (size_t j = 0; j < view.features(); ++j)
      inside &= view.contains(j, spot.input[j]) && std::abs(spot.input[j]) < 4;
    for (Real v : spot.raw)
      inside &= std::abs(v) < 3;
    Determinant found = inside ? view.determinant(spot) : Determinant();
    *coordinate = kept;
    return found.reliable ? std::optional(std::abs(found.value)) : std::nullopt;
  }

  /// Between two inputs for which a comparison differs lies the end of a piece: no jump there.
  void checkJumps() {
    for (int k = 0; k < 30 && !failed; ++k) {
      Spot left = view.randomSpot(), right = left;
      size_t j = random() % view.features();
      right.input[j] = view.randomSpot().input[j];
      Evaluation below = view.at(left, j), above = view.at(right, j);
      if (below.choices == above.choices)
        continue;
      for (int step = 0; step < 120; ++step) {
        Spot middle = left;
        middle.input[j] = left.input[j] + (right.input[j] - left.input[j]) / 2;
        if (middle.input[j] == left.input[j] || middle.input[j] == right.input[j])
          break;
        Evaluation found = view.at(middle, j);
        (found.choices == below.choices ? left : right) = middle;
      }
      below = view.at(left, j), above = view.at(right, j);
      for (size_t i = 0; i < view.features(); ++i) {
        const Number &a = below.result[i], &b = above.result[i];
        Real jump = std::abs(a.value - b.value), gap = std::abs(left.input[j] - right.input[j]);
        if (a.isReliable() && b.isReliable() && jump > 1e-9L * (1 + std::abs(a.value)) + 4 * (a.error + b.error) &&
            jump > 100 * gap * (std::abs(a.slope) + std::abs(b.slope)))
          fail("proved-but-jumps",
               fmt::format("a jump by {:.3g} in {}", static_cast<double>(jump), view.describe(left)));
      }
    }
  }

  /// Every input must have an output that it takes from one end of the target to the other.
  void checkImage() {
    if (!view.target() || !view.rangesAreKnown())
      return;
    for (int k = 0; k < 6 && !failed; ++k) {
      Spot spot = view.randomSpot();
      for (size_t j = 0; j < view.features() && !failed; ++j) {
        bool covered = false;
        std::string ends;
        for (size_t i = 0; i < view.features(); ++i) {
          Approach low = approach(view, spot, j, i, false), high = approach(view, spot, j, i, true);
          covered |= mayReach(low, high, view.target()->low) && mayReach(low, high, view.target()->high);
          ends += fmt::format("({}, {}) ", describe(low), describe(high));
        }
        if (!covered)
          fail("proved-but-not-onto", fmt::format("input {} goes to {} in {}", j, ends, view.describe(spot)));
      }
    }
  }

  static std::string describe(const Approach &approach) {
    return approach.kind == Approach::Settles ? fmt::format("{:.9g}", static_cast<double>(approach.value))
           : approach.kind == Approach::Grows ? (approach.value > 0 ? "inf" : "-inf")
                                              : "?";
  }

  static bool mayReach(const Approach &low, const Approach &high, Real end) {
    auto reaches = [&](const Approach &approach) {
      if (approach.kind == Approach::Unclear)
        return true;
      if (std::isinf(end))
        return approach.value == end;
      return approach.kind == Approach::Settles && std::abs(approach.value - end) < 0.02L * (1 + std::abs(end));
    };
    return reaches(low) || reaches(high);
  }

  const CheckedLayer &claims;
  LayerView view;
  std::mt19937_64 &random;
  Judgement &judgement;
  std::vector<std::pair<Spot, Real>> seen;
  bool failed = false;
};

} // namespace

void judgeProofs(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement) {
  ProofJudge(checked, layer, random, judgement).run();
}

} // namespace flowc::fuzz

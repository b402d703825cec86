// SPDX-License-Identifier: MIT
//
// A witness must show what it is said to show.

#include "tests/fuzz/Ends.h"
#include "tests/fuzz/Judge.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

namespace flowc::fuzz {
namespace {

using Real = long double;

class WitnessJudge {
public:
  WitnessJudge(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement)
      : claims(checked.layers[layer]), view(checked, layer, random), judgement(judgement) {}

  void run() {
    for (const CheckedObligation &obligation : claims.obligations) {
      if (obligation.verdict != "refuted")
        continue;
      if (obligation.kind == "onto") {
        // (Domains that do not fit each other need no numbers.)
        if (obligation.finding.find("another domain") == std::string::npos)
          checkImage(obligation);
        continue;
      }
      if (obligation.kind == "structure" || obligation.kind == "rank") {
        if (std::string wrong = contradictStructure(view, obligation.failure); !wrong.empty())
          fail("refuted-structure", obligation.failure + "; " + wrong);
        continue;
      }
      if (obligation.finding == "it is negative everywhere") {
        checkFalling(obligation);
        continue;
      }
      if (!obligation.witness) {
        fail("refuted-without-witness", obligation.statement);
        continue;
      }
      auto spot = spotOf(*obligation.witness);
      if (!spot) {
        ++judgement.notRechecked;
        continue;
      }
      bool infinite = obligation.finding.find("infinite") != std::string::npos;
      // Which input the point is about is not said: one of them must show it.
      bool shown = false;
      for (size_t j = 0; j < view.features() && !shown; ++j)
        shown = obligation.kind == "defined"      ? view.roundedAt(*spot).mishaps.any()
                : obligation.kind == "continuous" ? jumps(*spot, j, obligation.witness->value)
                : infinite                        ? slopeGrows(*spot, j) || slopeVanishes(*spot, j)
                : obligation.witness->twins       ? folds(*spot, j, *obligation.witness->twins)
                                                  : slopeVanishes(*spot, j);
      if (!shown)
        fail("witness-" + obligation.kind + (obligation.witness->twins ? "-twins" : ""),
             obligation.statement + "; " + obligation.finding + "; " + view.describe(*spot));
    }
  }

private:
  void fail(std::string what, std::string detail) { judgement.faults.push_back({std::move(what), std::move(detail)}); }

  /// The witness as inputs and overrides; nothing if it has a name that is not the program's.
  std::optional<Spot> spotOf(const CheckedWitness &witness) const {
    Spot spot;
    spot.raw.assign(view.tape().parameterCount(), 0);
    spot.input.assign(view.features(), 0);
    const std::string unknown = witness.point.empty() ? "" : witness.point.front().first;
    for (const auto &[name, value] : witness.point) {
      if (!std::isfinite(value))
        return std::nullopt;
      std::string digits = name.starts_with(unknown) ? name.substr(unknown.size()) : "";
      if (name == unknown)
        std::ranges::fill(spot.input, value);
      else if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos &&
               std::stoul(digits) < view.features() && !view.tape().hasName(view.index(), name))
        spot.input[std::stoul(digits)] = value;
      else if (view.tape().hasName(view.index(), name))
        spot.overrides[name] = value;
      else
        return std::nullopt;
    }
    return spot;
  }

  /// Outputs of the layer at another value of input j.
  Numbers at(Spot spot, size_t j, Real value) const {
    spot.input[j] = value;
    return view.at(spot, j).result;
  }

  bool folds(const Spot &spot, size_t j, const std::array<double, 2> &twins) const {
    Numbers first = at(spot, j, twins[0]), second = at(spot, j, twins[1]);
    for (size_t i = 0; i < first.size(); ++i) {
      Real apart = std::abs(first[i].value - second[i].value), size = 1 + std::abs(first[i].value), away = 0, error = 0;
      // The inputs are 64-bit numbers.
      Real rough = 1e-15L * (std::abs(first[i].slope * twins[0]) + std::abs(second[i].slope * twins[1]));
      // (The derivative of what is constant may be written as 0 times infinity.)
      auto still = [](const Number &number) { return number.slope == 0 || std::isnan(number.slope); };
      bool constant = twins[0] != twins[1] && apart == 0 && still(first[i]) && still(second[i]);
      for (int k = 1; k < 64; ++k) {
        Number between = at(spot, j, twins[0] + (twins[1] - Real(twins[0])) * k / 64)[i];
        away = std::max(away, std::abs(between.value - first[i].value));
        constant = constant && between.value == first[i].value && still(between);
        error = std::max(error, between.error);
      }
      // Both give one output as far as 64 bits go, and between them is more than rounding.
      if (constant || (twins[0] != twins[1] && apart <= 1e-7L * size + rough && away > 3 * apart && away > 2 * error))
        return true;
    }
    return false;
  }

  /// The derivative is 0, or has another sign nearby, with the same parameters or with others.
  bool slopeVanishes(const Spot &spot, size_t j) const {
    Numbers here = view.at(spot, j).result;
    for (size_t i = 0; i < here.size(); ++i) {
      Real slope = here[i].slope, largest = 0;
      // 0 times the infinite slope of a root.
      if (std::isnan(slope))
        slope = at(spot, j, spot.input[j] + 1e-6L)[i].value == at(spot, j, spot.input[j] - 1e-6L)[i].value ? 0 : 1;
      bool left = false, right = false, otherSign = false;
      auto look = [&](const Spot &moved, Real by) {
        Number there = view.at(moved, j).result[i];
        if (!there.isReliable())
          return;
        otherSign |= there.slope * slope < 0;
        largest = std::max(largest, std::abs(there.slope));
        (by < 0 ? left : right) |= std::abs(there.slope) > 2 * std::abs(slope);
      };
      for (Real size = 1e-8L; size < 100; size *= 4)
        for (Real by : {-size, size}) {
          Spot moved = spot;
          moved.input[j] += by;
          if (view.contains(j, moved.input[j]))
            look(moved, by);
          for (const auto &entry : spot.overrides) {
            moved = spot;
            moved.overrides[entry.first] += static_cast<double>(by);
            look(moved, by);
          }
        }
      // Across a jump the other sign may be anywhere.
      for (int t = -32; t <= 32; ++t) {
        Number there = at(spot, j, view.place(j, t / 4.0L))[i];
        otherSign |= there.isReliable() && there.slope * slope < 0;
      }
      if (otherSign || (std::abs(slope) <= 1e-9L * largest && left && right) || (slope == 0 && here[i].isReliable()))
        return true;
    }
    return false;
  }

  /// Quotients of differences closer and closer to the point grow, and not by less and less.
  bool slopeGrows(const Spot &spot, size_t j) const {
    constexpr int kSteps = 5;
    size_t outputs = view.features();
    for (size_t i = 0; i < outputs; ++i)
      for (Real side : {-1.0L, 1.0L}) {
        Real quotients[kSteps], h = side * 1e-3L;
        bool grows = true;
        for (int k = 0; k < kSteps; ++k, h /= 100) {
          // Beside the point, where the output may have no value.
          Number near = at(spot, j, spot.input[j] + h)[i], far = at(spot, j, spot.input[j] + 2 * h)[i];
          quotients[k] = std::abs((far.value - near.value) / h);
          grows &= near.error + far.error < 0.01L * std::abs(far.value - near.value);
          if (k > 1)
            grows &= quotients[k] - quotients[k - 1] > 0.9L * (quotients[k - 1] - quotients[k - 2]);
          else if (k > 0)
            grows &= quotients[k] > quotients[k - 1];
        }
        if (grows)
          return true;
      }
    return false;
  }

  bool jumps(const Spot &spot, size_t j, Real size) const {
    // The point is a 64-bit number next to where the pieces change.
    for (Real scale : {1e-15L, 1e-12L, 1e-9L, 1e-7L}) {
      Real h = scale * (1 + std::abs(spot.input[j]));
      Numbers below = at(spot, j, spot.input[j] - h), above = at(spot, j, spot.input[j] + h);
      for (size_t i = 0; i < below.size(); ++i)
        if (std::abs(above[i].value - below[i].value) > 0.5L * size)
          return true;
    }
    return false;
  }

  /// A base that falls needs no witness: any point is one.
  void checkFalling(const CheckedObligation &obligation) {
    for (int k = 0; k < 20; ++k) {
      Spot spot = view.randomSpot();
      if (Determinant found = view.determinant(spot); found.reliable && found.value > 0 && view.features() == 1)
        return fail("falling-but-rises", obligation.statement + "; " + view.describe(spot));
    }
  }

  /// "its image is (a, b)": numbers must be what the values approach, and one end must not be what is asked for.
  void checkImage(const CheckedObligation &obligation) {
    size_t open = obligation.finding.find("its image is ("), comma = obligation.finding.find(", ", open);
    if (open == std::string::npos || comma == std::string::npos)
      return fail("refuted-without-witness", obligation.statement + "; " + obligation.finding);
    if (!view.target() || !view.rangesAreKnown())
      return;
    std::string texts[] = {obligation.finding.substr(open + 14, comma - open - 14),
                           obligation.finding.substr(comma + 2)};
    texts[1] = texts[1].substr(0, texts[1].size() - 1);
    // Of several features it is not said which input moves which output.
    for (int k = 0; k < 4 && view.features() == 1; ++k) {
      Spot spot = view.randomSpot();
      bool covers = true;
      Approach low = approach(view, spot, 0, 0, false), high = approach(view, spot, 0, 0, true);
      for (int side = 0; side < 2; ++side) {
        char *end = nullptr;
        double claimed = std::strtod(texts[side].c_str(), &end);
        if (end != texts[side].c_str() + texts[side].size())
          continue;
        if (!agrees(low, claimed) && !agrees(high, claimed))
          fail("refuted-with-wrong-image", obligation.finding + "; " + view.describe(spot));
      }
      for (Real end : {view.target()->low, view.target()->high})
        covers &= isThere(low, end) || isThere(high, end);
      if (covers)
        fail("refuted-but-onto", obligation.statement + "; " + obligation.finding + "; " + view.describe(spot));
    }
  }

  static bool agrees(const Approach &approach, Real claimed) {
    if (approach.kind == Approach::Unclear)
      return true;
    if (std::isinf(claimed))
      return approach.value == claimed;
    return approach.kind == Approach::Settles && std::abs(approach.value - claimed) < 0.01L * (1 + std::abs(claimed));
  }

  static bool isThere(const Approach &approach, Real end) {
    if (std::isinf(end))
      return approach.value == end;
    return approach.kind == Approach::Settles && std::abs(approach.value - end) < 1e-9L;
  }

  const CheckedLayer &claims;
  LayerView view;
  Judgement &judgement;
};

} // namespace

void judgeRefutations(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement) {
  WitnessJudge(checked, layer, random, judgement).run();
}

} // namespace flowc::fuzz

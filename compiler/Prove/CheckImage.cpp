// SPDX-License-Identifier: MIT
//
// Whether a block maps its domain onto what follows.

#include "compiler/Prove/LayerChecker.h"

#include "compiler/Derive/Inline.h"
#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Prove/Ends.h"
#include "compiler/Prove/Phrases.h"
#include "compiler/Prove/Search.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// An end of an image.
std::string endText(const Formula &formula, const Limit &limit, std::optional<double> end) {
  return end ? number(*end) : limit.kind == Limit::Finite ? print(formula, limit.value) : std::string("?");
}

/// Whether the slope is a positive term that the input has no part in, and something that is never negative: then it stays away from 0,
/// though no number says how far.
bool hasSteadyTerm(const Formula &formula, bool increasing) {
  OpBuilder builder = formula.builder();
  Expr slope(builder, builder.getUnknownLoc(), formula.slope());
  if (!increasing)
    slope = -slope;
  Requirement notNegative{0, {0, kInfinity, false, true}, false};
  llvm::DenseSet<Value> ofInput = formula.dependents();
  for (Value term : addendsOf(formula.slope())) {
    llvm::DenseMap<Value, Interval> ranges = formula.ranges();
    Expr size(builder, builder.getUnknownLoc(), term);
    if (!increasing)
      size = -size;
    if (!ofInput.contains(term) && inferRange(size, ranges).isPositive() &&
        proveRequirement(slope - size, formula.unknown().value, notNegative, ranges))
      return true;
  }
  return false;
}

} // namespace

void LayerChecker::describeImage() {
  if (!layer.getGenerative() && !latentSide.empty() && llvm::all_equal(latentSide) && latentSide[0] != Interval::all())
    report.image = describe(latentSide[0]);
}

void LayerChecker::reportUnknownImage(Formula &formula, const Class &block, const Limit &low, const Limit &high) {
  std::string domain = describe(inputSide[block.input]);
  Obligation &failed = addFailed("onto", "what it maps " + domain + " onto is known", "its image is not known", block.value.getLoc());
  // What comes next takes one domain: it cannot take the images of two parameters, one of which lies in the other. (In the middle of a
  // layer the same parameters may come again.)
  for (const Limit *limit : {&low, &high})
    if (auto differing = limit->kind == Limit::Finite && !isPart ? refuteConstancy(formula, limit->value) : std::nullopt) {
      std::string end = print(formula, limit->value);
      failed.statement = "it maps " + domain + " onto the same, whatever its parameters are";
      failed.failure = "its image depends on its parameters, and what follows takes one";
      failed.features.assign(block.outputs.begin(), block.outputs.end());
      refute(failed, differing->second,
             "its image is (" + endText(formula, low, endOf(formula, low)) + ", " + endText(formula, high, endOf(formula, high)) +
                 "), and " + end + " is " + number(differing->first.value) + " at " + describe(differing->first, 1) + " and " +
                 number(differing->second.value) + " at " + describe(differing->second, 1));
      return;
    }
}

void LayerChecker::checkCircle(Formula &formula, const Class &block, bool increasing) {
  std::optional<Domain> wanted = target;
  target = Domain(latentSide.size(), circle());
  checkImage(formula, block, increasing);
  target = std::move(wanted);
  int64_t output = block.outputs.front();
  if (target && (*target)[output] != circle() && around.certain)
    addFailed("onto", "it maps " + describe(inputSide[block.input]) + " onto " + describe((*target)[output]),
              "it ends with `turn`, so that its image is the circle, (-pi, pi)", block.value.getLoc())
        .verdict = Verdict::Refuted;
}

void LayerChecker::checkImage(Formula &formula, const Class &block, bool increasing) {
  const Interval &domain = inputSide[block.input];
  Limit low = limitAt(formula, increasing ? domain.low : domain.high);
  Limit high = limitAt(formula, increasing ? domain.high : domain.low);
  auto setImage = [&](const Interval &image) {
    if (!layer.getGenerative())
      for (int64_t output : block.outputs)
        latentSide[output] = image;
  };
  auto first = endOf(formula, low), last = endOf(formula, high);
  // A slope that stays away from 0 reaches everything; so does one that is the same everywhere, which is not 0.
  if (auto ranges = formula.ranges(); domain == Interval::all() && !(first && last)) {
    Interval slope = inferRange(formula.slope(), ranges);
    if (slope.low > 0 || slope.high < 0 || !formula.dependents().contains(formula.slope()) || hasSteadyTerm(formula, increasing))
      first = -kInfinity, last = kInfinity;
  }
  if (!target) {
    if (first && last) {
      setImage(Interval::open(*first, *last));
      return;
    }
    certainImage = false;
    if (!around.alone)
      reportUnknownImage(formula, block, low, high);
    return;
  }
  const Interval &wanted = (*target)[block.outputs.front()];
  setImage(wanted);
  std::string statement = "it maps " + describe(domain) + " onto " + describe(wanted);
  auto reaches = [&](const Limit &limit, std::optional<double> number, double end) -> std::optional<Method> {
    if (number && (*number == end || std::isinf(*number)))
      return *number == end ? std::optional(Method::Intervals) : std::nullopt;
    if (limit.kind != Limit::Finite || std::isinf(end))
      return std::nullopt;
    OpBuilder builder = formula.builder();
    Value bound = constantOf(builder, builder.getUnknownLoc(), builder.getF64Type(), end);
    return proveEqual(limit.value, bound, formula.ranges());
  };
  auto atLow = reaches(low, first, wanted.low), atHigh = reaches(high, last, wanted.high);
  if (atLow && atHigh) {
    add("onto", statement, Verdict::Proved, "limits", block.value.getLoc());
    return;
  }
  Obligation &failed = addFailed("onto", statement, "it does not map " + describe(domain) + " onto " + describe(wanted),
                                 block.value.getLoc());
  failed.features.assign(block.outputs.begin(), block.outputs.end());
  // An end that is known to be another one refutes.
  auto differs = [](std::optional<double> end, double wanted) {
    return end && *end != wanted && !(std::abs(*end - wanted) < 1e-9);
  };
  bool wrong = differs(first, wanted.low) || differs(last, wanted.high) ||
               (std::isinf(wanted.low) && low.staysBounded()) || (std::isinf(wanted.high) && high.staysBounded());
  failed.finding = "its image is (" + endText(formula, low, first) + ", " + endText(formula, high, last) + ")";
  if (wrong && around.certain) {
    failed.verdict = Verdict::Refuted;
    return;
  }
  // An end that depends on parameters is another one for some of them.
  for (auto [limit, end] : {std::pair(&low, wanted.low), std::pair(&high, wanted.high)})
    if (limit->kind == Limit::Finite && failed.verdict != Verdict::Refuted && !reaches(*limit, std::nullopt, end))
      if (auto witness = refuteRequirement(formula, limit->value, {0, Interval::point(end), false},
                                           llvm::DenseMap<Value, double>()))
        refute(failed, witness,
               failed.finding + ", and " + endText(formula, *limit, std::nullopt) + " is " + number(witness->value) + " at " +
                   describe(*witness, 1));
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Bisection.h"

#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// How many boxes are looked at: steps of formulas, so that long ones take no longer.
constexpr size_t kMostSteps = 400000, kMostBoxes = 20000;
/// How far symbols without bounds are looked at; where that is not far enough, how far then.
constexpr double kReaches[] = {8, 64};

double middleOf(const Interval &side) { return side.low + (side.high - side.low) / 2; }

} // namespace

Bisection::Bisection(Value value, const Ranges &given) {
  countUses(value, given);
  root = add(value, given);
}

void Bisection::countUses(Value value, const Ranges &given) {
  if (++uses[value] == 1 && !isLeaf(value, given))
    for (Value operand : value.getDefiningOp()->getOperands())
      countUses(operand, given);
}

bool Bisection::isLeaf(Value value, const Ranges &given) const {
  return given.contains(value) || !isa_and_nonnull<RangeOpInterface>(value.getDefiningOp());
}

bool Bisection::isOwn(Value value, const Ranges &given) const {
  // (A fact about what depends on more is as good: what it is made of is left out.)
  if (constantValue(value) || isLeaf(value, given) || isa<ConstrainedOp>(value.getDefiningOp()))
    return uses.lookup(value) == 1 || constantValue(value);
  return uses.lookup(value) == 1 &&
         llvm::all_of(value.getDefiningOp()->getOperands(), [&](Value operand) { return isOwn(operand, given); });
}

size_t Bisection::add(Value value, const Ranges &given) {
  if (auto found = indexOf.find(value); found != indexOf.end())
    return found->second;
  // What has a domain is looked at there, however it was made; and so is what nothing else depends on, in its range.
  bool isSymbol = isLeaf(value, given) || isa<ConstrainedOp>(value.getDefiningOp());
  if (!isSymbol && !constantValue(value))
    isSymbol = llvm::all_of(value.getDefiningOp()->getOperands(), [&](Value operand) { return isOwn(operand, given); });
  Step step;
  if (!isSymbol) {
    step.op = cast<RangeOpInterface>(value.getDefiningOp());
    for (Value operand : value.getDefiningOp()->getOperands())
      step.operands.push_back(add(operand, given));
  }
  step.result = values.size();
  indexOf[value] = step.result;
  values.push_back(Interval::all());
  if (isSymbol) {
    Ranges ranges = given;
    symbols.push_back({value, inferRange(value, ranges), step.result});
  } else {
    steps.push_back(std::move(step));
  }
  return indexOf[value];
}

Interval Bisection::rangeOn(const Box &box) {
  for (auto [symbol, side] : llvm::zip_equal(symbols, box))
    values[symbol.index] = side;
  llvm::SmallVector<Interval, 3> operands;
  for (Step &step : steps) {
    operands.clear();
    for (size_t operand : step.operands)
      operands.push_back(values[operand]);
    values[step.result] = step.op.inferRange(operands);
  }
  return values[root];
}

Bisection::Box Bisection::core(double reach) const {
  Box box;
  for (const Symbol &symbol : symbols) {
    Interval side = symbol.range;
    if (std::isinf(side.low))
      side.low = std::min(-reach, side.high - reach), side.lowOpen = false;
    if (std::isinf(side.high))
      side.high = std::max(reach, side.low + reach), side.highOpen = false;
    box.push_back(side);
  }
  return box;
}

int Bisection::signInTheMiddle() {
  Box middle;
  for (const Interval &side : core(kReaches[0]))
    middle.push_back(Interval::point(middleOf(side)));
  Interval range = rangeOn(middle);
  return range.isPositive() ? 1 : range.isNegative() ? -1 : 0;
}

bool Bisection::holdsOn(const Box &whole, const Interval &wanted, llvm::DenseMap<Value, double> *hint) {
  // How far a box may lead out of what is wanted.
  auto excess = [&](const Interval &range) {
    double below = std::isinf(wanted.low) ? -kInfinity : wanted.low - range.low;
    double above = std::isinf(wanted.high) ? -kInfinity : range.high - wanted.high;
    return std::max(below, above);
  };
  auto report = [&](const Box &box) {
    if (!hint)
      return false;
    hint->clear();
    for (auto [symbol, side] : llvm::zip_equal(symbols, box))
      (*hint)[symbol.value] = middleOf(side);
    return false;
  };
  std::vector<std::pair<double, Box>> open;
  auto isBetter = [](const auto &a, const auto &b) { return a.first < b.first; };
  auto consider = [&](Box box) {
    if (Interval range = rangeOn(box); !range.within(wanted)) {
      open.emplace_back(excess(range), std::move(box));
      std::push_heap(open.begin(), open.end(), isBetter);
    }
  };
  consider(whole);
  size_t most = std::min(kMostBoxes, kMostSteps / (steps.size() + 1));
  for (size_t boxes = 0; !open.empty(); ++boxes) {
    std::pop_heap(open.begin(), open.end(), isBetter);
    Box box = std::move(open.back().second);
    open.pop_back();
    Box middle;
    for (const Interval &side : box)
      middle.push_back(Interval::point(middleOf(side)));
    Interval there = rangeOn(middle);
    bool isOutside = there.high < wanted.low || there.low > wanted.high || (there.high == wanted.low && wanted.lowOpen) ||
                     (there.low == wanted.high && wanted.highOpen);
    auto *widest = std::max_element(box.begin(), box.end(),
                                    [](const Interval &a, const Interval &b) { return a.high - a.low < b.high - b.low; });
    double cut = middleOf(*widest);
    if (isOutside || boxes >= most || cut <= widest->low || cut >= widest->high)
      return report(box);
    Interval left = *widest, right = *widest;
    left.high = right.low = cut;
    left.highOpen = right.lowOpen = false;
    *widest = left;
    consider(box);
    *widest = right;
    consider(std::move(box));
  }
  return true;
}

bool Bisection::holdsBeyond(const Box &core, llvm::function_ref<bool(const Ranges &)> beyond) const {
  Ranges ranges;
  for (const Symbol &symbol : symbols)
    ranges[symbol.value] = symbol.range;
  // Those before are within the core: the rest is dealt with.
  for (auto [symbol, side] : llvm::zip_equal(symbols, core)) {
    if (std::isinf(symbol.range.low)) {
      ranges[symbol.value] = {-kInfinity, side.low, true, true};
      if (!beyond(ranges))
        return false;
    }
    if (std::isinf(symbol.range.high)) {
      ranges[symbol.value] = {side.high, kInfinity, true, true};
      if (!beyond(ranges))
        return false;
    }
    ranges[symbol.value] = side;
  }
  return true;
}

bool Bisection::proves(const Interval &wanted, llvm::function_ref<bool(const Ranges &)> beyond, llvm::DenseMap<Value, double> *hint) {
  for (double reach : kReaches) {
    Box box = core(reach);
    if (!holdsOn(box, wanted, hint))
      return false;
    if (holdsBeyond(box, beyond))
      return true;
  }
  return false;
}

} // namespace flowc::prove

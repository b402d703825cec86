// SPDX-License-Identifier: MIT

#include "compiler/Dialect/Flow/Interval.h"

#include <cmath>

namespace flowc::flow {
namespace {

/// One end of an interval: a number and whether it is left out.
struct End {
  double value;
  bool open;
};

/// The product of two ends. A zero that is attained makes the product zero and attained, whatever the other side is; an
/// infinite factor never turns it into a NaN.
End multiply(End a, End b) {
  bool zeroAttained = (a.value == 0 && !a.open) || (b.value == 0 && !b.open);
  if (a.value == 0 || b.value == 0)
    return {0, !zeroAttained};
  return {a.value * b.value, a.open || b.open};
}

End lower(End a, End b) {
  if (a.value != b.value)
    return a.value < b.value ? a : b;
  return {a.value, a.open && b.open};
}

End upper(End a, End b) {
  if (a.value != b.value)
    return a.value > b.value ? a : b;
  return {a.value, a.open && b.open};
}

Interval make(End low, End high) {
  return {low.value, high.value, low.open || std::isinf(low.value), high.open || std::isinf(high.value)};
}

End lowOf(const Interval &a) { return {a.low, a.lowOpen}; }
End highOf(const Interval &a) { return {a.high, a.highOpen}; }

} // namespace

bool Interval::within(const Interval &outer) const {
  bool lowFits = low > outer.low || (low == outer.low && (lowOpen || !outer.lowOpen));
  bool highFits = high < outer.high || (high == outer.high && (highOpen || !outer.highOpen));
  return lowFits && highFits;
}

Interval operator+(const Interval &a, const Interval &b) {
  return make({a.low + b.low, a.lowOpen || b.lowOpen}, {a.high + b.high, a.highOpen || b.highOpen});
}

Interval operator-(const Interval &a) { return {-a.high, -a.low, a.highOpen, a.lowOpen}; }

Interval operator*(const Interval &a, const Interval &b) {
  End corners[] = {multiply(lowOf(a), lowOf(b)), multiply(lowOf(a), highOf(b)), multiply(highOf(a), lowOf(b)),
                   multiply(highOf(a), highOf(b))};
  End low = corners[0], high = corners[0];
  for (End corner : corners) {
    low = lower(low, corner);
    high = upper(high, corner);
  }
  return make(low, high);
}

Interval reciprocal(const Interval &a) {
  if (!a.isNonZero())
    return Interval::all();
  auto invert = [](End e, double ifZero) -> End {
    if (e.value == 0)
      return {ifZero, true};
    return {1 / e.value, e.open};
  };
  double zero = a.isPositive() ? kInfinity : -kInfinity;
  return make(invert(highOf(a), zero), invert(lowOf(a), zero));
}

Interval hull(const Interval &a, const Interval &b) { return make(lower(lowOf(a), lowOf(b)), upper(highOf(a), highOf(b))); }

Interval maximum(const Interval &a, const Interval &b) {
  // The larger of the two lower ends; at a tie it is attained only if both attain it (max(x, y) = l needs x = y = l).
  End low = a.low == b.low ? End{a.low, a.lowOpen || b.lowOpen} : (a.low > b.low ? lowOf(a) : lowOf(b));
  return make(low, upper(highOf(a), highOf(b)));
}

} // namespace flowc::flow

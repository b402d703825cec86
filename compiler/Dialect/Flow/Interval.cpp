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

/// Rounding may move a computed end inwards: `value`, unless it is `exact`, moved outwards by one number.
double outwards(double value, bool exact, double to) { return exact || std::isinf(value) ? value : std::nextafter(value, to); }

/// `towards` is the infinity on the end's own side.
End add(End a, End b, double towards) {
  double sum = a.value + b.value, back = sum - a.value;
  bool exact = (a.value - (sum - back)) + (b.value - back) == 0;
  // What overflows is beyond all numbers on one side only.
  if (std::isinf(sum) && std::isfinite(a.value) && std::isfinite(b.value))
    return {sum == towards ? sum : std::nextafter(sum, towards), true};
  return {outwards(sum, exact, towards), a.open || b.open};
}

/// The product of two ends. A zero that is attained makes the product zero and attained, whatever the other side is; an
/// infinite factor never turns it into a NaN.
End multiply(End a, End b, double towards) {
  bool zeroAttained = (a.value == 0 && !a.open) || (b.value == 0 && !b.open);
  if (a.value == 0 || b.value == 0)
    return {0, !zeroAttained};
  double product = a.value * b.value;
  bool finite = std::isfinite(a.value) && std::isfinite(b.value);
  if (finite && std::isinf(product))
    return {product == towards ? product : std::nextafter(product, towards), true};
  // Below all numbers, and yet not 0.
  if (product == 0)
    return {std::signbit(product) == (towards < 0) ? std::copysign(0x1p-1074, product) : 0.0, true};
  // Near underflow the remainder itself is rounded.
  bool exact = !finite || (std::fma(a.value, b.value, -product) == 0 && std::abs(product) > 1e-280);
  return {outwards(product, exact, towards), a.open || b.open};
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
  return make(add(lowOf(a), lowOf(b), -kInfinity), add(highOf(a), highOf(b), kInfinity));
}

Interval operator-(const Interval &a) { return {-a.high, -a.low, a.highOpen, a.lowOpen}; }

Interval operator*(const Interval &a, const Interval &b) {
  const End ends[][2] = {{lowOf(a), lowOf(b)}, {lowOf(a), highOf(b)}, {highOf(a), lowOf(b)}, {highOf(a), highOf(b)}};
  End low = multiply(ends[0][0], ends[0][1], -kInfinity), high = multiply(ends[0][0], ends[0][1], kInfinity);
  for (const auto &[first, second] : ends) {
    low = lower(low, multiply(first, second, -kInfinity));
    high = upper(high, multiply(first, second, kInfinity));
  }
  return make(low, high);
}

Interval reciprocal(const Interval &a) {
  if (!a.isNonZero())
    return Interval::all();
  double zero = a.isPositive() ? kInfinity : -kInfinity;
  auto invert = [&](End e, double towards) -> End {
    if (e.value == 0)
      return {zero, true};
    double inverse = 1 / e.value;
    bool exact = std::isinf(e.value) || (std::fma(inverse, e.value, -1) == 0 && std::abs(inverse) > 1e-280);
    return {outwards(inverse, exact, towards), e.open};
  };
  return make(invert(highOf(a), -kInfinity), invert(lowOf(a), kInfinity));
}

Interval hull(const Interval &a, const Interval &b) { return make(lower(lowOf(a), lowOf(b)), upper(highOf(a), highOf(b))); }

Interval maximum(const Interval &a, const Interval &b) {
  // The larger of the two lower ends; at a tie it is attained only if both attain it (max(x, y) = l needs x = y = l).
  End low = a.low == b.low ? End{a.low, a.lowOpen || b.lowOpen} : (a.low > b.low ? lowOf(a) : lowOf(b));
  return make(low, upper(highOf(a), highOf(b)));
}

} // namespace flowc::flow

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

/// The exact result of an operation lies between its rounded one and `towards`, or is it: `error` is exact minus
/// rounded. An end that had to be moved is not attained.
End outwards(double rounded, double error, bool open, double towards) {
  bool beyond = std::isnan(error) || (towards > 0 ? error > 0 : error < 0);
  return beyond && std::isfinite(rounded) ? End{std::nextafter(rounded, towards), true} : End{rounded, open};
}

/// The sum of two ends of one kind; `towards` is outside.
End add(End a, End b, double towards) {
  double sum = a.value + b.value, part = sum - a.value;
  // What rounding lost, exactly (Knuth's TwoSum); where that overflows, the sum is infinite.
  double error = (a.value - (sum - part)) + (b.value - part);
  return outwards(sum, error, a.open || b.open, towards);
}

/// The product of two ends. A zero that is attained makes the product zero and attained, whatever the other side is; an
/// infinite factor never turns it into a NaN.
End multiply(End a, End b, double towards) {
  bool zeroAttained = (a.value == 0 && !a.open) || (b.value == 0 && !b.open);
  if (a.value == 0 || b.value == 0)
    return {0, !zeroAttained};
  double product = a.value * b.value;
  // Below 2^-969 the lost part itself may underflow.
  double error = std::abs(product) < 0x1p-960 ? std::nan("") : std::fma(a.value, b.value, -product);
  return outwards(product, error, a.open || b.open, towards);
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

/// (A lower end that overflows is only known to be large.)
Interval make(End low, End high) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  if (low.value == kInfinity)
    low = {kLargest, true};
  if (high.value == -kInfinity)
    high = {-kLargest, true};
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
  const End ends[2][2] = {{lowOf(a), highOf(a)}, {lowOf(b), highOf(b)}};
  auto corner = [&](unsigned k, double towards) { return multiply(ends[0][k / 2], ends[1][k % 2], towards); };
  End low = corner(0, -kInfinity), high = corner(0, kInfinity);
  for (unsigned k = 1; k < 4; ++k) {
    low = lower(low, corner(k, -kInfinity));
    high = upper(high, corner(k, kInfinity));
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
    if (std::isinf(e.value))
      return {0, true};
    // 1 - e q tells which way q was rounded.
    double quotient = 1 / e.value, rest = std::fma(-e.value, quotient, 1);
    double error = std::isnormal(quotient) ? std::copysign(rest, rest * e.value) : std::nan("");
    return outwards(quotient, error, e.open, towards);
  };
  return make(invert(highOf(a), -kInfinity), invert(lowOf(a), kInfinity));
}

Interval hull(const Interval &a, const Interval &b) {
  return make(lower(lowOf(a), lowOf(b)), upper(highOf(a), highOf(b)));
}

Interval intersection(const Interval &a, const Interval &b) {
  End low = a.low == b.low ? End{a.low, a.lowOpen || b.lowOpen} : (a.low > b.low ? lowOf(a) : lowOf(b));
  End high = a.high == b.high ? End{a.high, a.highOpen || b.highOpen} : (a.high < b.high ? highOf(a) : highOf(b));
  bool empty = low.value > high.value || (low.value == high.value && (low.open || high.open));
  return empty ? b : make(low, high);
}

double magnitude(const Interval &x) { return std::max(std::abs(x.low), std::abs(x.high)); }

Interval maximum(const Interval &a, const Interval &b) {
  // The larger of the two lower ends; at a tie it is attained only if both attain it (max(x, y) = l needs x = y = l).
  End low = a.low == b.low ? End{a.low, a.lowOpen || b.lowOpen} : (a.low > b.low ? lowOf(a) : lowOf(b));
  return make(low, upper(highOf(a), highOf(b)));
}

} // namespace flowc::flow

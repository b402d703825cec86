// SPDX-License-Identifier: MIT
//
// Intervals with open and closed ends: what a value can be. Every rule may only ever give too large an interval.

#pragma once

#include <limits>
#include <numbers>

namespace flowc::flow {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// All numbers between `low` and `high`. An open end is not attained; an infinite end is always open.
struct Interval {
  double low = -kInfinity, high = kInfinity;
  bool lowOpen = true, highOpen = true;

  static Interval all() { return {}; }
  static Interval point(double value) { return {value, value, false, false}; }
  static Interval open(double low, double high) { return {low, high, true, true}; }
  static Interval closed(double low, double high) { return {low, high, low == -kInfinity, high == kInfinity}; }

  bool isPositive() const { return low > 0 || (low == 0 && lowOpen); }
  bool isNegative() const { return high < 0 || (high == 0 && highOpen); }
  bool isNonZero() const { return isPositive() || isNegative(); }
  /// Whether every number of this range lies in `outer`.
  bool within(const Interval &outer) const;
  bool operator==(const Interval &) const = default;
};

/// What an operand must be for an op to be defined: in an interval, or (`nonZero`) not 0.
struct Requirement {
  unsigned operand;
  Interval within;
  bool nonZero;
};

Interval operator+(const Interval &a, const Interval &b);
Interval operator-(const Interval &a);
Interval operator*(const Interval &a, const Interval &b);
/// 1 / a; everything if a may be zero.
Interval reciprocal(const Interval &a);
/// The smallest interval that holds both.
Interval hull(const Interval &a, const Interval &b);
/// What lies in both; `b` if that is nothing.
Interval intersection(const Interval &a, const Interval &b);
/// The circle, cut open: where angles lie.
inline Interval circle() { return Interval::open(-std::numbers::pi, std::numbers::pi); }
/// The largest |x| of an interval.
double magnitude(const Interval &x);
/// The product of two bounds, where 0 times infinity is 0: what does not move does not, however steep the way.
inline double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }
/// max(a, b) element by element; min is -max(-a, -b).
Interval maximum(const Interval &a, const Interval &b);

} // namespace flowc::flow

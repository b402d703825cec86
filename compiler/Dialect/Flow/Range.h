// SPDX-License-Identifier: MIT
//
// Intervals with open and closed ends: what a value can be. Every rule may only ever give too large an interval.

#pragma once

#include <limits>

namespace flowc::flow {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// All numbers between `low` and `high`. An open end is not attained; an infinite end is always open.
struct Range {
  double low = -kInfinity, high = kInfinity;
  bool lowOpen = true, highOpen = true;

  static Range all() { return {}; }
  static Range point(double value) { return {value, value, false, false}; }
  static Range open(double low, double high) { return {low, high, true, true}; }
  static Range closed(double low, double high) { return {low, high, low == -kInfinity, high == kInfinity}; }

  bool isPositive() const { return low > 0 || (low == 0 && lowOpen); }
  bool isNegative() const { return high < 0 || (high == 0 && highOpen); }
  bool isNonZero() const { return isPositive() || isNegative(); }
  /// Whether every number of this range lies in `outer`.
  bool within(const Range &outer) const;
  bool operator==(const Range &) const = default;
};

Range operator+(const Range &a, const Range &b);
Range operator-(const Range &a);
Range operator*(const Range &a, const Range &b);
/// 1 / a; everything if a may be zero.
Range reciprocal(const Range &a);
/// The smallest interval that holds both.
Range hull(const Range &a, const Range &b);
/// max(a, b) element by element; min is -max(-a, -b).
Range maximum(const Range &a, const Range &b);

} // namespace flowc::flow

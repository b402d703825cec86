// SPDX-License-Identifier: MIT
//
// Intervals and numbers to try rules with: few, and such that arithmetic on them is exact.

#pragma once

#include "compiler/Dialect/Flow/Interval.h"

#include <cmath>
#include <vector>

namespace flowc::test {

inline bool contains(const flow::Interval &range, double v) {
  return (v > range.low || (v == range.low && !range.lowOpen)) && (v < range.high || (v == range.high && !range.highOpen));
}

/// All intervals with these ends, open and closed.
inline std::vector<flow::Interval> intervals(const std::vector<double> &ends = {-flow::kInfinity, -2, -0.5, 0, 1, 3, flow::kInfinity}) {
  std::vector<flow::Interval> all;
  for (double low : ends)
    for (double high : ends)
      for (int open = 0; open < 4; ++open) {
        flow::Interval range{low, high, (open & 1) != 0, (open & 2) != 0};
        bool infiniteClosed = (std::isinf(low) && !range.lowOpen) || (std::isinf(high) && !range.highOpen);
        bool some = low < high || (low == high && !range.lowOpen && !range.highOpen);
        if (some && !infiniteClosed)
          all.push_back(range);
      }
  return all;
}

/// Numbers of an interval: its ends, if they belong to it, and close to them.
inline std::vector<double> numbers(const flow::Interval &range) {
  std::vector<double> all;
  for (double v : {range.low, range.high, range.low + 0x1p-20, range.high - 0x1p-20, -1024.0, -3.0, -1.0, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5,
                   2.0, 5.0, 1024.0})
    if (std::isfinite(v) && contains(range, v))
      all.push_back(v);
  return all;
}

} // namespace flowc::test

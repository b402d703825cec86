// SPDX-License-Identifier: MIT

#include "tests/fuzz/Ends.h"

#include <cmath>

namespace flowc::fuzz {

Approach approach(const LayerView &view, Spot spot, size_t j, size_t output, bool upper) {
  long double values[4], errors[4];
  static constexpr long double ways[] = {10, 40, 160, 640, 2560};
  const Range &range = view.range(j);
  long double end = upper ? range.high : range.low;
  int met = 0;
  for (int k = range.isAll() || std::isinf(end) ? 1 : 0; met < 4; ++k) {
    // A finite end is approached as far as numbers near it go.
    long double way = std::isinf(end) ? ways[k] : std::isinf(range.low) || range.low == 0 ? ways[k] : 6 + 8 * k;
    if (range.isAll())
      spot.input[j] = upper ? std::exp(way) : -std::exp(way);
    else
      spot.input[j] = view.place(j, upper ? way : -way);
    if (!view.contains(j, spot.input[j]))
      return {};
    Number y = view.at(spot).result[output];
    if (!y.isReliable())
      return {};
    values[met] = y.value, errors[met] = y.error;
    ++met;
  }
  long double before = values[2] - values[1], last = values[3] - values[2], noise = errors[2] + errors[3];
  if (std::abs(last) <= noise || std::abs(last) < 0.02L * std::abs(before))
    return {Approach::Settles, values[3]};
  bool sameWay = before * last > 0 && (values[1] - values[0]) * before > 0;
  // A logarithm's logarithm grows by the same in every step.
  if (sameWay && std::abs(last) > 0.7L * std::abs(before))
    return {Approach::Grows, last > 0 ? HUGE_VALL : -HUGE_VALL};
  return {};
}

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// The body of `differentiate`; included by Subject.h.

#ifndef FLOWC_RUNTIME_SELFTEST_DIFFERENTIATE_H
#define FLOWC_RUNTIME_SELFTEST_DIFFERENTIATE_H

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowc::runtime {

template <typename Evaluate> Derivative differentiate(const Subject &subject, Evaluate evaluate) {
  Derivative best;
  best.error = std::numeric_limits<double>::infinity();
  double largest = subject.choose(2e-2, 3e-1), smallest = subject.choose(2e-7, 3e-3);
  double rounding = subject.choose(4e-16, 2e-7);
  for (double h = largest; h >= smallest; h /= 5) {
    Values central[3];
    double magnitude = 0;
    for (int level = 0; level < 3; ++level) {
      double step = h / double(1 << level);
      Values above = evaluate(step), below = evaluate(-step);
      for (size_t i = 0; i < above.size(); ++i) {
        central[level].push_back((above[i] - below[i]) / (2 * step));
        magnitude = std::max(magnitude, std::abs(above[i]));
      }
    }
    Derivative tried;
    for (size_t i = 0; i < central[0].size(); ++i) {
      double first = (4 * central[1][i] - central[0][i]) / 3, second = (4 * central[2][i] - central[1][i]) / 3;
      double extrapolated = (16 * second - first) / 15;
      tried.value.push_back(extrapolated);
      double error = std::abs(extrapolated - second) + 4 * rounding * magnitude / h;
      tried.error = std::max(tried.error, std::isfinite(error) ? error : std::numeric_limits<double>::infinity());
    }
    if (tried.error < best.error || best.value.empty())
      best = std::move(tried);
  }
  return best;
}

} // namespace flowc::runtime

#endif

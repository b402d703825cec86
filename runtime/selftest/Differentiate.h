// SPDX-License-Identifier: MIT
//
// The body of `differentiate`; included by Subject.h.

#ifndef FLOWC_RUNTIME_SELFTEST_DIFFERENTIATE_H
#define FLOWC_RUNTIME_SELFTEST_DIFFERENTIATE_H

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowc::runtime {

/// The estimate of least error. A step that crosses kinks can seem exact by chance; the next smaller one then contradicts it.
inline Derivative mostCertain(std::vector<Derivative> &tried) {
  for (size_t step = 0; step + 1 < tried.size(); ++step)
    for (size_t i = 0; i < tried[step].value.size(); ++i) {
      double apart = std::abs(tried[step].value[i] - tried[step + 1].value[i]) - tried[step + 1].error;
      tried[step].error = std::max(tried[step].error, apart);
    }
  auto byError = [](const Derivative &a, const Derivative &b) { return a.error < b.error; };
  return std::move(*std::min_element(tried.begin(), tried.end(), byError));
}

template <typename Evaluate>
std::vector<Derivative> differentiate(const Subject &subject, size_t groups, Evaluate evaluate) {
  std::vector<std::vector<Derivative>> tried(groups); // for each group, from the largest step to the smallest
  double largest = subject.choose(2e-2, 3e-1), smallest = subject.choose(2e-7, 3e-3);
  double rounding = subject.choose(4e-16, 2e-7);
  for (double h = largest; h >= smallest; h /= 5) {
    Values above[3], below[3];
    for (int level = 0; level < 3; ++level) {
      above[level] = evaluate(h / (1 << level));
      below[level] = evaluate(-h / (1 << level));
    }
    size_t outputs = above[0].size() / groups;
    for (size_t group = 0; group < groups; ++group) {
      Derivative found{Values(), 0};
      for (size_t i = group * outputs; i < (group + 1) * outputs; ++i) {
        double central[3];
        for (int level = 0; level < 3; ++level)
          central[level] = (above[level][i] - below[level][i]) / (2 * h / (1 << level));
        double first = (4 * central[1] - central[0]) / 3, second = (4 * central[2] - central[1]) / 3;
        double extrapolated = (16 * second - first) / 15;
        double error = std::abs(extrapolated - second) + 4 * rounding * std::abs(above[0][i]) / h;
        found.value.push_back(extrapolated);
        found.error = std::max(found.error, std::isfinite(error) ? error : std::numeric_limits<double>::infinity());
      }
      tried[group].push_back(std::move(found));
    }
  }
  std::vector<Derivative> best;
  for (std::vector<Derivative> &steps : tried)
    best.push_back(mostCertain(steps));
  return best;
}

} // namespace flowc::runtime

#endif

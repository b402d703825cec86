// SPDX-License-Identifier: MIT
//
// Where training estimates log-determinants, its objective and gradient are random numbers, of which the mean is known: the gradient's is
// that of differences of the objective with the same random numbers, and the objective's, if the estimate has no bias, the exact one.
// Judged by their standard error over batches of copies of a few rows.

#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <cmath>

namespace flowc::runtime {
namespace {

constexpr int64_t Rows = 4, Copies = 64, Batches = 30;

/// How many standard errors a mean may be off: one in ten million, if it were normal, and with so few batches one in a hundred thousand.
constexpr double MostErrors = 6;

struct Mean {
  double sum = 0, squares = 0;
  void take(double value) {
    sum += value;
    squares += value * value;
  }
  double mean() const { return sum / double(Batches); }
  double standardError() const {
    double variance = std::max(squares / double(Batches) - mean() * mean(), 0.0);
    return std::sqrt(variance / double(Batches - 1));
  }
};

/// Takes how far a mean is from what it should be, in units of what it may be off; `slack` is what is allowed for rounding.
void judge(Verdict &verdict, const Mean &found, double expected, double slack, const std::string &where) {
  double off = std::abs(found.mean() - expected) / (MostErrors * found.standardError() + slack);
  if (off <= verdict.worst)
    return;
  verdict.worst = std::isfinite(off) ? off : HUGE_VAL;
  if (!(off <= verdict.tolerance)) {
    verdict.passed = false;
    verdict.note = fmt::format("{}: {:.9g} +- {:.2g}; expected {:.9g}", where, found.mean(), found.standardError(), expected);
  }
}

double sum(const Values &values) {
  double total = 0;
  for (double value : values)
    total += value;
  return total;
}

} // namespace

std::vector<Verdict> testEstimates(Subject &subject, uint64_t seed) {
  Values few = trainingRows(subject, seed, 5000, Rows), in = repeatRows(few, Values(size_t(Rows), double(Copies)));
  Values original = subject.parameters;
  if (subject.manifest->takesStatistics) // Those of the rows are those of their copies.
    subject.setParameters(subject.withStatistics(few));
  Values exact = subject.objective(few);
  subject.setParameters(original);
  std::vector<Direction> directions = randomDirections(*subject.manifest, seed);
  std::vector<Mean> objectives(static_cast<size_t>(Rows)), slopes(directions.size());
  std::vector<double> scales(directions.size());
  double step = subject.choose(1e-4, 1e-2);
  for (int64_t batch = 0; batch < Batches; ++batch) {
    subject.setNoise(uint64_t(batch * Rows * Copies));
    Values gradient, ignored, values = subject.gradient(in, {}, gradient);
    for (size_t row = 0; row < size_t(Rows); ++row)
      objectives[row].take(sum(Values(values.begin() + std::ptrdiff_t(row * Copies), values.begin() + std::ptrdiff_t((row + 1) * Copies))) /
                           double(Copies));
    for (size_t i = 0; i < directions.size(); ++i) {
      double along = 0, difference = 0;
      for (size_t k = 0; k < gradient.size(); ++k)
        along += gradient[k] * directions[i].components[k];
      for (double sign : {1.0, -1.0}) {
        Values moved = original;
        for (size_t k = 0; k < moved.size(); ++k)
          moved[k] += sign * step * directions[i].components[k];
        subject.setParameters(moved);
        difference += sign * sum(subject.gradient(in, {}, ignored)) / (2 * step);
      }
      subject.setParameters(original);
      slopes[i].take((along - difference) / double(Rows * Copies));
      scales[i] = std::max(scales[i], std::abs(along) / double(Rows * Copies));
    }
  }
  subject.setNoise(0);
  Verdict mean{"mean of the estimates = objective", subject.setting, true, 0, 1, ""};
  for (size_t row = 0; row < size_t(Rows) && subject.manifest->estimate->unbiased(); ++row)
    judge(mean, objectives[row], exact[row], subject.choose(1e-10, 1e-4) * (1 + std::abs(exact[row])), fmt::format("row {}", row));
  Verdict verdict{"mean of parameter gradients = differences", subject.setting, true, 0, 1, ""};
  for (size_t i = 0; i < directions.size(); ++i)
    judge(verdict, slopes[i], 0, subject.choose(1e-6, 5e-2) * (1 + scales[i]), directions[i].name);
  if (!subject.manifest->estimate->unbiased())
    return {verdict};
  return {mean, verdict};
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// Parameter gradients against finite differences of the weighted sum of what training raises (log_prob, or the objective
// of random numbers): single parameters, some of every tensor, and all parameters at once along random directions. Frozen
// parameters stay where they are, and their gradient is 0. Where layers take statistics over the batch, those are found by probing
// layer after layer, and the differences are taken through them.

#include "runtime/selftest/Subject.h"

#include <cmath>

namespace flowc::runtime {
namespace {

constexpr int64_t Rows = 20;
constexpr int64_t PerTensor = 3;
constexpr size_t MostParameters = 96;
constexpr int Directions = 4;

std::vector<Direction> makeDirections(const Manifest &manifest, uint64_t seed) {
  std::vector<Direction> directions = randomDirections(manifest, seed);
  auto count = size_t(manifest.parameterCount);
  for (const Parameter &parameter : manifest.parameters)
    for (int64_t i = 0; i < std::min(PerTensor, parameter.frozen ? 0 : parameter.size) && directions.size() < MostParameters;
         ++i) {
      auto element = int64_t(uniform<double>(seed, uint64_t(i), RandomStream::Test, uint32_t(parameter.offset + 20)) *
                             double(parameter.size));
      Direction direction{fmt::format("{}[{}]", parameter.name, element), Values(count)};
      direction.components[size_t(parameter.offset + element)] = 1;
      directions.push_back(std::move(direction));
    }
  return directions;
}

/// Of both signs, and one of them 0. Where they count in statistics, they are whole numbers from 0 on: how often a row is there.
Values weights(const Manifest &manifest, uint64_t seed) {
  Values weight;
  for (int64_t row = 0; row < Rows; ++row) {
    double u = uniform<double>(seed, uint64_t(row), RandomStream::Test, 2);
    weight.push_back(row == 3 ? 0 : manifest.takesStatistics ? std::floor(3 * u) : 2 * u - 0.7);
  }
  return weight;
}

/// What training raises, of each row, with the statistics of these rows in place of the stored ones.
Values objectiveOfBatch(Subject &subject, const Values &in, const Values &weight) {
  if (!subject.manifest->takesStatistics)
    return subject.objective(in);
  Values stored = subject.parameters;
  subject.setParameters(subject.withStatistics(repeatRows(in, weight)));
  Values objective = subject.objective(in);
  subject.setParameters(stored);
  return objective;
}

} // namespace

std::vector<Direction> randomDirections(const Manifest &manifest, uint64_t seed) {
  std::vector<Direction> directions;
  auto trained = size_t(manifest.trainedCount);
  for (int i = 0; i < Directions && trained > 0; ++i) {
    Direction direction{fmt::format("direction {}", i), Values(size_t(manifest.parameterCount))};
    for (size_t k = 0; k < trained; ++k)
      direction.components[k] =
          (2 * uniform<double>(seed, k, RandomStream::Test, uint32_t(10 + i)) - 1) / std::sqrt(double(trained));
    directions.push_back(std::move(direction));
  }
  return directions;
}

Values repeatRows(const Values &rows, const Values &times) {
  Values repeated;
  auto columns = std::ptrdiff_t(rows.size() / times.size());
  for (size_t row = 0; row < times.size(); ++row)
    for (double k = 0; k < times[row]; ++k)
      repeated.insert(repeated.end(), rows.begin() + std::ptrdiff_t(row) * columns, rows.begin() + std::ptrdiff_t(row + 1) * columns);
  return repeated;
}

std::vector<Verdict> testGradients(Subject &subject, uint64_t seed) {
  const Manifest &manifest = *subject.manifest;
  if (manifest.estimate)
    return testEstimates(subject, seed);
  Values gradient, in = trainingRows(subject, seed, 5000, Rows), weight = weights(manifest, seed);
  Values fromGradient = subject.gradient(in, weight, gradient), taken = subject.withTakenStatistics();
  Values direct = objectiveOfBatch(subject, in, weight);
  Worst same("objective of the gradient kernel", subject, subject.choose(1e-11, 1e-4));
  for (size_t row = 0; row < direct.size(); ++row)
    same.compare(fromGradient[row], direct[row], row);
  Worst still("gradient of frozen parameters", subject, 0);
  for (auto k = size_t(manifest.trainedCount); k < gradient.size(); ++k)
    still.compare(gradient[k], 0, k);
  Verdict verdict{"parameter gradients = differences", subject.setting, true, 0, subject.choose(1e-6, 5e-2), ""};
  Values original = subject.parameters;
  size_t unclear = 0, tried = 0;
  for (const Direction &direction : makeDirections(manifest, seed)) {
    double expected = 0;
    for (size_t k = 0; k < gradient.size(); ++k)
      expected += gradient[k] * direction.components[k];
    Derivative derivative = differentiate(subject, 1, [&](double h) {
      Values moved = original;
      for (size_t k = 0; k < moved.size(); ++k)
        moved[k] += h * direction.components[k];
      subject.setParameters(moved);
      Values values = objectiveOfBatch(subject, in, weight);
      double sum = 0;
      for (size_t row = 0; row < values.size(); ++row)
        sum += weight[row] * values[row];
      return Values{sum};
    })[0];
    ++tried;
    double scale = 1 + std::abs(derivative.value[0]), error = std::abs(expected - derivative.value[0]) / scale;
    if (derivative.error / scale > verdict.tolerance / 4) {
      ++unclear;
      continue;
    }
    if (!(error <= verdict.worst)) {
      verdict.worst = std::isfinite(error) ? error : HUGE_VAL;
      if (!(error <= verdict.tolerance)) {
        verdict.passed = false;
        verdict.note = fmt::format("{}: {:.9g}; expected {:.9g}", direction.name, expected, derivative.value[0]);
      }
    }
  }
  subject.setParameters(original);
  if (verdict.passed && unclear > 0)
    verdict.note = fmt::format("{} of {} left out: no step resolves them", unclear, tried);
  if (verdict.passed && 2 * unclear > tried && subject.isDouble)
    verdict.passed = false;
  std::vector<Verdict> verdicts = {same.verdict(), verdict};
  if (manifest.trainedCount < manifest.parameterCount)
    verdicts.push_back(still.verdict());
  if (manifest.takesStatistics) {
    Worst statistics("statistics of a batch", subject, subject.choose(1e-11, 1e-4));
    Values expected = subject.withStatistics(repeatRows(in, weight));
    for (size_t k = 0; k < expected.size(); ++k)
      statistics.compare(taken[k], expected[k], k);
    verdicts.push_back(statistics.verdict());
  }
  return verdicts;
}

} // namespace flowc::runtime

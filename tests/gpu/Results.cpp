// SPDX-License-Identifier: MIT

#include "tests/gpu/Results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace flowc::gpu {

template <typename T>
std::vector<Result> computeAll(Model<T> &model, const runtime::Manifest &manifest, const Values &given, const Rows &rows,
                               bool hasGradients) {
  std::vector<Result> results;
  auto add = [&](const char *name, const std::vector<T> &numbers, bool isSum = false) {
    results.push_back({name, widened(numbers), isSum});
  };
  std::vector<T> parameters = narrowed<T>(given), context = narrowed<T>(rows.context), density(static_cast<size_t>(rows.count));
  std::vector<T> x = narrowed<T>(rows.x), z = narrowed<T>(rows.z), uniform = narrowed<T>(rows.uniform);
  bool drawsSamples = manifest.objective.drawsSamples();
  model.set_parameters(parameters);
  add("sample", model.sample(rows.count, 5, 7, density, context));
  add("sample, log_prob", density);
  add("log_prob", model.log_prob(x, context));
  add("to_latent", model.to_latent(x, density, context));
  add("to_latent, log_det", density);
  add("to_data", model.to_data(z, density, context));
  add("to_data, log_det", density);
  add("to_data alone", model.to_data(z, {}, context));
  if (drawsSamples) {
    add("objective", model.objective(uniform, context));
    add("target", model.target(x, context));
  }
  for (size_t weighted = 0; hasGradients && weighted < 2; ++weighted) {
    std::vector<T> weight(weighted * density.size()), gradient(parameters), moved(parameters);
    for (size_t row = 0; row < weight.size(); ++row)
      weight[row] = T(row % 4) / 2;
    add("objective in training", model.gradient(drawsSamples ? uniform : x, gradient, weight, context));
    add(weighted ? "weighted gradient" : "gradient", gradient, true);
    model.statistics(moved);
    add("statistics", moved, true);
    model.set_parameters(parameters); // without the batch's statistics
  }
  if (rows.count == 0 || model.api().probes == 0)
    return results;
  std::vector<T> mean(static_cast<size_t>(model.api().probes)), deviation(mean);
  model.probe(x, mean, deviation, context);
  add("probed means", mean);
  add("probed deviations", deviation);
  model.start(mean, deviation, parameters);
  add("started parameters", parameters);
  return results;
}

double distance(const Result &expected, const Result &found) {
  if (expected.numbers.size() != found.numbers.size())
    return std::numeric_limits<double>::infinity();
  double largest = 1e-3, worst = 0;
  for (double number : expected.numbers)
    largest = std::max(largest, std::abs(number));
  for (size_t i = 0; i < expected.numbers.size(); ++i) {
    double one = expected.numbers[i], other = found.numbers[i];
    if (one == other || (std::isnan(one) && std::isnan(other)))
      continue;
    double apart = std::abs(one - other) / (expected.isSum ? largest : 1 + std::abs(one));
    worst = std::isfinite(apart) ? std::max(worst, apart) : std::numeric_limits<double>::infinity();
  }
  return worst;
}

template <typename T>
std::vector<double> sensitivity(Model<T> &model, const runtime::Manifest &manifest, const Values &parameters, const Rows &rows,
                                double rounding) {
  constexpr unsigned trials = 4;
  if (rounding == 0)
    return {};
  std::vector<Result> exact = computeAll(model, manifest, parameters, rows);
  std::vector<double> worst(exact.size());
  for (unsigned trial = 0; trial < trials; ++trial) {
    std::mt19937 random(trial);
    std::uniform_real_distribution<double> share(-rounding, rounding);
    Values moved = parameters;
    for (double &number : moved)
      number *= 1 + share(random);
    std::vector<Result> found = computeAll(model, manifest, moved, rows);
    for (size_t k = 0; k < exact.size(); ++k)
      worst[k] = std::max(worst[k], distance(exact[k], found[k]));
  }
  return worst;
}

double roundingOf(const std::string &matmul) { return matmul == "tf32" ? 0x1p-11 : matmul == "bf16" ? 0x1p-8 : 0; }

template std::vector<Result> computeAll(Model<float> &, const runtime::Manifest &, const Values &, const Rows &, bool);
template std::vector<Result> computeAll(Model<double> &, const runtime::Manifest &, const Values &, const Rows &, bool);
template std::vector<double> sensitivity(Model<float> &, const runtime::Manifest &, const Values &, const Rows &, double);
template std::vector<double> sensitivity(Model<double> &, const runtime::Manifest &, const Values &, const Rows &, double);

} // namespace flowc::gpu

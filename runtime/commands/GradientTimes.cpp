// SPDX-License-Identifier: MIT

#include "runtime/commands/GradientTimes.h"

#include "runtime/CompiledModel.h"
#include "runtime/Parameters.h"
#include "runtime/commands/BenchBatch.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

namespace flowc::runtime {
namespace {

constexpr double Seconds = 3; // of measuring, all models together
constexpr int LeastRounds = 7;

template <typename T> std::function<void()> gradientOf(const CompiledModel &compiled, int64_t rows) {
  auto model = std::make_shared<Model<T>>(compiled.api());
  std::vector<T> gradient = initialParameters<T>(compiled.manifest(), 0);
  model->set_parameters(gradient);
  // The library stays open for as long as its model is used.
  return [compiled, model, batch = makeBenchBatch<T>(compiled.manifest(), *model, rows), gradient]() mutable {
    model->gradient(batch.given, gradient, {}, batch.context);
  };
}

double secondsOf(const std::function<void()> &run) {
  auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

Result<std::vector<double>> timeGradients(const std::vector<std::string> &directories, int64_t rows) try {
  std::vector<std::function<void()>> runs;
  for (const std::string &directory : directories) {
    Result<CompiledModel> compiled = CompiledModel::open(directory);
    if (!compiled)
      return compiled.error();
    runs.push_back(compiled->has(FLOWRT_F32) ? gradientOf<float>(*compiled, rows) : gradientOf<double>(*compiled, rows));
  }
  std::vector<double> least(runs.size(), std::numeric_limits<double>::infinity());
  double spent = 0;
  for (int round = 0; round < LeastRounds || spent < Seconds; ++round)
    for (size_t k = 0; k < runs.size(); ++k) {
      double seconds = secondsOf(runs[k]);
      least[k] = std::min(least[k], seconds);
      spent += seconds;
    }
  return least;
} catch (const std::exception &error) {
  return environmentError("{}", error.what());
}

} // namespace flowc::runtime

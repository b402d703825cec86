// SPDX-License-Identifier: MIT
//
// The subject in each element type, its test parameters, and the bookkeeping of errors.

#include "runtime/Parameters.h"
#include "runtime/data/Batches.h"
#include "runtime/selftest/Subject.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace flowc::runtime {
namespace {

template <typename T> class TypedSubject : public Subject {
public:
  TypedSubject(const CompiledModel &compiled, const std::string &device) : model(compiled.api(), device) {
    manifest = &compiled.manifest();
    isDouble = sizeof(T) == 8;
    contexts = randomContexts(*manifest, 0, 0, 1);
  }

  void setParameters(const Values &values) override {
    parameters = values;
    model.set_parameters(narrow(values));
  }
  void setThreads(int64_t threads) override { model.set_threads(threads); }
  void setContexts(const Values &rows) override { contexts = rows; }
  Values logProb(const Values &x) override { return widen(model.log_prob(narrow(x), contextOf(x))); }
  Values toLatent(const Values &x, Values &logDet) override {
    std::vector<T> density(x.size() / features()), z = model.to_latent(narrow(x), density, contextOf(x));
    logDet = widen(density);
    return widen(z);
  }
  Values toData(const Values &z, Values &logDet) override {
    std::vector<T> density(z.size() / features()), x = model.to_data(narrow(z), density, contextOf(z));
    logDet = widen(density);
    return widen(x);
  }
  Values sample(uint64_t seed, uint64_t first, int64_t count, Values &logProb) override {
    std::vector<T> density(static_cast<size_t>(count)), x = model.sample(count, seed, first, density, contextOfRows(size_t(count)));
    logProb = widen(density);
    return widen(x);
  }
  Values objective(const Values &in) override { return widen(model.objective(narrow(in), contextOf(in))); }
  Values target(const Values &x) override { return widen(model.target(narrow(x), contextOf(x))); }
  Values gradient(const Values &in, const Values &weight, Values &gradient) override {
    std::vector<T> result(size_t(model.parameter_count()));
    std::vector<T> values = model.gradient(narrow(in), result, narrow(weight), contextOf(in));
    gradient = widen(result);
    return widen(values);
  }

  Values withStatistics(const Values &x) override {
    std::vector<T> settled = narrow(parameters);
    settleStatistics<T>(*manifest, model, narrow(x), contextOf(x), settled);
    model.set_parameters(narrow(parameters));
    return widen(settled);
  }
  Values withTakenStatistics() override {
    std::vector<T> taken = narrow(parameters);
    model.statistics(taken);
    return widen(taken);
  }

private:
  std::vector<T> contextOf(const Values &rows) const { return contextOfRows(rows.size() / features()); }
  std::vector<T> contextOfRows(size_t rows) const {
    std::vector<T> given(rows * size_t(manifest->context.columns()));
    for (size_t i = 0; i < given.size(); ++i)
      given[i] = T(contexts[i % contexts.size()]);
    return given;
  }

  static std::vector<T> narrow(const Values &values) { return {values.begin(), values.end()}; }
  static Values widen(const std::vector<T> &values) { return {values.begin(), values.end()}; }

  Model<T> model;
};

} // namespace

std::unique_ptr<Subject> makeSubject(const CompiledModel &compiled, flowrt_dtype dtype, const std::string &device) {
  if (dtype == FLOWRT_F64)
    return std::make_unique<TypedSubject<double>>(compiled, device);
  return std::make_unique<TypedSubject<float>>(compiled, device);
}

Values randomContexts(const Manifest &manifest, uint64_t seed, uint64_t first, int64_t rows) {
  const Context &context = manifest.context;
  Values values;
  for (int64_t i = 0; i < rows * context.columns(); ++i) {
    auto row = first + uint64_t(i / context.columns());
    double u = uniform<double>(seed, row, RandomStream::Test, uint32_t(100 + i % context.columns())), spread = std::log(u / (1 - u));
    double value = spread;
    if (context.label)
      value = std::floor(u * double(context.size));
    else if (std::isfinite(context.low) && std::isfinite(context.high))
      value = context.low + (context.high - context.low) * u;
    else if (std::isfinite(context.low))
      value = context.low + std::exp(spread);
    else if (std::isfinite(context.high))
      value = context.high - std::exp(spread);
    values.push_back(double(float(value))); // so that both element types test the same model
  }
  return values;
}

Values uniformRows(const Subject &subject, uint64_t seed, RandomStream stream, uint64_t first, int64_t rows) {
  int64_t columns = subject.manifest->features;
  if (subject.isDouble)
    return noiseTable<double>(seed, stream, first, rows, columns).values;
  std::vector<float> numbers = noiseTable<float>(seed, stream, first, rows, columns).values;
  return {numbers.begin(), numbers.end()};
}

Values trainingRows(Subject &subject, uint64_t seed, uint64_t first, int64_t rows) {
  Values density;
  return subject.manifest->objective.drawsSamples() ? uniformRows(subject, seed, RandomStream::Test, first, rows)
                                                    : subject.sample(seed, first, rows, density);
}

Values randomParameters(const Manifest &manifest, uint64_t seed) {
  Values values = initialParameters<double>(manifest, seed);
  for (const Parameter &parameter : manifest.parameters) {
    double width = parameter.shape.size() >= 2 ? double(parameter.shape.back()) : 4.0;
    double deviation = 0.4 / std::sqrt(std::max(width, 1.0));
    for (int64_t i = parameter.offset; i < parameter.offset + parameter.size; ++i) {
      double u = uniform<double>(seed, uint64_t(i), RandomStream::Test, 0);
      double v = uniform<double>(seed, uint64_t(i), RandomStream::Test, 1);
      double moved = deviation * std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v), &value = values[size_t(i)];
      bool isVariance = parameter.running && parameter.running->statistic == "variance"; // It stays above 0.
      // Rounded to f32, so that both element types test the same model.
      value = double(float(isVariance ? value * std::exp(moved) : value + moved));
    }
  }
  return values;
}

Worst::Worst(std::string property, const Subject &subject, double tolerance) {
  result.property = std::move(property);
  result.setting = subject.setting;
  result.tolerance = tolerance;
}

void Worst::compare(double found, double expected, size_t row) {
  double error = found == expected ? 0 : std::abs(found - expected) / (1 + std::abs(expected));
  if (!std::isfinite(error))
    error = std::numeric_limits<double>::infinity();
  if (error <= result.worst)
    return;
  result.worst = error;
  if (error > result.tolerance) {
    result.passed = false;
    result.note = fmt::format("row {}: {:.9g}; expected {:.9g}", row, found, expected);
  }
}

void Worst::note(std::string text) {
  if (result.passed)
    result.note = std::move(text);
}

} // namespace flowc::runtime

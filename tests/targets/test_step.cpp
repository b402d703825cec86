// SPDX-License-Identifier: MIT
//
// The kernels of a training step that know no model, on the emulated GPU against the runtime's own functions.

#include "tests/targets/emulation/EmulatedKernels.h"

#include "runtime/optimizers/Optimizer.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <random>

using namespace flowc::test;
using namespace flowc::runtime;
using Argument = EmulatedKernels::Argument;

namespace {

constexpr int64_t kTile = 64;

template <typename T> class Step {
public:
  explicit Step(int64_t threads = 128) {
    std::string error, name = prefix();
    kernels = EmulatedKernels::compile("memref.global constant @" + name + "_info : memref<9xi64> = dense<[2, 64, 3, 1, 1, 1, 1, 0, 0]>",
                                       threads, error);
    INFO(error);
    REQUIRE(kernels);
  }
  void launch(const std::string &name, int64_t blocks, const std::vector<Argument> &arguments) const {
    INFO(name);
    CHECK(kernels->launch(prefix() + "_step_" + name, blocks, arguments) == "");
  }

private:
  static std::string prefix() { return sizeof(T) == 4 ? "flow_f32" : "flow_f64"; }
  std::unique_ptr<EmulatedKernels> kernels;
};

template <typename T> std::vector<T> randomNumbers(int64_t count, unsigned seed, double scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> number(0, scale);
  std::vector<T> result(static_cast<size_t>(count));
  for (T &value : result)
    value = static_cast<T>(number(random));
  return result;
}

int64_t tilesIn(int64_t rows) { return (rows + kTile - 1) / kTile; }
int64_t piecesIn(int64_t count) { return (count + 1023) / 1024; }

} // namespace

TEMPLATE_TEST_CASE("steps of the optimizers have the CPU's bits", "[step]", float, double) {
  using T = TestType;
  auto kind = GENERATE(OptimizerOptions::Kind::Adam, OptimizerOptions::Kind::Sgd);
  OptimizerOptions options;
  options.kind = kind;
  options.weightDecay = 0.01;
  double l2 = 0.003, rate = 0.02, ema = 0.9;
  Step<T> step;
  for (int64_t count : {1, 63, 1025, 3000}) {
    int64_t rows = 77;
    std::vector<T> parameters = randomNumbers<T>(count, 1), averaged = parameters, onGpu = parameters, averagedOnGpu = parameters;
    OptimizerState<T> state = makeOptimizerState<T>(options, count), stateOnGpu = state;
    std::vector<double> record(6), losses(1), squares(piecesIn(count));
    for (int64_t number = 1; number <= 3; ++number) {
      double clip = number == 2 ? 0.1 : 0;
      std::vector<T> gradient = randomNumbers<T>(count, 10 + number, 50), slope = gradient;
      for (int64_t i = 0; i < count; ++i)
        slope[i] = T(l2) * parameters[i] - slope[i] / T(rows);
      double norm = gradientNorm<T>(slope);
      step.launch("descent", 2, {gradient.data(), onGpu.data(), squares.data(), count, double(rows), l2});
      CHECK(gradient == slope);
      losses[0] = 1.5 * number;
      step.launch("conclude", 1, {record.data(), losses.data(), squares.data(), int64_t(1), piecesIn(count), clip});
      CHECK(record[2] == Approx(norm).epsilon(1e-14));
      CHECK(record[3] == Approx(clip > 0 && norm > clip ? clip / norm : 1).epsilon(1e-14));
      for (T &element : slope)
        element *= T(record[3]);
      optimizerStep<T>(options, state, number, rate, slope, parameters);
      if (kind == OptimizerOptions::Kind::Adam)
        step.launch("adam", 2,
                    {record.data(), onGpu.data(), gradient.data(), stateOnGpu.first.data(), stateOnGpu.second.data(), count,
                     1 - options.beta1, 1 - options.beta2, options.epsilon, rate / (1 - std::pow(options.beta1, double(number))),
                     1 / (1 - std::pow(options.beta2, double(number))), 1 - rate * options.weightDecay});
      else
        step.launch("sgd", 2,
                    {record.data(), onGpu.data(), gradient.data(), stateOnGpu.first.data(), count, options.momentum, options.weightDecay,
                     rate});
      for (int64_t i = 0; i < count; ++i)
        averaged[i] += T(1 - ema) * (parameters[i] - averaged[i]);
      step.launch("average", 2, {record.data(), averagedOnGpu.data(), onGpu.data(), count, 1 - ema});
      CHECK(onGpu == parameters);
      CHECK(stateOnGpu.first == state.first);
      CHECK(stateOnGpu.second == state.second);
      CHECK(averagedOnGpu == averaged);
    }
    CHECK(record[0] == 9);
    CHECK(record[5] == 3);
  }
}

TEST_CASE("a step that fails changes nothing, nor does any after it", "[step]") {
  Step<float> step;
  for (bool badLoss : {true, false}) {
    std::vector<double> record(6), losses = {1}, squares = {4};
    step.launch("conclude", 1, {record.data(), losses.data(), squares.data(), int64_t(1), int64_t(1), 0.0});
    (badLoss ? losses : squares)[0] = badLoss ? -INFINITY : NAN;
    step.launch("conclude", 1, {record.data(), losses.data(), squares.data(), int64_t(1), int64_t(1), 0.0});
    CHECK(record[0] == 1);
    CHECK(record[4] == 1);
    CHECK(record[5] == 1);
    CHECK(std::isfinite(record[1]) != badLoss);
    losses[0] = squares[0] = 1;
    step.launch("conclude", 1, {record.data(), losses.data(), squares.data(), int64_t(1), int64_t(1), 0.0});
    CHECK(record[0] == 1);
    std::vector<float> parameters = randomNumbers<float>(100, 1), gradient(100, 1), first(100), second(100), before = parameters;
    step.launch("adam", 1, {record.data(), parameters.data(), gradient.data(), first.data(), second.data(), int64_t(100), 0.1, 0.001, 1e-8,
                            0.1, 1.0, 1.0});
    step.launch("sgd", 1, {record.data(), parameters.data(), gradient.data(), first.data(), int64_t(100), 0.9, 0.0, 0.1});
    step.launch("average", 1, {record.data(), parameters.data(), gradient.data(), int64_t(100), 0.5});
    step.launch("follow", 1, {record.data(), parameters.data(), gradient.data(), gradient.data(), int64_t(100)});
    CHECK(parameters == before);
    CHECK(first == std::vector<float>(100));
  }
}

TEST_CASE("the loss is a weighted sum in double, the same for every launch", "[step]") {
  Step<float> step, wide(256);
  for (int64_t rows : {0, 1, 63, 64, 65, 3000})
    for (int64_t rowsOfTile : {1, 4}) {
      int64_t stride = rowsOfTile * kTile;
      std::vector<float> objective = randomNumbers<float>(tilesIn(rows) * stride, 1), weight = randomNumbers<float>(tilesIn(rows) * kTile, 2);
      std::vector<double> sums(piecesIn(rows) + 1), others = sums;
      step.launch("loss", 1, {objective.data(), weight.data(), sums.data(), stride, rows});
      wide.launch("loss", 5, {objective.data(), weight.data(), others.data(), stride, rows});
      CHECK(sums == others);
      double expected = 0, found = 0;
      for (int64_t row = 0; row < rows; ++row)
        expected += double(objective[row / kTile * stride + row % kTile]) * double(weight[row]);
      for (double sum : sums)
        found += sum;
      CHECK(found == Approx(expected).epsilon(1e-12).margin(1e-12));
    }
}

TEMPLATE_TEST_CASE("statistics over a batch, and what their values owe to them", "[step]", float, double) {
  using T = TestType;
  Step<T> step, wide(256);
  constexpr int64_t outputs = 4, probed = 3, mean = 5, variance = 9, staged = 16;
  double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-13;
  for (int64_t rows : {1, 2, 64, 65, 3000}) {
    int64_t tiles = tilesIn(rows), chunks = 3;
    std::vector<T> values = randomNumbers<T>(tiles * outputs * kTile, 1), weight(tiles * kTile), given = randomNumbers<T>(tiles * 5 * kTile, 2),
                   sums = randomNumbers<T>(chunks * staged, 3);
    for (T &value : values)
      value += T(100);
    for (int64_t row = 0; row < rows; ++row)
      weight[row] = rows > 3 && row % 5 == 1 ? T(0) : T(0.5 + row % 3);
    values[kTile - 1] = rows < kTile ? T(NAN) : values[kTile - 1]; // of a lane that weighs nothing
    std::vector<double> moments(tiles * 3 * probed), total(1), slopes(2 * probed);
    std::vector<T> stagedValues(staged, T(-1)), other = stagedValues, arrived(tiles * outputs * kTile), arrivedOther = arrived;
    auto run = [&](const Step<T> &on, int64_t blocks, std::vector<T> &staging, std::vector<T> &result) {
      on.launch("moments", blocks, {values.data(), weight.data(), moments.data(), outputs, probed, tiles});
      on.launch("join_moments", blocks, {moments.data(), staging.data(), total.data(), probed, tiles, mean, variance});
      on.launch("slopes", blocks, {sums.data(), slopes.data(), staged, chunks, probed, mean, variance});
      on.launch("arrive", blocks, {given.data(), result.data(), values.data(), weight.data(), staging.data(), slopes.data(), total.data(),
                                   int64_t(5 * kTile), kTile, outputs, probed, mean, variance, tiles});
    };
    run(step, 1, stagedValues, arrived);
    run(wide, 3, other, arrivedOther);
    CHECK(stagedValues == other);
    double all = 0;
    for (T one : weight)
      all += double(one);
    CHECK(total[0] == Approx(all));
    for (int64_t row = 0; row < probed; ++row) {
      double sum = 0, squares = 0, byMean = 0, byVariance = 0;
      auto place = [&](int64_t i) { return (i / kTile * outputs + row) * kTile + i % kTile; };
      for (int64_t i = 0; i < rows; ++i)
        sum += double(weight[i]) * double(values[place(i)]);
      for (int64_t i = 0; i < rows; ++i)
        squares += double(weight[i]) * std::pow(double(values[place(i)]) - sum / all, 2);
      CHECK(double(stagedValues[mean + row]) == Approx(sum / all).epsilon(tolerance));
      CHECK(double(stagedValues[variance + row]) == Approx(squares / all).epsilon(100 * tolerance).margin(tolerance));
      for (int64_t chunk = 0; chunk < chunks; ++chunk) {
        byMean += double(sums[chunk * staged + mean + row]);
        byVariance += double(sums[chunk * staged + variance + row]);
      }
      for (int64_t i = 0; i < rows; ++i) {
        double expected = double(given[i / kTile * 5 * kTile + kTile + row * kTile + i % kTile]) +
                          double(weight[i]) / all * (byMean + 2 * byVariance * (double(values[place(i)]) - sum / all));
        CHECK(double(arrived[place(i)]) == Approx(expected).epsilon(1e-3 * (sizeof(T) == 4)).margin(sizeof(T) == 4 ? 1e-4 : 1e-11));
        CHECK(arrived[place(i)] == arrivedOther[place(i)]);
      }
    }
    for (int64_t i = 0; i < rows; ++i) // what no statistic is taken of
      CHECK(arrived[(i / kTile * outputs + 3) * kTile + i % kTile] == given[(i / kTile * 5 + 4) * kTile + i % kTile]);
  }
}

TEST_CASE("statistics stay as they were where no row weighs anything", "[step]") {
  Step<double> step;
  std::vector<double> values = randomNumbers<double>(kTile, 1), weight(kTile), moments(3), staged = {3, 4}, total = {7};
  step.launch("moments", 1, {values.data(), weight.data(), moments.data(), int64_t(1), int64_t(1), int64_t(1)});
  step.launch("join_moments", 1, {moments.data(), staged.data(), total.data(), int64_t(1), int64_t(1), int64_t(0), int64_t(1)});
  CHECK(staged == std::vector<double>{3, 4});
  CHECK(total[0] == 0);
}

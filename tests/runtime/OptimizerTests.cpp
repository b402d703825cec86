// SPDX-License-Identifier: MIT
#include "runtime/optimizers/Optimizer.h"
#include "runtime/optimizers/Schedule.h"

#include <catch2/catch.hpp>

using namespace flowc::runtime;

TEST_CASE("adam's first steps under a constant gradient have the size of the rate") {
  OptimizerOptions options;
  options.epsilon = 0;
  auto state = makeOptimizerState<double>(options, 2);
  std::vector<double> p = {1, 1}, g = {0.3, -20};
  for (int64_t step = 1; step <= 5; ++step)
    optimizerStep<double>(options, state, step, 0.01, g, p);
  CHECK(p[0] == Approx(1 - 0.05).epsilon(1e-12));
  CHECK(p[1] == Approx(1 + 0.05).epsilon(1e-12));
}

TEST_CASE("adam's second step under a changing gradient in closed form") {
  OptimizerOptions options;
  auto state = makeOptimizerState<double>(options, 1);
  std::vector<double> p = {0};
  optimizerStep<double>(options, state, 1, 0.1, std::vector<double>{1}, p);
  optimizerStep<double>(options, state, 2, 0.1, std::vector<double>{3}, p);
  double m = 0.9 * 0.1 + 0.1 * 3, v = 0.999 * 0.001 + 0.001 * 9;
  double expected = -0.1 / (1 + 1e-8) - 0.1 * (m / (1 - 0.81)) / (std::sqrt(v / (1 - 0.998001)) + 1e-8);
  CHECK(p[0] == Approx(expected).epsilon(1e-12));
}

TEST_CASE("adam's weight decay does not pass through the moments") {
  OptimizerOptions options;
  options.weightDecay = 0.5;
  auto state = makeOptimizerState<double>(options, 1);
  std::vector<double> p = {2};
  optimizerStep<double>(options, state, 1, 0.1, std::vector<double>{0}, p);
  CHECK(p[0] == Approx(2 * (1 - 0.05)));
  CHECK(state.first[0] == 0);
}

TEST_CASE("sgd with momentum and weight decay in closed form") {
  OptimizerOptions options;
  options.kind = OptimizerOptions::Kind::Sgd;
  options.momentum = 0.5;
  options.weightDecay = 0.1;
  auto state = makeOptimizerState<double>(options, 1);
  std::vector<double> p = {1};
  optimizerStep<double>(options, state, 1, 0.1, std::vector<double>{2}, p);
  CHECK(p[0] == Approx(1 - 0.1 * 2.1));
  double velocity = 0.5 * 2.1 + 2 + 0.1 * 0.79;
  optimizerStep<double>(options, state, 2, 0.1, std::vector<double>{2}, p);
  CHECK(p[0] == Approx(0.79 - 0.1 * velocity));
}

TEST_CASE("schedules") {
  Schedule constant{Schedule::Kind::Constant, 2, 4, 100};
  CHECK(scheduledRate(constant, 1) == 0.5);
  CHECK(scheduledRate(constant, 4) == 2);
  CHECK(scheduledRate(constant, 100) == 2);
  Schedule cosine{Schedule::Kind::Cosine, 1, 0, 100};
  CHECK(scheduledRate(cosine, 1) == 1);
  CHECK(scheduledRate(cosine, 51) == Approx(0.5));
  CHECK(scheduledRate(cosine, 100) > 0);
  CHECK(scheduledRate(cosine, 100) < 1e-3);
}

TEST_CASE("the gradient's norm shows what is not finite") {
  CHECK(gradientNorm<float>(std::vector<float>{3, 4}) == 5);
  CHECK(!std::isfinite(gradientNorm<float>(std::vector<float>{3, NAN})));
}

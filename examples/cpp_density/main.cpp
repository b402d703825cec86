// SPDX-License-Identifier: MIT
//
// Uses a flow that was compiled with the program: density, samples, and the way there and back.
//   cpp_density [parameters.safetensors]      without a checkpoint, the parameters are random

#include "two_gaussians.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <random>
#include <vector>

namespace {

std::vector<float> randomParameters(int64_t count) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-0.3f, 0.3f);
  std::vector<float> parameters(static_cast<size_t>(count));
  std::generate(parameters.begin(), parameters.end(), [&] { return uniform(random); });
  return parameters;
}

float largestDifference(const std::vector<float> &a, const std::vector<float> &b) {
  float largest = 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= largest)) // a NaN is kept
      largest = std::abs(a[i] - b[i]);
  return largest;
}

int run(const char *checkpoint) {
  two_gaussians::Model<float> flow;
  if (checkpoint)
    flow.load_parameters(checkpoint);
  else
    flow.set_parameters(randomParameters(flow.parameter_count()));

  constexpr int64_t count = 1000;
  std::vector<float> sampled_density(count);
  std::vector<float> x = flow.sample(count, /*seed=*/1, /*first=*/0, sampled_density);
  std::vector<float> density = flow.log_prob(x);
  std::vector<float> back = flow.to_data(flow.to_latent(x));

  double mean = 0;
  for (float value : density)
    mean += value / count;
  float density_error = largestDifference(density, sampled_density), way_error = largestDifference(x, back);
  std::printf("%lld samples of %lld features, mean log density %.4f; there and back within %.1e, densities within %.1e\n",
              static_cast<long long>(count), static_cast<long long>(flow.features()), mean, way_error, density_error);
  return way_error < 1e-4f && density_error < 1e-3f ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  try {
    return run(argc > 1 ? argv[1] : nullptr);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "cpp_density: %s\n", error.what());
    return 1;
  }
}

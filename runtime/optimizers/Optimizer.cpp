// SPDX-License-Identifier: MIT
//
// Adam: m += (1-b1)(g-m), v += (1-b2)(g^2-v), p -= rate (m/(1-b1^t) / (sqrt(v/(1-b2^t)) + eps) + decay p).
// SGD:  u = momentum u + g + decay p, p -= rate u.

#include "runtime/optimizers/Optimizer.h"

#include <cmath>

namespace flowc::runtime {
namespace {

template <typename T>
void adamStep(const OptimizerOptions &options, OptimizerState<T> &state, int64_t step, double rate,
              std::span<const T> gradient, std::span<T> parameters) {
  T keep1 = T(1 - options.beta1), keep2 = T(1 - options.beta2), epsilon = T(options.epsilon);
  T correction1 = T(rate / (1 - std::pow(options.beta1, double(step))));
  T correction2 = T(1 / (1 - std::pow(options.beta2, double(step))));
  T shrink = T(1 - rate * options.weightDecay);
  T *first = state.first.data(), *second = state.second.data();
  for (size_t i = 0; i < parameters.size(); ++i) {
    T g = gradient[i];
    first[i] += keep1 * (g - first[i]);
    second[i] += keep2 * (g * g - second[i]);
    parameters[i] = shrink * parameters[i] - correction1 * first[i] / (std::sqrt(correction2 * second[i]) + epsilon);
  }
}

template <typename T>
void sgdStep(const OptimizerOptions &options, OptimizerState<T> &state, double rate, std::span<const T> gradient,
             std::span<T> parameters) {
  T momentum = T(options.momentum), decay = T(options.weightDecay), step = T(rate);
  T *velocity = state.first.data();
  for (size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = momentum * velocity[i] + gradient[i] + decay * parameters[i];
    parameters[i] -= step * velocity[i];
  }
}

} // namespace

template <typename T> OptimizerState<T> makeOptimizerState(const OptimizerOptions &options, size_t parameters) {
  bool isAdam = options.kind == OptimizerOptions::Kind::Adam;
  return {std::vector<T>(parameters), std::vector<T>(isAdam ? parameters : 0)};
}

template <typename T>
void optimizerStep(const OptimizerOptions &options, OptimizerState<T> &state, int64_t step, double rate,
                   std::span<const T> gradient, std::span<T> parameters) {
  if (options.kind == OptimizerOptions::Kind::Adam)
    adamStep(options, state, step, rate, gradient, parameters);
  else
    sgdStep(options, state, rate, gradient, parameters);
}

template <typename T> double gradientNorm(std::span<const T> gradient) {
  // Eight sums, so that the additions do not wait for each other.
  double sums[8] = {};
  for (size_t i = 0; i < gradient.size(); ++i)
    sums[i % 8] += double(gradient[i]) * double(gradient[i]);
  return std::sqrt(((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7])));
}

#define FLOWC_INSTANTIATE(T)                                                                                           \
  template OptimizerState<T> makeOptimizerState(const OptimizerOptions &, size_t);                                     \
  template void optimizerStep(const OptimizerOptions &, OptimizerState<T> &, int64_t, double, std::span<const T>,      \
                              std::span<T>);                                                                           \
  template double gradientNorm(std::span<const T>);
FLOWC_INSTANTIATE(float)
FLOWC_INSTANTIATE(double)

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// Gradient descent, one step at a time. Expects the gradient of what is to be made SMALLER.

#ifndef FLOWC_RUNTIME_OPTIMIZERS_OPTIMIZER_H
#define FLOWC_RUNTIME_OPTIMIZERS_OPTIMIZER_H

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace flowc::runtime {

struct OptimizerOptions {
  enum class Kind { Adam, Sgd };
  Kind kind = Kind::Adam;
  double momentum = 0.9;                             // sgd
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8; // adam
  double weightDecay = 0;                            // adam: decoupled from the gradient; sgd: added to it
};

/// The parameters' companions: Adam's two moments, or SGD's velocity in the first and nothing in the second.
template <typename T> struct OptimizerState {
  std::vector<T> first, second;
};

/// The state at the beginning.
template <typename T> OptimizerState<T> makeOptimizerState(const OptimizerOptions &options, size_t parameters);

/// Step number `step` (the first is 1) at learning rate `rate`.
template <typename T>
void optimizerStep(const OptimizerOptions &options, OptimizerState<T> &state, int64_t step, double rate,
                   std::span<const T> gradient, std::span<T> parameters);

/// The Euclidean norm, summed in double; not finite if an element is not.
template <typename T> double gradientNorm(std::span<const T> gradient);

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT

#pragma once

#include "runtime/selftest/Subject.h"

namespace flowc::laws {

/// How a number changes along one direction: by its gradient and by differences, and what these may be wrong by.
struct Slope {
  double along, measured, error;
};

/// Along some random directions, each of which tries all trained parameters at once. `objective` gives the number for parameters that it is
/// told; the subject is left with `parameters`.
template <typename Objective>
std::vector<Slope> slopesAlong(runtime::Subject &subject, const runtime::Values &parameters, const runtime::Values &gradient, uint64_t seed,
                               Objective objective) {
  std::vector<Slope> slopes;
  for (const runtime::Direction &direction : runtime::randomDirections(*subject.manifest, seed)) {
    double along = 0;
    for (size_t i = 0; i < parameters.size(); ++i)
      along += direction.components[i] * gradient[i];
    runtime::Derivative measured = runtime::differentiate(subject, 1, [&](double h) {
      runtime::Values moved = parameters;
      for (size_t i = 0; i < moved.size(); ++i)
        moved[i] += h * direction.components[i];
      return runtime::Values{objective(moved)};
    })[0];
    slopes.push_back({along, measured.value[0], measured.error});
  }
  subject.setParameters(parameters);
  return slopes;
}

} // namespace flowc::laws

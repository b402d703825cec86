// SPDX-License-Identifier: MIT
//
// The objective of a model that draws its own samples: how much larger the sample's log density is under the target, which
// knows nothing of the model, than under the model, read backwards from the sample.

#include "runtime/selftest/Subject.h"

namespace flowc::runtime {

std::vector<Verdict> testObjective(Subject &subject, uint64_t seed) {
  constexpr int64_t Rows = 200;
  constexpr uint64_t First = 7000;
  if (!subject.manifest->objective.drawsSamples())
    return {};
  Values density, x = subject.sample(seed, First, Rows, density);
  Values objective = subject.objective(uniformRows(subject, seed, RandomStream::Sample, First, Rows));
  Values target = subject.target(x), model = subject.logProb(x);
  Worst worst("objective = log target - log model", subject, subject.choose(1e-8, 1e-2));
  for (size_t row = 0; row < size_t(Rows); ++row)
    worst.compare(objective[row], target[row] - model[row], row);
  return {worst.verdict()};
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// The objective of a model that draws its own samples: what it gives, with the model's log density added, is the target's
// at the sample. That cannot depend on the model: other parameters must give the same at the same point.

#include "runtime/data/Batches.h"
#include "runtime/selftest/Subject.h"

namespace flowc::runtime {
namespace {

constexpr int64_t Rows = 64;

/// Further out the random numbers no longer tell the latents apart.
constexpr double Tail = 1e-5;

} // namespace

std::vector<Verdict> testObjective(Subject &subject, uint64_t seed) {
  const Manifest &manifest = *subject.manifest;
  if (!manifest.objective.drawsSamples() || !isKnownBase(manifest.base))
    return {};
  Values density, logDet, original = subject.parameters, moved = original;
  Values x = subject.sample(seed, 7000, Rows, density);
  Values here = subject.objective(uniformRows(subject, seed, RandomStream::Sample, 7000, Rows));
  for (size_t k = 0; k < size_t(manifest.trainedCount); ++k)
    moved[k] += 0.1 * (2 * uniform<double>(seed, k, RandomStream::Test, 3) - 1);
  subject.setParameters(moved);
  Values u = subject.toLatent(x, logDet), there = subject.logProb(x);
  for (double &z : u)
    z = baseDistribution(manifest.base, z);
  Values inside = u;
  for (double &value : inside)
    value = std::clamp(value, Tail, 1 - Tail);
  Values again = subject.objective(inside);
  subject.setParameters(original);
  Worst worst("the target does not depend on the model", subject, subject.choose(1e-6, 2e-2));
  size_t features = subject.features();
  for (size_t row = 0; row < size_t(Rows); ++row)
    if (std::equal(u.begin() + std::ptrdiff_t(row * features), u.begin() + std::ptrdiff_t((row + 1) * features),
                   inside.begin() + std::ptrdiff_t(row * features)))
      worst.compare(again[row] + there[row], here[row] + density[row], row);
  return {worst.verdict()};
}

} // namespace flowc::runtime

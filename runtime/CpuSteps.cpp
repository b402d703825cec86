// SPDX-License-Identifier: MIT

#include "runtime/CpuSteps.h"

#include "runtime/Parameters.h"

#include <cmath>

namespace flowc::runtime {

template <typename T> void CpuSteps<T>::load() {
  gradient.resize(size_t(model.parameter_count()));
  findings = {};
  findings.epochSum = state.epochSum;
}

template <typename T> void CpuSteps<T>::take(const StepPlan &plan) {
  if (findings.failed)
    return;
  const Examples<T> &batch = batches.take(plan.epoch, plan.first, plan.rows);
  model.set_parameters(state.parameters);
  model.set_noise(options.seed, plan.firstNoise);
  findings.lastSum = weightedSum(model.gradient(batch.table.values, gradient, batch.weights, batch.context.values), batch.weights);
  std::span<T> slope = trained(gradient), parameters = trained(state.parameters);
  for (size_t i = 0; i < slope.size(); ++i)
    slope[i] = T(options.l2) * parameters[i] - slope[i] / T(plan.rows);
  findings.lastNorm = gradientNorm<T>(slope);
  findings.failed = !std::isfinite(findings.lastSum) || !std::isfinite(findings.lastNorm);
  if (findings.failed)
    return;
  if (options.clipNorm > 0 && findings.lastNorm > options.clipNorm)
    for (T &element : slope)
      element *= T(options.clipNorm / findings.lastNorm);
  optimizerStep<T>(options.optimizer, state.optimizer, plan.number, plan.rate, slope, parameters);
  followStatistics<T>(manifest, model, state.parameters);
  for (size_t i = 0; i < state.averaged.size(); ++i)
    state.averaged[i] += T(1 - options.ema) * (state.parameters[i] - state.averaged[i]);
  findings.epochSum += findings.lastSum;
  ++findings.taken;
}

template class CpuSteps<float>;
template class CpuSteps<double>;

} // namespace flowc::runtime

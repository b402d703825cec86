// SPDX-License-Identifier: MIT
//
// Steps on the CPU: the state's own vectors are what they change.

#ifndef FLOWC_RUNTIME_CPUSTEPS_H
#define FLOWC_RUNTIME_CPUSTEPS_H

#include "runtime/Steps.h"

namespace flowc::runtime {

template <typename T> class CpuSteps final : public Steps<T> {
public:
  CpuSteps(const Manifest &manifest, const TrainOptions &options, Model<T> &model, Batches<T> &batches, TrainState<T> &state)
      : manifest(manifest), options(options), model(model), batches(batches), state(state) {}

  void load() override;
  void take(const StepPlan &plan) override;
  void beginEpoch() override { findings.epochSum = 0; }
  StepFindings look() override { return findings; }
  double secondsBetweenLooks() const override { return 0; }
  void fetchParameters() override {}
  void fetchOptimizer() override {}

private:
  std::span<T> trained(std::vector<T> &vector) const { return {vector.data(), size_t(manifest.trainedCount)}; }

  const Manifest &manifest;
  const TrainOptions &options;
  Model<T> &model;
  Batches<T> &batches;
  TrainState<T> &state;
  std::vector<T> gradient;
  StepFindings findings;
};

} // namespace flowc::runtime

#endif

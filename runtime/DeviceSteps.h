// SPDX-License-Identifier: MIT
//
// Steps on a GPU, which has parameters, optimizer and, where they fit, the data for itself. The host runs ahead of it.

#ifndef FLOWC_RUNTIME_DEVICESTEPS_H
#define FLOWC_RUNTIME_DEVICESTEPS_H

#include "runtime/Steps.h"

namespace flowc::runtime {

template <typename T> class DeviceSteps final : public Steps<T> {
public:
  DeviceSteps(const Manifest &manifest, const TrainOptions &options, Model<T> &model, Batches<T> &batches, TrainState<T> &state)
      : manifest(manifest), options(options), model(model), batches(batches), state(state), api(*model.api().training) {}

  void load() override;
  void take(const StepPlan &plan) override;
  void beginEpoch() override { check(api.set_sum(model.instance(), 0)); }
  StepFindings look() override;
  double secondsBetweenLooks() const override { return 0.1; }
  void fetchParameters() override;
  void fetchOptimizer() override;

private:
  void check(flowrt_status status) const;
  /// Copies the data to the device; false where there is none, or no room for it, and steps bring their rows.
  bool bringData();

  const Manifest &manifest;
  const TrainOptions &options;
  Model<T> &model;
  Batches<T> &batches;
  TrainState<T> &state;
  const flowrt_training_api &api;
  bool isResident = false;
  int64_t orderedEpoch = -1;
};

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT

#include "runtime/DeviceSteps.h"

#include <algorithm>

namespace flowc::runtime {

template <typename T> void DeviceSteps<T>::check(flowrt_status status) const {
  if (status != FLOWRT_OK)
    throw StatusError(manifest.name + ": " + model.api().status_message(status), status);
}

/// How far each parameter goes towards the statistics of a batch; none where the model takes no statistics.
template <typename T> static std::vector<T> sharesOf(const Manifest &manifest) {
  std::vector<T> shares(manifest.takesStatistics ? size_t(manifest.parameterCount) : 0);
  if (manifest.takesStatistics)
    for (const Parameter &parameter : manifest.parameters)
      for (int64_t i = parameter.offset; parameter.running && i < parameter.offset + parameter.size; ++i)
        shares[size_t(i)] = T(1 - parameter.running->momentum);
  return shares;
}

template <typename T> void DeviceSteps<T>::load() {
  const OptimizerOptions &optimizer = options.optimizer;
  bool isAdam = optimizer.kind == OptimizerOptions::Kind::Adam;
  std::vector<T> shares = sharesOf<T>(manifest);
  flowrt_training_options given = {isAdam ? FLOWRT_ADAM : FLOWRT_SGD,
                                   optimizer.momentum,
                                   optimizer.beta1,
                                   optimizer.beta2,
                                   optimizer.epsilon,
                                   optimizer.weightDecay,
                                   options.clipNorm,
                                   options.l2,
                                   state.averaged.empty() ? 0 : options.ema,
                                   manifest.trainedCount,
                                   shares.empty() ? nullptr : shares.data(),
                                   std::min(options.batchSize, batches.rows())};
  flowrt_instance *instance = model.instance();
  check(api.begin(instance, &given));
  auto set = [&](flowrt_training_vector vector, const std::vector<T> &values) {
    if (!values.empty())
      check(api.set_vector(instance, vector, values.data()));
  };
  set(FLOWRT_PARAMETERS, state.parameters);
  set(FLOWRT_AVERAGED, state.averaged);
  set(FLOWRT_FIRST_MOMENT, state.optimizer.first);
  set(FLOWRT_SECOND_MOMENT, state.optimizer.second);
  check(api.set_sum(instance, state.epochSum));
  isResident = bringData();
  orderedEpoch = -1;
}

template <typename T> bool DeviceSteps<T>::bringData() {
  if (const Examples<T> *data = batches.examples()) {
    const T *context = data->context.columns ? data->context.values.data() : nullptr;
    const T *weights = data->weights.empty() ? nullptr : data->weights.data();
    flowrt_status status = api.set_data(model.instance(), data->table.values.data(), context, weights, data->table.rows);
    if (status != FLOWRT_NO_DEVICE_MEMORY) {
      check(status);
      return true;
    }
  }
  check(api.set_data(model.instance(), nullptr, nullptr, nullptr, 0));
  return false;
}

template <typename T> void DeviceSteps<T>::take(const StepPlan &plan) {
  flowrt_training_step step = {plan.number, plan.rate, nullptr, nullptr, nullptr, plan.first, plan.rows, options.seed, plan.firstNoise};
  if (!isResident) {
    const Examples<T> &batch = batches.take(plan.epoch, plan.first, plan.rows);
    step.x = batch.table.values.data();
    step.context = batch.context.columns ? batch.context.values.data() : nullptr;
    step.weight = batch.weights.empty() ? nullptr : batch.weights.data();
  } else if (orderedEpoch != plan.epoch) {
    check(api.set_order(model.instance(), batches.order(plan.epoch).data()));
    orderedEpoch = plan.epoch;
  }
  check(api.step(model.instance(), &step));
}

template <typename T> StepFindings DeviceSteps<T>::look() {
  flowrt_training_record record = {};
  check(api.record(model.instance(), &record));
  return {int64_t(record.steps), record.sum, record.last_sum, record.norm, record.failed != 0};
}

template <typename T> void DeviceSteps<T>::fetchParameters() {
  check(api.get_vector(model.instance(), FLOWRT_PARAMETERS, state.parameters.data()));
  if (!state.averaged.empty())
    check(api.get_vector(model.instance(), FLOWRT_AVERAGED, state.averaged.data()));
}

template <typename T> void DeviceSteps<T>::fetchOptimizer() {
  check(api.get_vector(model.instance(), FLOWRT_FIRST_MOMENT, state.optimizer.first.data()));
  if (!state.optimizer.second.empty())
    check(api.get_vector(model.instance(), FLOWRT_SECOND_MOMENT, state.optimizer.second.data()));
}

template class DeviceSteps<float>;
template class DeviceSteps<double>;

} // namespace flowc::runtime

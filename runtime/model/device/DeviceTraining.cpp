// SPDX-License-Identifier: MIT

#include "runtime/model/device/DeviceTraining.h"

#include "runtime/model/Contexts.h"
#include "runtime/model/Memory.h"
#include "runtime/model/Tile.h"

#include <initializer_list>
#include <math.h>

namespace flowc::runtime::model {

/// Numbers that one warp of the device adds up alone (targets/cuda/StepKernels.cpp).
static constexpr int64_t Piece = 1024;

static int64_t piecesIn(int64_t count) { return (count + Piece - 1) / Piece; }

template <typename T> flowrt_status DeviceTraining<T>::begin(const flowrt_training_options &given) {
  DeviceUse use(machine);
  release();
  options = given;
  columns = contextColumns(info);
  gradient.prepare(machine, info);
  auto find = [&](const char *name) { return machine.find(sizeof(T) == 4 ? "f32" : "f64", name); };
  kernels = {find("stage"),         find("statistics"), find("step_loss"),   find("step_descent"), find("step_conclude"),
             find("step_adam"),     find("step_sgd"),   find("step_follow"), find("step_average")};
  int64_t parameters = info.parameters;
  vectors = machine.allocate<T>(4 * parameters);
  staged = machine.allocate<T>(info.staged);
  workspace = machine.allocate<T>(info.workspace);
  record = machine.allocate<double>(sizeof(flowrt_training_record) / sizeof(double));
  squares = machine.allocate<double>(piecesIn(options.trained));
  if (options.follow) {
    follow = machine.allocate<T>(parameters);
    taken = machine.allocate<T>(parameters);
    machine.bring(follow, static_cast<const T *>(options.follow), parameters, stream);
  }
  copies = machine.makeStream();
  machine.clear(vectors, 4 * parameters, stream);
  machine.clear(record, sizeof(flowrt_training_record) / sizeof(double), stream);
  machine.wait(stream);
  flowrt_status status = machine.status();
  hasBegun = status == FLOWRT_OK;
  if (!hasBegun)
    release();
  return status;
}

template <typename T> void DeviceTraining<T>::release() {
  if (copies)
    machine.wait(copies);
  machine.wait(stream);
  gradient.release();
  gradient = {};
  for (Slot &slot : slots) {
    machine.free(slot.device);
    machine.freePinned(slot.host);
    machine.freeEvent(slot.copied);
    machine.freeEvent(slot.used);
    slot = {};
  }
  slotRows = 0;
  machine.freeStream(copies);
  copies = nullptr;
  for (T **memory : {&vectors, &staged, &workspace, &follow, &taken}) {
    machine.free(*memory);
    *memory = nullptr;
  }
  for (double **memory : {&record, &losses, &squares}) {
    machine.free(*memory);
    *memory = nullptr;
  }
  lossPieces = 0;
  forgetData();
  hasBegun = false;
}

template <typename T> T *DeviceTraining<T>::vectorOf(flowrt_training_vector vector) const {
  return vectors + int64_t(vector) * info.parameters;
}

template <typename T> flowrt_status DeviceTraining<T>::setVector(flowrt_training_vector vector, const T *values) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  DeviceUse use(machine);
  machine.bring(vectorOf(vector), values, info.parameters, stream);
  machine.wait(stream);
  return machine.status();
}

template <typename T> flowrt_status DeviceTraining<T>::getVector(flowrt_training_vector vector, T *values) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  DeviceUse use(machine);
  machine.give(values, static_cast<const T *>(vectorOf(vector)), info.parameters, stream);
  machine.wait(stream);
  return machine.status();
}

template <typename T> void DeviceTraining<T>::forgetData() {
  for (T **memory : {&data, &context, &weight}) {
    machine.free(*memory);
    *memory = nullptr;
  }
  machine.free(order);
  order = nullptr;
  dataRows = 0;
  isOrdered = false;
}

template <typename T> flowrt_status DeviceTraining<T>::setData(Given<T> in, const T *given, int64_t rows) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  DeviceUse use(machine);
  machine.wait(stream);
  forgetData();
  // Half of what is free stays so: for the steps, and for whoever else is on the device.
  int64_t bytes = rows * (numbersOfRow() * int64_t(sizeof(T)) + int64_t(sizeof(int64_t)));
  if (bytes > machine.freeBytes() / 2)
    return FLOWRT_NO_DEVICE_MEMORY;
  auto keep = [&](T *&to, const T *from, int64_t count) {
    if ((to = machine.allocate<T>(count)))
      machine.bring(to, from, count, stream);
  };
  keep(data, in.rows, rows * info.features);
  if (in.context)
    keep(context, in.context, rows * columns);
  if (given)
    keep(weight, given, rows);
  order = machine.allocate<int64_t>(rows);
  machine.wait(stream);
  flowrt_status status = machine.status();
  if (status == FLOWRT_OK)
    dataRows = rows;
  else
    forgetData();
  return status;
}

template <typename T> flowrt_status DeviceTraining<T>::setOrder(const int64_t *given) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  for (int64_t row = 0; row < dataRows; ++row)
    if (given[row] < 0 || given[row] >= dataRows)
      return FLOWRT_BAD_ARGUMENT;
  DeviceUse use(machine);
  machine.toDevice(order, given, dataRows, stream);
  machine.wait(stream); // the host's array may go
  isOrdered = dataRows > 0;
  return machine.status();
}

template <typename T> flowrt_status DeviceTraining<T>::setSum(double sum) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  DeviceUse use(machine);
  machine.toDevice(record, static_cast<const double *>(&sum), 1, stream);
  machine.wait(stream);
  return machine.status();
}

template <typename T> bool DeviceTraining<T>::growSlots(int64_t rows) {
  if (rows <= slotRows)
    return true;
  machine.wait(copies);
  machine.wait(stream);
  slotRows = 0;
  for (Slot &slot : slots) {
    machine.free(slot.device);
    machine.freePinned(slot.host);
    slot.device = machine.allocate<T>(rows * numbersOfRow());
    slot.host = machine.allocatePinned<T>(rows * numbersOfRow());
    slot.isBusy = false;
    if (!slot.copied)
      slot.copied = machine.makeEvent();
    if (!slot.used)
      slot.used = machine.makeEvent();
    if (!slot.device || !slot.host || !slot.copied || !slot.used)
      return false;
  }
  slotRows = rows;
  return true;
}

/// Copies a step's rows to the device. A slot is the host's again when its copy is done, and the copies' when its step has read it.
template <typename T> DeviceRows<T> DeviceTraining<T>::bring(const flowrt_training_step &step, Slot &slot) {
  int64_t rows = step.rows, atContext = rows * info.features, atWeight = atContext + rows * columns;
  if (slot.isBusy) {
    machine.waitFor(slot.copied);
    machine.orderBehind(copies, slot.used);
  }
  copy(slot.host, static_cast<const T *>(step.x), rows * info.features);
  if (columns)
    copy(slot.host + atContext, static_cast<const T *>(step.context), rows * columns);
  if (step.weight)
    copy(slot.host + atWeight, static_cast<const T *>(step.weight), rows);
  machine.toDevice(slot.device, static_cast<const T *>(slot.host), step.weight ? atWeight + rows : atWeight, copies);
  machine.record(slot.copied, copies);
  machine.orderBehind(stream, slot.copied);
  slot.isBusy = true;
  return {slot.device,
          columns ? slot.device + atContext : nullptr,
          step.weight ? slot.device + atWeight : nullptr,
          nullptr,
          0,
          step.noise_seed,
          step.first_noise};
}

template <typename T> flowrt_status DeviceTraining<T>::step(const flowrt_training_step &step) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  if (!step.x && (!isOrdered || step.first + step.rows > dataRows))
    return FLOWRT_BAD_ARGUMENT;
  DeviceUse use(machine);
  bool fits = gradient.grow(step.rows, stream) && (step.x ? growSlots(step.rows) : true);
  if (fits && piecesIn(step.rows) > lossPieces) {
    machine.wait(stream);
    machine.free(losses);
    lossPieces = piecesIn(step.rows);
    fits = (losses = machine.allocate<double>(lossPieces));
  }
  if (!fits)
    return machine.status();
  T *parameters = vectorOf(FLOWRT_PARAMETERS);
  Slot &slot = slots[slotSteps % 2];
  DeviceRows<T> rows = step.x ? bring(step, slot) : resident(step);
  machine.launch(kernels.stage, 1, stream, parameters, staged, workspace);
  T *slope = gradient.compute(rows, step.rows, parameters, staged, stream);
  if (step.x) {
    machine.record(slot.used, stream);
    ++slotSteps;
  }
  descend(step, slope);
  return machine.status();
}

/// From the gradient to the next parameters. What is computed from a step's number is computed as runtime/optimizers does.
template <typename T> void DeviceTraining<T>::descend(const flowrt_training_step &step, T *slope) {
  T *parameters = vectorOf(FLOWRT_PARAMETERS), *averaged = vectorOf(FLOWRT_AVERAGED);
  T *first = vectorOf(FLOWRT_FIRST_MOMENT), *second = vectorOf(FLOWRT_SECOND_MOMENT);
  int64_t trained = options.trained, all = info.parameters;
  machine.launch(kernels.loss, kernels.loss.blocksFor(piecesIn(step.rows) * 32), stream, gradient.objective(), gradient.weights(), losses,
                 gradient.objectiveStride(), step.rows);
  machine.launch(kernels.descent, kernels.descent.blocksFor(piecesIn(trained) * 32), stream, slope, parameters, squares, trained,
                 double(step.rows), options.l2);
  machine.launch(kernels.conclude, 1, stream, record, losses, squares, piecesIn(step.rows), piecesIn(trained), options.clip_norm);
  if (options.optimizer == FLOWRT_ADAM) {
    double correction1 = step.rate / (1 - pow(options.beta1, double(step.number)));
    double correction2 = 1 / (1 - pow(options.beta2, double(step.number)));
    machine.launch(kernels.adam, kernels.adam.blocksFor(trained), stream, record, parameters, slope, first, second, trained,
                   1 - options.beta1, 1 - options.beta2, options.epsilon, correction1, correction2, 1 - step.rate * options.weight_decay);
  } else {
    machine.launch(kernels.sgd, kernels.sgd.blocksFor(trained), stream, record, parameters, slope, first, trained,
                   options.momentum, options.weight_decay, step.rate);
  }
  if (follow) {
    machine.copy(taken, static_cast<const T *>(parameters), all, stream);
    machine.launch(kernels.statistics, 1, stream, staged, taken, workspace);
    machine.launch(kernels.follow, kernels.follow.blocksFor(all), stream, record, parameters, taken, follow, all);
  }
  if (options.ema > 0)
    machine.launch(kernels.average, kernels.average.blocksFor(all), stream, record, averaged, parameters, all, 1 - options.ema);
}

template <typename T> flowrt_status DeviceTraining<T>::look(flowrt_training_record &found) {
  if (!hasBegun)
    return FLOWRT_NO_TRAINING;
  DeviceUse use(machine);
  double numbers[sizeof(flowrt_training_record) / sizeof(double)];
  machine.toHost(numbers, static_cast<const double *>(record), sizeof numbers / sizeof(double), stream);
  machine.wait(stream);
  flowrt_status status = machine.status();
  if (status == FLOWRT_OK)
    memcpy(&found, numbers, sizeof numbers);
  return status;
}

template class DeviceTraining<float>;
template class DeviceTraining<double>;

} // namespace flowc::runtime::model

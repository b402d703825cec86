// SPDX-License-Identifier: MIT
//
// Training whose parameters, optimizer and data stay on a GPU. A step is put into a stream and not awaited; the host learns what came of it
// when it asks. Rows that are not on the device are copied beside the steps: while one is computed, the next one's are on their way.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_DEVICETRAINING_H
#define FLOWC_RUNTIME_MODEL_DEVICE_DEVICETRAINING_H

#include "runtime/model/Backend.h"
#include "runtime/model/device/DeviceGradient.h"

namespace flowc::runtime::model {

template <typename T> class DeviceTraining final : public Training<T> {
public:
  DeviceTraining(Device &device, const flowrt_kernel_info &info, DriverStream *stream) : machine(device), info(info), stream(stream) {}

  flowrt_status begin(const flowrt_training_options &options) final;
  flowrt_status setVector(flowrt_training_vector vector, const T *values) final;
  flowrt_status getVector(flowrt_training_vector vector, T *values) final;
  flowrt_status setData(Given<T> in, const T *weight, int64_t rows) final;
  flowrt_status setOrder(const int64_t *order) final;
  flowrt_status setSum(double sum) final;
  flowrt_status step(const flowrt_training_step &step) final;
  flowrt_status look(flowrt_training_record &record) final;

  /// Work goes there from now on; what is under way elsewhere was waited for.
  void moveTo(DriverStream *given) { stream = given; }
  /// The calling thread uses the device.
  void release();

private:
  /// Where the rows of a step that come from the host pass through.
  struct Slot {
    T *device = nullptr, *host = nullptr;
    DriverEvent *copied = nullptr, *used = nullptr;
    bool isBusy = false;
  };

  int64_t numbersOfRow() const { return info.features + columns + 1; }
  T *vectorOf(flowrt_training_vector vector) const;
  DeviceRows<T> resident(const flowrt_training_step &step) const {
    return {data, context, weight, order, step.first, step.noise_seed, step.first_noise};
  }
  DeviceRows<T> bring(const flowrt_training_step &step, Slot &slot);
  bool makeRoom(int64_t rows);
  bool growSlots(int64_t rows);
  void descend(const flowrt_training_step &step, T *slope);
  void forgetData();

  Device &machine;
  const flowrt_kernel_info &info;
  flowrt_training_options options = {};
  DeviceGradient<T> gradient;
  struct {
    DeviceKernel stage, statistics, loss, descent, conclude, adam, sgd, follow, average;
  } kernels;
  DriverStream *stream, *copies = nullptr;
  int64_t columns = 0; // of a row of context as it is given
  bool hasBegun = false;

  T *vectors = nullptr; // parameters, averaged, first, second
  T *staged = nullptr, *workspace = nullptr, *follow = nullptr, *taken = nullptr;
  double *record = nullptr, *losses = nullptr, *squares = nullptr;
  int64_t lossPieces = 0;

  T *data = nullptr, *context = nullptr, *weight = nullptr;
  int64_t *order = nullptr;
  int64_t dataRows = 0;
  bool isOrdered = false;

  Slot slots[2];
  int64_t slotRows = 0, slotSteps = 0;
};

} // namespace flowc::runtime::model

#endif

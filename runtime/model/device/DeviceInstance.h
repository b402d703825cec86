// SPDX-License-Identifier: MIT
//
// One use of the model on a GPU. Data may lie in the host's memory or in the device's. Batches go through in parts that the device's memory
// bounds; no result depends on how they are divided.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_DEVICEINSTANCE_H
#define FLOWC_RUNTIME_MODEL_DEVICE_DEVICEINSTANCE_H

#include "runtime/Philox.h"
#include "runtime/model/Backend.h"
#include "runtime/model/Contexts.h"
#include "runtime/model/device/DeviceTraining.h"
#include "runtime/model/device/Passage.h"

namespace flowc::runtime::model {

/// What the compiler says of the kernels for T; null where it made none.
template <typename T> const flowrt_kernel_info *deviceKernelInfo();

template <typename T> class DeviceInstance final : public Backend<T> {
public:
  /// Null with the reason.
  static DeviceInstance *create(int64_t ordinal, flowrt_dtype dtype, flowrt_status &status);
  void destroy() final;

  int64_t parameterCount() const final { return info->parameters; }
  const char *device() const final { return machine.description(); }
  flowrt_status setThreads(int64_t) final { return FLOWRT_OK; }
  flowrt_status setStream(void *stream) final;
  flowrt_status setParameters(const T *values) final;
  flowrt_status checkContext(const T *context, int64_t rows) final;
  flowrt_status logProb(Given<T> x, int64_t rows, T *logProb) final;
  flowrt_status toLatent(Given<T> x, int64_t rows, T *z, T *logDet) final;
  flowrt_status toData(Given<T> z, int64_t rows, T *x, T *logDet) final;
  flowrt_status sample(const T *context, uint64_t seed, uint64_t first, int64_t count, T *x, T *logProb) final;
  flowrt_status objective(Given<T> in, int64_t rows, T *objective) final;
  flowrt_status target(Given<T> x, int64_t rows, T *logDensity) final;
  flowrt_status gradient(Given<T> in, const T *weight, int64_t rows, T *objective, T *gradient) final;
  flowrt_status statistics(T *values) final;
  flowrt_status probe(Given<T> x, int64_t rows, T *mean, T *deviation) final;
  flowrt_status start(const T *mean, const T *deviation, T *values) final;
  Training<T> *training() final;

private:
  /// What is done with a batch: rows, or the random numbers of `seed` from the item `first` on where there are none, through one kernel.
  struct Work {
    const DeviceKernel &kernel;
    Given<T> in;
    int64_t rows;
    T *results;          // [rows][columns], or null
    int64_t columns;
    T *density;          // [rows], or null
    bool givesDensity;   // whether the kernel does
    uint64_t seed = 0, first = 0;
  };

  flowrt_status prepare(int64_t ordinal);
  bool prepareGradient(int64_t rows);
  flowrt_status run(const Work &work);
  bool makeRoom(int64_t rows);
  /// So that what lies behind probes is aligned as kernels expect it.
  int64_t paddedProbes() const { return int64_t(roundUp(size_t(info->probes) * sizeof(T)) / sizeof(T)); }
  int64_t mostBlocks() const;
  const T *brought(Passage<T> &passage, const T *from, int64_t count, T *to, T *(Passage<T>::*pinned));
  void fill(Passage<T> &passage, const Work &work, int64_t first, int64_t count);
  void compute(Passage<T> &passage, const Work &work, int64_t count);
  void collect(Passage<T> &passage, const Work &work, int64_t first, int64_t count);
  /// Waits for what a passage owes to the host.
  void finish(Passage<T> &passage);
  DriverStream *streamOf(const Passage<T> &passage) const { return hasStream ? stream : passage.stream; }

  Device machine;
  const flowrt_kernel_info *info = nullptr;
  struct {
    DeviceKernel stage, toLatent, toData, logProb, sample, objective, target, statistics, probe, start;
  } kernels;
  TileFiller<T> filler;
  T *parameters = nullptr; // [parameters]
  T *staged = nullptr;     // [staged]
  T *result = nullptr;     // [parameters], started ones
  T *moments = nullptr;    // [2][padded probes]
  T *workspace = nullptr;  // of the kernels without samples
  DeviceGradient<T> backward; // prepared when it is first wanted
  T *batch = nullptr;         // [batchRows] of data, context and weight, from the host
  int64_t batchRows = -1;
  DeviceTraining<T> *trained = nullptr;
  PassageSize size;
  bool isLimited = false; // the device's memory has no room for larger passages
  Passage<T> passages[2];
  DriverStream *stream = nullptr; // the host program's, if it gave one
  bool hasStream = false;
};

} // namespace flowc::runtime::model

#endif

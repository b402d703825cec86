// SPDX-License-Identifier: MIT
//
// The gradient on a GPU: forward and back through the segments of training as runtime/model/TrainingStep.cpp does on the CPU, which says why.
// Nothing is awaited: who wants a result waits for the stream. Sums have an order of their own, whatever the device.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_DEVICEGRADIENT_H
#define FLOWC_RUNTIME_MODEL_DEVICE_DEVICEGRADIENT_H

#include "runtime/model/device/TileFiller.h"

namespace flowc::runtime::model {

template <typename T> class DeviceGradient {
public:
  /// Finds the kernels; what is missing is the device's to remember.
  void prepare(Device &device, const flowrt_kernel_info &info);
  /// Room for batches of so many rows. What is in `stream` may still use the old.
  bool grow(int64_t rows, DriverStream *stream);
  void release();

  /// d(sum of weight * objective) / d(parameters) of `count` rows, which there is room for; and their objective. Where statistics are taken,
  /// those of the rows go into the staged vector.
  T *compute(const DeviceRows<T> &rows, int64_t count, const T *parameters, T *staged, DriverStream *stream);
  /// The objective of row r is at r / tile * objectiveStride() + r % tile.
  const T *objective() const { return last; }
  int64_t objectiveStride() const { return (1 + outputsBefore(segmentCount - 1)) * info->tile; }
  const T *weights() const { return weight; }
  /// The objective of each row, one behind the other.
  void copyObjective(T *to, int64_t count, DriverStream *stream);

private:
  struct Segment {
    flowrt_segment rows;
    DeviceKernel forward, gradient; // the last one has no `forward`
    int64_t before;                 // how many rows the segments before it give
  };

  /// Of a tile that the first segment begins from.
  int64_t givenRows() const { return info->features + info->context + info->noise; }
  int64_t chunksFor(int64_t tiles) const;
  int64_t blocksOf(const DeviceKernel &kernel, int64_t items) const;
  int64_t outputsBefore(int64_t k) const { return k > 0 ? segments[k - 1].rows.outputs : 0; }
  /// What segment k gave, and what it begins from.
  T *carriedBy(int64_t k) const { return carried + segments[k].before * roomTiles * info->tile; }
  const T *begins(int64_t k) const { return k > 0 ? carriedBy(k - 1) : in; }
  void fill(const DeviceRows<T> &rows, int64_t count, DriverStream *stream);
  void runForward(int64_t k, int64_t tiles, T *staged, DriverStream *stream);
  void runBack(int64_t k, int64_t tiles, T *staged, DriverStream *stream);

  Device *machine = nullptr;
  const flowrt_kernel_info *info = nullptr;
  struct {
    DeviceKernel moments, joinMoments, slopes, arrive, reduce, stageAdjoint;
  } kernels;
  TileFiller<T> filler;
  Segment *segments = nullptr;
  int64_t segmentCount = 0, carriedRows = 0, mostOutputs = 0, mostProbed = 0;

  int64_t roomTiles = 0;
  T *memory = nullptr, *slope = nullptr;
  T *in = nullptr, *weight = nullptr, *last = nullptr, *sums = nullptr, *workspace = nullptr; // parts of `memory`
  T *carried = nullptr, *given = nullptr, *arrived = nullptr;                                 // between segments
  double *moments = nullptr, *statistics = nullptr, *total = nullptr; // [tiles][3][mostProbed], [2][mostProbed], [1]
};

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// What a step of training remembers between its segments. A model that takes no statistics has one segment and needs the first two alone.

#ifndef FLOWC_RUNTIME_MODEL_STEP_MEMORY_H
#define FLOWC_RUNTIME_MODEL_STEP_MEMORY_H

#include "runtime/model/Kernels.h"
#include "runtime/model/Memory.h"

namespace flowc::runtime::model {

/// The weight, mean and summed squares of some samples; rows are those that a statistic is taken of.
struct Moments {
  double *weight;  // one
  double *mean;    // [rows]
  double *squares; // [rows], weighted, of the distance from the mean
};

template <typename T> struct StepMemory {
  T **partials = nullptr; // [partialCount] staged gradients, one a chunk
  int64_t partialCount = 0;
  T **carried = nullptr;      // [segments - 1][tiles][outputs][tile], what each segment gave
  T *adjoint = nullptr;       // [tiles][mostOutputs][tile], the gradient by what a segment gave: of each tile the last one gone through
  double *moments = nullptr;  // [tiles][1 + 2 * mostProbed]
  double *slopes = nullptr;   // [2][mostProbed], the gradient by means and variances
  int64_t tiles = 0;          // that there is room for
  double weight = 0;          // of the batch at hand
  int64_t mostOutputs = 0, mostProbed = 0;

  void measure(const Kernels<T> &kernels) {
    for (int64_t k = 0; k + 1 < kernels.segmentCount; ++k) {
      mostOutputs = mostOutputs > kernels.segments[k].outputs ? mostOutputs : kernels.segments[k].outputs;
      mostProbed = mostProbed > kernels.segments[k].probed ? mostProbed : kernels.segments[k].probed;
    }
  }

  bool growPartials(int64_t count, int64_t most, int64_t staged) {
    if (!partials && !(partials = allocate<T *>(most)))
      return false;
    for (; partialCount < count; ++partialCount)
      if (!(partials[partialCount] = allocate<T>(staged)))
        return false;
    return true;
  }

  /// Room between segments for so many tiles.
  bool growTiles(int64_t count, const Kernels<T> &kernels) {
    int64_t cuts = kernels.segmentCount - 1, tile = kernels.info->training_tile;
    if (cuts == 0 || count <= tiles)
      return true;
    freeTiles(cuts);
    carried = allocate<T *>(cuts);
    adjoint = allocate<T>(count * mostOutputs * tile);
    moments = allocate<double>(count * (1 + 2 * mostProbed));
    slopes = allocate<double>(2 * mostProbed);
    bool good = carried && adjoint && moments && slopes;
    for (int64_t k = 0; good && k < cuts; ++k)
      good = (carried[k] = allocate<T>(count * kernels.segments[k].outputs * tile));
    if (good)
      tiles = count;
    return good;
  }

  T *adjointOf(int64_t index, int64_t tile) const { return adjoint + index * mostOutputs * tile; }

  Moments momentsOf(int64_t index) const {
    double *at = moments + index * (1 + 2 * mostProbed);
    return {at, at + 1, at + 1 + mostProbed};
  }

  void freeTiles(int64_t cuts) {
    for (int64_t k = 0; carried && k < cuts; ++k)
      free(carried[k]);
    free(carried);
    free(adjoint);
    free(moments);
    free(slopes);
    carried = nullptr;
    adjoint = nullptr;
    moments = slopes = nullptr;
    tiles = 0;
  }

  void release(int64_t cuts) {
    for (int64_t i = 0; i < partialCount; ++i)
      free(partials[i]);
    free(partials);
    freeTiles(cuts);
  }
};

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// How the kernels of training are cut: what is not fixed by the model but by what fits where on the machine. One small model of costs
// chooses; a measurement (`flowc build --tune`) may know better.

#pragma once

#include <cstdint>

namespace flowc {

/// Tiles of training that are worth a try, in samples: smaller ones leave vectors idle, larger ones gain nothing more.
inline constexpr int64_t kTrainingTiles[] = {64, 128, 256};

/// The driver sums a gradient in at most so many places (runtime/model/TrainingStep.cpp).
inline constexpr int64_t kMostChunks = 16;

/// Of the kernels of training and of how they are called; see flowrt_kernel_info.
struct TrainingSchedule {
  int64_t tile = 64;        ///< Samples in a tile, a multiple of 16.
  int64_t chunkTiles = 4;   ///< Tiles whose gradients are summed in one place.
  int64_t leastChunks = 16; ///< Places to sum in, if there are so many tiles.
  bool operator==(const TrainingSchedule &) const = default;
};

/// The machine and the batches that a schedule is chosen for.
struct ScheduleTarget {
  int64_t secondCache = 1 << 20; ///< Bytes, of one core.
  int64_t thirdCache = 32 << 20; ///< Bytes, of all cores.
  int64_t processors = 8;
  int64_t batch = 256;           ///< Rows of a step.
};

/// What the choice depends on of a model, in one element type.
struct TrainingSize {
  int64_t stagedBytes;    ///< Of the staged vector, and so of its gradient.
  int64_t bytesPerSample; ///< Of everything that a sample leaves behind on the way forward, to be read on the way back.
};

TrainingSchedule chooseTrainingSchedule(const TrainingSize &size, const ScheduleTarget &target);

} // namespace flowc

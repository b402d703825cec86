// SPDX-License-Identifier: MIT
//
// The model of costs. A tile reads all weights on the way forward and on the way back, and reads and writes their gradient: the larger the
// tile, the fewer samples pay for that. But what its samples leave behind between the two ways grows with it, and leaves the second cache.
// Sums in several places keep threads busy, but each place is cleared, and read once more in the end.
//
// The rates are of one core of an AMD Zen 4 (bench/README.md), rounded: only their proportions matter.

#include "compiler/Schedule/Choice.h"

#include <algorithm>

namespace flowc {
namespace {

/// Bytes in a nanosecond from where `footprint` bytes lie that are gone through again and again. What comes from the second cache comes
/// while products are computed, for the most part.
double rateOf(int64_t footprint, const ScheduleTarget &target) {
  return footprint <= target.secondCache ? 200 : footprint <= target.thirdCache ? 25 : 8;
}

/// Bytes multiplied in a nanosecond: 110 flops on f32, half as many on f64.
constexpr double kMultiplyRate = 4 * 110;
constexpr double kFlopsOfWeight = 6;

/// How often the gradient of a weight, and the weight itself, pass by for a tile.
constexpr double kPassesOfWeights = 4;
/// How often what a sample leaves behind does: written, read by the next layer; on the way back read, transposed, read in products.
constexpr double kPassesOfSamples = 6;
/// A place to sum in is cleared, read and written by the first tile as by any other, and read in the end by a sum that writes.
constexpr double kPassesOfChunk = 4;
/// The part of the work that places to sum in may cost, where threads do not need more of them.
constexpr double kCostOfChunks = 0.02;

/// A larger tile must make a step shorter by this: it is idle more often where a batch ends.
constexpr double kClearlyLess = 0.98;

/// Nanoseconds of a sample: three products with two flops each for a weight, and what passes by.
double costOf(int64_t tile, const TrainingSize &size, const ScheduleTarget &target) {
  double products = kFlopsOfWeight * double(size.stagedBytes) / kMultiplyRate;
  double weights = kPassesOfWeights * double(size.stagedBytes) / rateOf(2 * size.stagedBytes, target) / double(tile);
  return products + weights + kPassesOfSamples * double(size.bytesPerSample) / rateOf(size.bytesPerSample * tile, target);
}

} // namespace

TrainingSchedule chooseTrainingSchedule(const TrainingSize &size, const ScheduleTarget &target) {
  TrainingSchedule best;
  for (int64_t tile : kTrainingTiles)
    if (tile * target.processors <= target.batch && costOf(tile, size, target) < kClearlyLess * costOf(best.tile, size, target))
      best.tile = tile;
  best.leastChunks = std::clamp<int64_t>(target.processors, 1, kMostChunks);
  double chunk = kPassesOfChunk / rateOf(kMostChunks * size.stagedBytes, target), perTile = kFlopsOfWeight * double(best.tile) / kMultiplyRate;
  best.chunkTiles = std::max<int64_t>(1, int64_t(chunk / (kCostOfChunks * perTile) + 0.5));
  return best;
}

} // namespace flowc

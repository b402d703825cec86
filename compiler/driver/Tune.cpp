// SPDX-License-Identifier: MIT

#include "compiler/driver/Tune.h"

#include "runtime/commands/GradientTimes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

namespace flowc::driver {
namespace {

/// Of the time; what is not below is taken for equal.
constexpr double kClearlyLess = 0.98;

int64_t chunksOf(const TrainingSchedule &schedule, int64_t batch) {
  int64_t tiles = (batch + schedule.tile - 1) / schedule.tile;
  return std::min({std::max(tiles / schedule.chunkTiles, schedule.leastChunks), tiles, kMostChunks});
}

} // namespace

std::vector<TrainingSchedule> trainingCandidates(const TrainingSchedule &chosen, const ScheduleTarget &target) {
  std::vector<TrainingSchedule> candidates{chosen};
  for (int64_t tile : kTrainingTiles)
    for (int64_t leastChunks : {chosen.leastChunks, 2 * chosen.leastChunks}) {
      TrainingSchedule next{tile, std::max<int64_t>(1, chosen.chunkTiles * chosen.tile / tile), std::min(leastChunks, kMostChunks)};
      bool isKnown = llvm::any_of(candidates, [&](const TrainingSchedule &other) {
        return other.tile == tile && chunksOf(other, target.batch) == chunksOf(next, target.batch);
      });
      // More than half of a larger tile would be empty.
      if (!isKnown && (tile == kTrainingTiles[0] || tile < 2 * target.batch))
        candidates.push_back(next);
    }
  return candidates;
}

llvm::Expected<TrainingSchedule> fastestSchedule(llvm::ArrayRef<TrainingSchedule> candidates, int64_t batch, MakeModel make) {
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("flowc-tune", folder))
    return llvm::errorCodeToError(error);
  llvm::scope_exit remove([&] { llvm::sys::fs::remove_directories(folder, /*IgnoreErrors=*/true); });
  std::vector<std::string> directories;
  for (const TrainingSchedule &schedule : candidates) {
    directories.push_back((folder + "/" + std::to_string(directories.size())).str());
    if (llvm::Error error = make(schedule, directories.back()))
      return std::move(error);
  }
  auto seconds = runtime::timeGradients(directories, batch);
  if (!seconds)
    return llvm::createStringError(seconds.error().message);
  size_t best = 0;
  for (auto [k, schedule] : llvm::enumerate(candidates)) {
    llvm::errs() << llvm::format("  tiles of %3lld rows, %2lld sums: %.3f ms\n", static_cast<long long>(schedule.tile),
                                 static_cast<long long>(chunksOf(schedule, batch)), (*seconds)[k] * 1e3);
    if ((*seconds)[k] < (*seconds)[best] * (best == 0 ? kClearlyLess : 1))
      best = k;
  }
  return candidates[best];
}

} // namespace flowc::driver

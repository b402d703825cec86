// SPDX-License-Identifier: MIT
//
// The folder of one training run: config.json (what was asked), metrics.jsonl (a line an epoch), model.safetensors (the
// best parameters), last.safetensors (the last ones), optim.safetensors (what resuming needs), loss.svg.

#ifndef FLOWC_RUNTIME_RUNFOLDER_H
#define FLOWC_RUNTIME_RUNFOLDER_H

#include "runtime/Error.h"

#include <cstdint>
#include <vector>

namespace flowc::runtime {

/// What is known when an epoch has ended.
struct EpochReport {
  int64_t epoch = 0, epochs = 0, step = 0;
  double trainLoss = 0;
  double validLoss = 0; // NaN where there is no validation data
  double rate = 0, gradientNorm = 0, rowsPerSecond = 0, seconds = 0;
  bool isBest = false;
};

struct RunFolder {
  std::string path;
  std::string metric = "nll"; // what is lowered, in the names of metrics

  std::string file(const char *name) const { return path + "/" + name; }

  /// Makes the folder. One that already holds a run is refused unless the run is to be resumed.
  Failure create(bool resume) const;

  /// Adds a line; and drops the lines of steps after `step`, which a resumed run will write anew.
  Failure appendMetrics(const EpochReport &report) const;
  Failure dropMetricsAfter(int64_t step) const;

  /// All epochs in metrics.jsonl.
  Result<std::vector<EpochReport>> readMetrics() const;
};

} // namespace flowc::runtime

#endif

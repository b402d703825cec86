// SPDX-License-Identifier: MIT
//
// Maximum likelihood by mini-batches. Everything random is a function of (seed, epoch), everything summed is summed in
// a fixed order: a run gives the same bits for any number of threads, and when it is stopped anywhere and resumed.

#ifndef FLOWC_RUNTIME_TRAINER_H
#define FLOWC_RUNTIME_TRAINER_H

#include "runtime/CompiledModel.h"
#include "runtime/RunFolder.h"
#include "runtime/TrainOptions.h"
#include "runtime/TrainState.h"
#include "runtime/data/Table.h"

#include <chrono>
#include <functional>

namespace flowc::runtime {

/// Where the run is, for a progress display.
struct StepReport {
  int64_t step = 0, steps = 0, epoch = 0, epochs = 0;
  double trainNll = 0, validNll = 0, gradientNorm = 0; // of the epoch so far; of the last epoch; of this step
  double rowsPerSecond = 0, secondsLeft = 0;
};

/// Who watches a run.
struct TrainObserver {
  std::function<void(const StepReport &)> onStep;
  std::function<void(const EpochReport &)> onEpoch;
  std::function<bool()> shouldStop; // asked after every step; the run then saves its state and ends as interrupted
};

/// How a run ended.
struct TrainSummary {
  enum class End { Finished, StoppedEarly, Interrupted };
  End end = End::Finished;
  double bestNll = 0;
  int64_t bestEpoch = 0, epochs = 0, step = 0;
  bool validated = false; // bestNll is of validation data
};

template <typename T> class Trainer {
public:
  /// `valid` may be empty. The folder must exist.
  Trainer(const CompiledModel &compiled, const TrainOptions &options, Table<T> train, Table<T> valid, RunFolder folder,
          int64_t threads);

  /// Begins from the initializers and the data-dependent starts.
  Failure begin();

  /// Goes on from the folder's saved state.
  Failure resume();

  Result<TrainSummary> run(const TrainObserver &observer);

  const TrainState<T> &state() const { return current; }

private:
  using Clock = std::chrono::steady_clock;

  int64_t epochOf(int64_t step) const { return step / stepsPerEpoch; }
  Failure takeStep();
  Failure diverged(const char *what, double value) const;
  Result<EpochReport> endEpoch();
  Failure save();
  Failure writeState();
  double meanNll(const Table<T> &table);
  StepReport report() const;
  Failure checkStarted();

  const CompiledModel &compiled;
  TrainOptions options;
  Table<T> train, valid;
  RunFolder folder;
  Model<T> model;
  TrainState<T> current;
  Schedule schedule;
  int64_t stepsPerEpoch = 1, totalSteps = 1, epochs = 1;
  std::vector<int64_t> order; // of the epoch `orderEpoch`
  int64_t orderEpoch = -1;
  std::vector<T> batch, gradient;
  double lastNorm = 0, lastValid = 0;
  Clock::time_point began, epochBegan, saved;
  double secondsBetweenSaves = 0;
  int64_t beganStep = 0, epochBeganRows = 0;
};

} // namespace flowc::runtime

#endif

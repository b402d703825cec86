// SPDX-License-Identifier: MIT
//
// Gradient descent on what the model's objective says, by mini-batches. Everything random is a function of (seed,
// epoch), everything summed is summed in a fixed order: a run gives the same bits for any number of threads, and when
// it is stopped anywhere and resumed.

#ifndef FLOWC_RUNTIME_TRAINER_H
#define FLOWC_RUNTIME_TRAINER_H

#include "runtime/CompiledModel.h"
#include "runtime/RunFolder.h"
#include "runtime/Steps.h"
#include "runtime/TrainOptions.h"
#include "runtime/TrainState.h"
#include "runtime/data/Batches.h"

#include <chrono>
#include <functional>

namespace flowc::runtime {

/// Where the run is, for a progress display.
struct StepReport {
  int64_t step = 0, steps = 0, epoch = 0, epochs = 0;
  double trainLoss = 0, validLoss = 0, gradientNorm = 0; // of the epoch so far; of the last epoch; of this step
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
  double bestLoss = 0;
  int64_t bestEpoch = 0, epochs = 0, step = 0;
  bool validated = false; // bestLoss is of validation data
};

/// What a run learns from and is judged by. `valid` may be empty.
template <typename T> struct TrainInput {
  std::unique_ptr<Batches<T>> train;
  Examples<T> valid;
};

/// Rows of data, perhaps weighted. Their weights are taken relative to the mean weight of their table.
template <typename T> TrainInput<T> dataInput(Examples<T> train, Examples<T> valid, uint64_t seed);

/// Random numbers for a model that draws its own samples, given rows of `contexts` if it is conditional; those that judge it are the same
/// in every epoch.
template <typename T> TrainInput<T> noiseInput(int64_t columns, Table<T> contexts, const TrainOptions &options);

template <typename T> class Trainer {
public:
  /// The folder must exist. `device` is one of flowrt.h.
  Trainer(const CompiledModel &compiled, const TrainOptions &options, TrainInput<T> input, RunFolder folder, int64_t threads,
          const std::string &device = "cpu");

  /// Begins from the initializers, the teacher's checkpoint where the objective has one, and the data-dependent starts.
  Failure begin(const std::string &teacher = "");

  /// Goes on from the folder's saved state.
  Failure resume();

  /// Brings what has begun to where it computes, and takes all memory there, so that a lack of it is known before anything is written.
  void prepare();

  /// Prepares first, unless that was done.
  Result<TrainSummary> run(const TrainObserver &observer);

  const TrainState<T> &state() const { return current; }

private:
  using Clock = std::chrono::steady_clock;

  int64_t epochOf(int64_t step) const { return step / stepsPerEpoch; }
  /// The row of an epoch at which its batch `k` begins.
  int64_t firstRow(int64_t k) const;
  Failure checkBatches() const;
  std::vector<T> objectiveOf(const Examples<T> &examples, int64_t first, int64_t count);
  /// The step that follows so many.
  StepPlan plan(int64_t step) const;
  Failure takeStep();
  Failure look();
  Failure diverged(const char *what, double value) const;
  Result<EpochReport> endEpoch();
  Failure save();
  Failure writeState();
  Error giveUp(const Error &failure) const;
  double meanLoss(const Examples<T> &examples);
  StepReport report() const;
  Failure checkStarted();
  Failure checkAssumed(const Examples<T> &batch);

  const CompiledModel &compiled;
  TrainOptions options;
  TrainInput<T> input;
  RunFolder folder;
  Model<T> model;
  TrainState<T> current;
  Schedule schedule;
  int64_t stepsPerEpoch = 1, totalSteps = 1, epochs = 1;
  std::unique_ptr<Steps<T>> steps;
  bool isPrepared = false;
  double lastNorm = 0, lastTrain = 0, lastValid = 0;
  Clock::time_point began, epochBegan, saved, looked;
  double secondsBetweenSaves = 0;
  int64_t beganStep = 0, loadedStep = 0, epochBeganRows = 0;
};

} // namespace flowc::runtime

#endif

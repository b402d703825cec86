// SPDX-License-Identifier: MIT
//
// Steps of training, wherever they are taken. The trainer says on which rows and at which rate, and asks now and then what has come of it.

#ifndef FLOWC_RUNTIME_STEPS_H
#define FLOWC_RUNTIME_STEPS_H

#include "runtime/CompiledModel.h"
#include "runtime/TrainOptions.h"
#include "runtime/TrainState.h"
#include "runtime/data/Batches.h"

#include <memory>

namespace flowc::runtime {

/// A step: its number (the first is 1), its rate, its rows, those first, ..., first + rows - 1 of an epoch, and the random numbers of the
/// first one: no two rows of a run share any, whatever its batches are.
struct StepPlan {
  int64_t number;
  double rate;
  int64_t epoch, first, rows;
  uint64_t firstNoise;
};

/// What steps have come to.
struct StepFindings {
  int64_t taken = 0;                 // since the state was loaded, those that went well
  double epochSum = 0;               // of the objective over the rows of the epoch that is under way
  double lastSum = 0, lastNorm = 0;  // of the step taken last
  bool failed = false;               // lastSum or lastNorm is not finite; nothing is changed since
};

template <typename T> class Steps {
public:
  virtual ~Steps() = default;

  /// Begins from the state's vectors and its sum of the epoch. The state outlives the steps.
  virtual void load() = 0;
  virtual void take(const StepPlan &plan) = 0;
  virtual void beginEpoch() = 0;
  virtual StepFindings look() = 0;
  /// How long steps may go on without a look: it may have to wait for them.
  virtual double secondsBetweenLooks() const = 0;
  /// Brings what steps have made of them into the state: its parameters with their average, and the optimizer's vectors.
  virtual void fetchParameters() = 0;
  virtual void fetchOptimizer() = 0;
};

/// Steps where `model` computes. All that is given outlives them.
template <typename T>
std::unique_ptr<Steps<T>> makeSteps(const Manifest &manifest, const TrainOptions &options, Model<T> &model, Batches<T> &batches,
                                    TrainState<T> &state);

} // namespace flowc::runtime

#endif

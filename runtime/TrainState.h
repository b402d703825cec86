// SPDX-License-Identifier: MIT
//
// All that a training run needs in order to go on exactly where it stopped, in ONE file, so that a kill at any instant
// leaves either the old or the new state.

#ifndef FLOWC_RUNTIME_TRAINSTATE_H
#define FLOWC_RUNTIME_TRAINSTATE_H

#include "runtime/Error.h"
#include "runtime/optimizers/Optimizer.h"

#include <limits>

namespace flowc::runtime {

template <typename T> struct TrainState {
  int64_t step = 0;                                      // steps done
  double epochSum = 0;                                   // of log_prob over the rows of the epoch that is under way
  int64_t epochRows = 0;                                 // how many those are
  double best = std::numeric_limits<double>::infinity(); // the best loss of an epoch
  int64_t bestEpoch = 0;                                 // 0: none yet
  int64_t worseEpochs = 0;                               // since then
  std::vector<T> parameters, averaged, bestParameters;   // averaged: empty without EMA
  OptimizerState<T> optimizer;
};

template <typename T> Failure saveTrainState(const std::string &path, const TrainState<T> &state);

/// `parameters` is the size that every vector must have; the state must have been trained in the same element type.
template <typename T> Result<TrainState<T>> loadTrainState(const std::string &path, size_t parameters);

} // namespace flowc::runtime

#endif

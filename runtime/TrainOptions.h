// SPDX-License-Identifier: MIT
//
// What a training run is asked to do. Precedence: command line, the spec's `train`, the defaults here.

#ifndef FLOWC_RUNTIME_TRAINOPTIONS_H
#define FLOWC_RUNTIME_TRAINOPTIONS_H

#include "runtime/Error.h"
#include "runtime/cli/Arguments.h"
#include "runtime/optimizers/Optimizer.h"
#include "runtime/optimizers/Schedule.h"

#include <nlohmann/json.hpp>

namespace flowc::runtime {

struct TrainOptions {
  int64_t epochs = 50;
  int64_t steps = 0; // 0: as many as the epochs have
  int64_t batchSize = 256;
  double learningRate = 1e-3;
  OptimizerOptions optimizer;
  Schedule::Kind schedule = Schedule::Kind::Constant;
  int64_t warmup = 0;
  double clipNorm = 0; // 0: off
  double l2 = 0;       // times half the sum of the parameters' squares is added to the loss
  int64_t samples = 16384; // of an epoch, where the model draws its own
  uint64_t seed = 0;
  double validSplit = 0.1;
  int64_t patience = 0; // epochs without a better validation; 0: never stop early
  double ema = 0;       // decay of the averaged parameters; 0: off
};

/// Takes over what the spec's `train` object says; unknown keys are errors.
Failure applySpec(const nlohmann::json &train, TrainOptions &options);

/// Takes over what the command line says.
Failure applyArguments(const cli::Arguments &arguments, TrainOptions &options);

/// All options, in the form of the spec's `train`: `applySpec` of it gives the same options.
nlohmann::ordered_json toJson(const TrainOptions &options);

} // namespace flowc::runtime

#endif

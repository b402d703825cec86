// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Schedule/Choice.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <optional>

namespace flowc {

struct ScheduleOptions {
  /// Samples in a tile; a multiple of 16.
  int64_t tile = 64;
  /// Of the kernels of training; what is not given is chosen for `target`.
  std::optional<TrainingSchedule> training = {};
  ScheduleTarget target = {};
  /// Gradients of matrices of one row or column as sums over samples, not as products; where products are made of registers, not of tiles.
  bool narrowAsSums = true;
  bool f32 = true, f64 = true;
};

/// What the pass would choose for the staged models of the module, which is no longer of use.
TrainingSchedule chosenTrainingSchedule(mlir::ModuleOp module, const ScheduleOptions &options);

/// Replaces a staged and differentiated model by its kernels (runtime/abi/flowrt_kernels.h): one function over a tile of samples per
/// direction and element type, written in the tile dialect, with every buffer placed.
std::unique_ptr<mlir::Pass> createSchedulePass(const ScheduleOptions &options = {});

} // namespace flowc

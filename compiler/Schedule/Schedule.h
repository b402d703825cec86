// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace flowc {

struct ScheduleOptions {
  /// Samples in a tile; a multiple of 16.
  int64_t tile = 64;
  bool f32 = true, f64 = true;
};

/// Replaces a staged and differentiated model by its kernels (runtime/abi/flowrt_kernels.h): one function over a tile of samples per
/// direction and element type, written in the tile dialect, with every buffer placed.
std::unique_ptr<mlir::Pass> createSchedulePass(const ScheduleOptions &options = {});

} // namespace flowc

// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// Staged values start on 64-byte boundaries in f32 (and so in f64).
inline constexpr int64_t kStagedAlignment = 16;

/// Separates what depends on the parameters alone from what depends on the sample: adds `stage()`, which computes the former once
/// per step and stores it in the staged vector (flow.staged, flow.store), and lets the model's functions read it from there.
std::unique_ptr<mlir::Pass> createStagePass();

} // namespace flowc

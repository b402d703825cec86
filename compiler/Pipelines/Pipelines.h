// SPDX-License-Identifier: MIT
//
// The whole compiler as phases. Each phase takes the module of the one before, and can be printed.

#pragma once

#include "compiler/Schedule/Schedule.h"

#include "mlir/Pass/PassManager.h"

#include <optional>

namespace flowc {

/// What `--emit` names, in the order of the pipeline.
enum class Phase { Tree, Flow, Derived, Staged, Scheduled, Mlir, Llvm, Asm, Object, Ptx, Cubin };

struct PhaseInfo {
  Phase phase;
  llvm::StringRef name;
  llvm::StringRef description;
};

/// All phases, in order.
llvm::ArrayRef<PhaseInfo> phases();
std::optional<Phase> phaseByName(llvm::StringRef name);

/// flow IR -> derived IR: both directions and the log-determinant of every layer, simplified.
void addDerivePipeline(mlir::OpPassManager &passes);
/// derived IR -> staged IR: the model's functions, what depends on parameters alone apart, and the gradients.
void addStagePipeline(mlir::OpPassManager &passes);
/// staged IR -> scheduled IR: kernels over a tile.
void addSchedulePipeline(mlir::OpPassManager &passes, const ScheduleOptions &options);

} // namespace flowc

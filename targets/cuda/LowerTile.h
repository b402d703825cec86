// SPDX-License-Identifier: MIT
//
// The passes of the CUDA target that are its own. The rest of its pipeline is upstream: Pipeline.cpp.

#pragma once

#include "targets/cuda/CudaTarget.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace flowc::cuda {

/// Functions of tile ops -> a gpu.module with a kernel for each, over many tiles.
std::unique_ptr<mlir::Pass> createLowerTilePass(const CudaOptions &options = {});

/// In a gpu.module: adds the kernels between rows and tiles.
std::unique_ptr<mlir::Pass> createRowKernelsPass(int64_t threads = 128);

/// In a gpu.module: an error for every math function that is neither expanded nor an instruction.
std::unique_ptr<mlir::Pass> createMathCheckPass();

/// In a gpu.module: functions, branches and what a GPU has -> the llvm and nvvm dialects. Upstream's pass of this kind refuses the
/// functions that are instructions, for its own patterns call a library instead.
std::unique_ptr<mlir::Pass> createGpuToNvvmPass();

} // namespace flowc::cuda

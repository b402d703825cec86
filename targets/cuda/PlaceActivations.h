// SPDX-License-Identifier: MIT
//
// Which buffers of a tile lie in the shared memory of its block.

#pragma once

#include "targets/cuda/CudaTarget.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace flowc::cuda {

/// The array of a kernel whose size is said when it is launched.
inline constexpr llvm::StringLiteral kActivations = "flow_activations";

/// On a kernel: its bytes of that array.
inline constexpr llvm::StringLiteral kActivationBytes = "flow.activation_bytes";

/// Bytes of shared memory that a block may take on a chip, so that a second one fits beside it.
int64_t sharedBytesOfBlock(llvm::StringRef chip);

/// Gives a function over a tile one more argument, a buffer in shared memory of at most `bytes` bytes, and makes slices of it of those of
/// its workspace's buffers that are worth it. Returns the argument, or nothing where none is.
mlir::BlockArgument placeActivations(mlir::func::FuncOp function, int64_t bytes);

} // namespace flowc::cuda

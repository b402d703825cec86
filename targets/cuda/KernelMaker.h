// SPDX-License-Identifier: MIT
//
// A kernel's outside: what is launched has pointers to global memory, then numbers of 64 bits, and knows how many threads a block has.

#pragma once

#include "targets/cuda/KernelBuilder.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace flowc::cuda {

/// Makes kernels at the end of a gpu.module's body.
class KernelMaker {
public:
  KernelMaker(mlir::Block *home, mlir::Location loc, int64_t threads);

  /// `pointers` pointers and `numbers` numbers. What is built from now on is the kernel's body.
  mlir::gpu::GPUFuncOp open(const llvm::Twine &name, unsigned pointers, unsigned numbers);
  void close();

  mlir::OpBuilder builder;
  mlir::Location loc;
  const int64_t threads;
};

/// body(i) for i in 0 .. count - 1, shared among all threads of all blocks; neighbours take neighbours.
void shareInGrid(BlockEmitter &e, mlir::Value count, llvm::function_ref<void(mlir::Value i)> body);

} // namespace flowc::cuda

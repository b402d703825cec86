// SPDX-License-Identifier: MIT
//
// What is launched: kernels around the functions over one tile.

#pragma once

#include "targets/cuda/KernelBuilder.h"

namespace flowc::cuda {

/// What a kernel's argument is, tile for tile.
struct KernelArgument {
  enum Kind {
    Shared,     ///< The same for all tiles.
    PerTile,    ///< `size` numbers a tile, one tile behind the other.
    PerChunk,   ///< Sums over samples: `size` numbers for every chunk of tiles, which are added to.
    PerBlock,   ///< The workspace: `size` numbers for every block.
  } kind;
  int64_t size;
  mlir::Type element;

  /// Of how many numbers its address is a multiple, in every tile, chunk or block.
  int64_t alignment() const;
};

/// What the arguments of a function of tile ops are, before it is lowered: an argument with samples is per tile; one without is shared,
/// unless it is marked to take sums over samples. The last argument is the workspace. Without any per tile, all are shared.
llvm::SmallVector<KernelArgument> classifyArguments(mlir::func::FuncOp function);

/// Makes the kernels that call `function`, whose arguments are pointers, and which has `activationBytes` of shared memory.
void makeKernels(mlir::func::FuncOp function, llvm::StringRef name, llvm::ArrayRef<KernelArgument> arguments, int64_t activationBytes,
                 KernelCache &cache);

} // namespace flowc::cuda

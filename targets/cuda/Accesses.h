// SPDX-License-Identifier: MIT
//
// Which threads touch which numbers in a tile op's function, as far as barriers between ops are concerned.

#pragma once

#include "compiler/Dialect/Tile/TileDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace flowc::cuda {

/// Which thread touches a number: (i * width + s) modulo the threads of the block, for the one at first + i * pitch + s, where s is less
/// than the pitch.
struct ThreadMap {
  int64_t first, pitch, width;
};

/// What a tile op's function touches of one buffer.
struct Access {
  mlir::Value buffer;
  mlir::Value origin; ///< What the buffer is a slice of.
  int64_t first, end; ///< The numbers of it.
  bool isWrite;
  int64_t times; ///< How often each of them is touched.
  std::optional<ThreadMap> threads; ///< Nothing where any thread may touch any of them.
};

/// What a tile op's function touches until its end, behind its own last barrier for all other threads' sake, or since its beginning.
struct Accesses {
  llvm::SmallVector<Access> list;
  /// Whether the function begins with a barrier.
  bool waits = false;

  /// Any thread may touch any number of the buffer.
  void add(mlir::Value buffer, bool isWrite, int64_t times = 1);
  /// Thread (i * width + s) touches number s of the buffer's row `rows[i]` (of row i without), i from 0 to `count` - 1.
  void add(mlir::Value buffer, bool isWrite, llvm::ArrayRef<int64_t> rows, int64_t count, int64_t width);
};

/// What becomes of an op, said beside its lowering.
Accesses accessesOf(tile::MapOp op);
Accesses accessesOf(tile::GemmOp op);
Accesses accessesOf(tile::SolveOp op);
Accesses accessesOf(tile::EliminateOp op);
Accesses accessesOf(tile::SubstituteOp op);
Accesses accessesOf(tile::TransposeOp op);
Accesses accessesOf(tile::FillOp op);
Accesses accessesOf(tile::RepeatOp op); ///< Beside what its body touches.
/// Of any op.
Accesses accessesOf(mlir::Operation *op);

/// Puts a barrier before each tile op that touches what another thread may have touched since the last one, and behind them all.
void placeBarriers(mlir::func::FuncOp function, int64_t threads);

} // namespace flowc::cuda

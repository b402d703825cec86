// SPDX-License-Identifier: MIT
//
// What the function of a tile.solve is told, on any machine.

#pragma once

#include "targets/common/FunctionCache.h"

namespace flowc::targets {

/// The addresses of a, y and x; how far apart a's rows are, a's columns, y's rows and x's; the numbers of rows and samples; and where there
/// is a diagonal, its address and how far apart its elements are.
llvm::SmallVector<mlir::Value> solveArguments(tile::SolveOp op, FunctionCache &cache, Emitter &emitter);

} // namespace flowc::targets

// SPDX-License-Identifier: MIT
//
// How large the register blocks of a product are. The numbers are measured: bench/README.md.

#pragma once

#include "targets/cpu/KernelBuilder.h"

namespace flowc::cpu {

/// The most vectors that a block of columns may have.
int64_t vectorsPerBlock(const VectorUnit &unit);

/// The heights of row blocks for a column block of so many vectors, tallest first and 1 last: each is used until fewer
/// rows are left, so that any number of rows is covered.
llvm::SmallVector<int64_t> rowBlockHeights(const VectorUnit &unit, int64_t vectors);

} // namespace flowc::cpu

// SPDX-License-Identifier: MIT

#pragma once

#include "llvm/ADT/StringRef.h"

namespace flowc::tile {

/// Marks a kernel's argument without samples that takes sums over them, beside those of other tiles. (A kernel may have nothing to add.)
inline constexpr llvm::StringLiteral kSumsOverSamples = "tile.sums_over_samples";

/// On a slice of the workspace: the number of the buffer that it is a slice of. Buffers that are not in use at the same time lie at the
/// same place; a target that has more than one memory puts some of them elsewhere.
inline constexpr llvm::StringLiteral kBuffer = "tile.buffer";

} // namespace flowc::tile

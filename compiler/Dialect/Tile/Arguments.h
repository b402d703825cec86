// SPDX-License-Identifier: MIT

#pragma once

#include "llvm/ADT/StringRef.h"

namespace flowc::tile {

/// Marks a kernel's argument without samples that takes sums over them, beside those of other tiles. (A kernel may have nothing to add.)
inline constexpr llvm::StringLiteral kSumsOverSamples = "tile.sums_over_samples";

} // namespace flowc::tile

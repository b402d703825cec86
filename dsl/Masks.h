// SPDX-License-Identifier: MIT
//
// Splits and permutations as index lists.

#pragma once

#include "dsl/Thing.h"

namespace flowc::dsl {

/// The elements of a vector of `size` that condition, and those that are transformed; ascending.
struct MaskIndices {
  std::vector<int64_t> kept, changed;
};

/// The mask for a vector of `size`; nothing if a listed index is out of range or occurs twice (`wrong` is then that
/// index).
std::optional<MaskIndices> resolveMask(const MaskThing &mask, int64_t size, int64_t &wrong);

/// A permutation of 0 .. size-1 that depends on the seed alone.
std::vector<int64_t> randomPermutation(uint64_t seed, int64_t size);

/// Numbers of 0 .. bound-1 that depend on the seed alone.
std::vector<int64_t> randomNumbers(uint64_t seed, int64_t count, int64_t bound);

} // namespace flowc::dsl

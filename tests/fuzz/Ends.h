// SPDX-License-Identifier: MIT
//
// What a layer's output does as one input approaches an end of its range, from a few values on the way there.

#pragma once

#include "tests/fuzz/LayerView.h"

namespace flowc::fuzz {

struct Approach {
  /// Nothing can be told (overflow, or too slow); it settles at `value`; it grows beyond all bounds, `value` being that
  /// infinity.
  enum Kind { Unclear, Settles, Grows } kind = Unclear;
  long double value = 0;
};

/// Output `output` with input j going to its upper (or lower) end from `spot`.
Approach approach(const LayerView &view, Spot spot, size_t j, size_t output, bool upper);

} // namespace flowc::fuzz

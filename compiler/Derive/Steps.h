// SPDX-License-Identifier: MIT
//
// In how many steps to evaluate a layer in the direction in which it is written.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// Where there are levels and matrices with structural zeros, a product that is computed in steps leaves most of the zeros out: in
/// `n` steps all but 1/n of what lies above the diagonal. One step where nothing is spared.
int64_t stepCount(flow::LayerOp layer, const LayerStructure &structure);

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// What the user assumes becomes a fact wherever the layer computes it.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc {

/// States the layer's assumptions as flow.constrained facts: equal computations become one, and all that use it see the fact. The
/// flow.assume ops themselves see what was computed. (Of the layer's own input nothing is stated: where that lies is its domain.)
void stateAssumptions(flow::LayerOp layer);

} // namespace flowc

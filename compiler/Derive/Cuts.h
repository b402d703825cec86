// SPDX-License-Identifier: MIT
//
// Where a layer's body is one map after the other.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc {

/// The maps, first to last, each a layer from the input's side to the output's that stands behind the whole one: their user erases them.
/// Nothing if the layer is one map.
llvm::SmallVector<flow::LayerOp> buildStages(flow::LayerOp layer);

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// The number through which a layer is coupled, for those who ask what must hold of it.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

struct Tear {
  mlir::Value held;
  /// The layer's structure with that number held.
  LayerStructure structure;
  /// The left side of the equation g(t) = c(y) that the number solves, as a layer of one feature behind the whole one. Its derivative
  /// was shown to have one sign.
  flow::LayerOp equation;
  /// Where t lies, and what g must map that onto to reach every c(y).
  flow::Interval unknown, target;

  /// Removes the equation from the model.
  void erase();
};

/// Nothing if there is no such number.
std::optional<Tear> findTear(flow::LayerOp layer);

} // namespace flowc

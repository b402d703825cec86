// SPDX-License-Identifier: MIT
//
// Residual layers y = x + g(x): bijections of all vectors onto all vectors where g is a contraction.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// A layer as x + g(x).
struct Residual {
  /// What g sums up; `minus` what is subtracted.
  struct Term {
    mlir::Value value;
    bool minus;
  };
  llvm::SmallVector<Term> terms;
  /// The Lipschitz bound of g that shows, perhaps infinite.
  double bound;
};

/// The layer as a residual; nothing if its output is no sum in which its input stands, or if it takes less than all vectors.
std::optional<Residual> findResidual(flow::LayerOp layer, const LayerStructure &structure);

} // namespace flowc

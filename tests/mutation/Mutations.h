// SPDX-License-Identifier: MIT
//
// Faults of a derivation, as rewrites of derived IR: each changes one op of a derived function, or what a layer's functions return as
// their log-determinants.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc::mutation {

struct Mutation {
  const char *name;
  /// Makes the change at `site`; false if the site is none of its kind, and then nothing has changed.
  bool (*apply)(mlir::Operation *site);
};

llvm::ArrayRef<Mutation> mutations();

/// Where a model with derived layers can be changed: its layers, and every op of their functions, also within roots. The order is that
/// of the IR, so that a clone's sites are the same ones.
llvm::SmallVector<mlir::Operation *> sitesOf(flow::ModelOp model);

} // namespace flowc::mutation

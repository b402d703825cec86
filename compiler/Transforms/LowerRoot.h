// SPDX-License-Identifier: MIT
//
// flow-lower-root: flow.root becomes a loop.

#pragma once

#include <memory>

namespace mlir {
class Pass;
}

namespace flowc {

/// Lowers flow.root on f32 and f64, scalars and one-dimensional vectors, to an scf.while that iterates all lanes until
/// each has converged. Runs after the tile lowering has made vectors, before flow-expand-math (or after it: the body is
/// cloned as it is) and before scf becomes control flow. A root on a tensor is an error.
std::unique_ptr<mlir::Pass> createLowerRootPass();

} // namespace flowc

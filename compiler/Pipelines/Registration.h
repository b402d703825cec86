// SPDX-License-Identifier: MIT
//
// Everything that a context of this compiler must know.

#pragma once

namespace mlir {
class DialectRegistry;
}

namespace flowc {

/// Our dialects, the upstream ones that we use, and the external models that make them answer.
void registerDialects(mlir::DialectRegistry &registry);
/// Every pass by its flag.
void registerPasses();

} // namespace flowc

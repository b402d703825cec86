// SPDX-License-Identifier: MIT
//
// How what is found by iteration comes to answer HeldOpInterface.

#pragma once

namespace mlir {
class DialectRegistry;
}

namespace flowc {

void registerHeldModels(mlir::DialectRegistry &registry);

} // namespace flowc

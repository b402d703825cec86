// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// Writes flow.log_det and flow.solve as an elimination, which those of one matrix can share, and what follows from its triangles.
std::unique_ptr<mlir::Pass> createExpandSystemsPass();

} // namespace flowc

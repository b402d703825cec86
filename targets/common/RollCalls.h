// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

#include <memory>

namespace flowc::targets {

/// In a module of any kind: calls that repeat with other numbers -> loops over tables of these numbers, which lie in `addressSpace`.
std::unique_ptr<mlir::Pass> createRollCallsPass(unsigned addressSpace = 0);

} // namespace flowc::targets

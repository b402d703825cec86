// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// Writes every flow.spectral_norm out as products of matrices, which reverse mode goes through.
std::unique_ptr<mlir::Pass> createExpandNormsPass();

} // namespace flowc

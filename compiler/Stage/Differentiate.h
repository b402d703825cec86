// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// Reverse mode on the staged model. Adds
///   gradient(x, weight) -> log_prob, which accumulates d(weight * log_prob) into the staged values' gradient, or the same for every
///   segment of training (Segments.h), which hands on the adjoint of what it began from to the one before it, and
///   stage_adjoint(), which carries the staged values' gradient (flow.adjoint) on to the parameters'.
std::unique_ptr<mlir::Pass> createDifferentiatePass();

} // namespace flowc

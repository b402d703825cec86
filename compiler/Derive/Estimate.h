// SPDX-License-Identifier: MIT
//
// Estimates of log-determinants, for training alone.

#pragma once

#include "compiler/Derive/Contract.h"
#include "compiler/Derive/Evaluator.h"

namespace flowc {

/// What the layer's model says of estimates; null if it has none made.
flow::EstimateOp estimateOf(flow::LayerOp layer);

/// An estimate of log det(1 + dg/dx) of a residual layer where `known` is at an input, from random numbers of its own. Failure, reported, at
/// an op that has no derivative.
mlir::FailureOr<mlir::Value> estimateLogDet(Evaluator &known, const Residual &residual, flow::EstimateOp estimate);

} // namespace flowc

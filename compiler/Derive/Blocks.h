// SPDX-License-Identifier: MIT
//
// The rules for one group of 1x1 blocks: its inverse and the logarithm of its derivative.

#pragma once

#include "compiler/Derive/Evaluator.h"

namespace flowc {

/// Some elements of x, solved.
struct SolvedPiece {
  llvm::SmallVector<int64_t> inputs;
  mlir::Value value;
};

/// Solves group.value = rhs for x[group.inputs], everything of earlier levels being known to `known`: in closed form by undoing
/// the formula from the outside in; where the unknown stands in several places, by a root of the monotone rest.
mlir::LogicalResult solveGroup(Evaluator &known, const BlockGroup &group, mlir::Value rhs,
                               llvm::SmallVectorImpl<SolvedPiece> &solved);

/// Appends vectors whose elements sum to the sum over k of log|d value[elements[k]] / d x[inputs[k]]|.
mlir::LogicalResult logDerivatives(Evaluator &known, const BlockGroup &group,
                                   llvm::SmallVectorImpl<mlir::Value> &terms);

/// d value[elements[k]] / d x[inputs[k]], everything else held.
mlir::FailureOr<mlir::Value> groupSlope(Evaluator &known, const BlockGroup &group);

} // namespace flowc

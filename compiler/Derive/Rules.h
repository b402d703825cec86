// SPDX-License-Identifier: MIT
//
// The rules by which a layer becomes a pair of functions, and what they share. A rule either builds both or leaves
// nothing behind.

#pragma once

#include "compiler/Derive/Evaluator.h"

#include "mlir/IR/Diagnostics.h"

namespace flowc {

/// Composition: where the n elements that a stretch of the body needs from what comes before it are computed by another
/// n to n map, the layer is one map after the other. Each stage is a layer that `derive` derives on its own; the
/// inverse runs them backwards, the log-determinants add. Nothing if the body has no such place.
std::optional<mlir::LogicalResult> composeLayer(flow::LayerOp layer, llvm::function_ref<mlir::LogicalResult(flow::LayerOp)> derive);

/// Linear: a triangular matrix of parameters, whose inverse is one `flow.solve_triangular` whatever the number of its levels. Nothing
/// if the layer is no such map.
std::optional<mlir::LogicalResult> linearLayer(flow::LayerOp layer);

/// Tearing: where one number that is computed on the way carries all the coupling, so that with it held the layer peels
/// (planar, radial and Householder maps). Nothing if there is no such number.
std::optional<mlir::LogicalResult> tearLayer(flow::LayerOp layer);

/// Contraction: x + g(x) with a Lipschitz bound of g below 1. Nothing if the layer is no such sum, or if g has no bound.
std::optional<mlir::LogicalResult> contractLayer(flow::LayerOp layer);

/// The value of one direction and its log-determinant.
using DirectionResult = mlir::FailureOr<std::pair<mlir::Value, mlir::Value>>;
using DirectionBody = llvm::function_ref<DirectionResult(mlir::OpBuilder &, mlir::Value argument)>;

/// Builds the two functions of a layer behind it: `stated` is the direction that its body computes, `derived` the
/// other. With `estimated` these are the two with an estimate for the log-determinant, beside the others.
mlir::LogicalResult buildDirections(flow::LayerOp layer, DirectionBody stated, DirectionBody derived, bool estimated = false);

/// The sum of all elements of all terms, a scalar.
mlir::Value sumOfTerms(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<mlir::Value> terms);

/// Tells how many levels the derived direction runs through one after the other.
void setLevels(flow::LayerOp layer, int64_t count);

/// Solves all levels of the structure for the input, given the output, and defines it.
mlir::LogicalResult solveLevels(Evaluator &known, mlir::Value output);

/// The sum of the log-derivatives of all blocks, a scalar.
mlir::FailureOr<mlir::Value> logDeterminant(Evaluator &known);

/// Runs `attempt`, keeping what it reports instead of showing it.
mlir::LogicalResult quietly(mlir::MLIRContext *context, std::vector<mlir::Diagnostic> &reports,
                            llvm::function_ref<mlir::LogicalResult()> attempt);

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// A statistic over the batch couples its samples: what reads it cannot begin before every sample has come to where it is taken. So the
// function of a sample is cut there, into segments that run over the whole batch one after the other.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace flowc {

/// Replaces the model's function `training`, if statistics stand in it, by
/// segment_0(x) -> v0, segment_1(v0) -> v1, ..., segment_K(vK-1) -> what training raises. A
/// vector vk begins with the values that statistics are taken of; the driver puts these into staged places, `statistic.k.mean` and
/// `statistic.k.variance`. What follows are values that a later segment needs. Statistics are read by samples, as what they are made into
/// changes between segments. `stage` stores those of the parameters there, and the new function `statistics` takes them back to the
/// parameters that follow them.
std::unique_ptr<mlir::Pass> createSegmentPass();

/// What training runs over the batch one after the other, the last of which returns what it raises: one function, `training`, `objective`
/// or `log_prob`, where nothing is cut.
llvm::SmallVector<mlir::func::FuncOp> segmentsOf(flow::ModelOp model);

/// One vector of the elements of all of `pieces`, vectors and numbers.
mlir::Value concatenate(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<mlir::Value> pieces);

} // namespace flowc

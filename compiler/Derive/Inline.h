// SPDX-License-Identifier: MIT
//
// Copies of straight-line IR with other arguments.

#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"

namespace flowc {

/// Clones the body of `function` at the builder, with `argument` for its first argument; returns what it returns.
llvm::SmallVector<mlir::Value> inlineBody(mlir::OpBuilder &builder, mlir::func::FuncOp function, mlir::Value argument);

/// Clones what `value` is computed from within its block, as far as `mapping` does not give it.
mlir::Value cloneSlice(mlir::OpBuilder &builder, mlir::Value value, mlir::IRMapping &mapping);

/// Moves what an op's body computes without its argument ahead of the op: it is then computed once, not in every round.
void hoistInvariants(mlir::Operation *iteration);

/// What is added up to make a value: itself, if that is no sum.
llvm::SmallVector<mlir::Value> addendsOf(mlir::Value value);

/// What `build` builds, without the names that the user gave to what it is built for: how a value changes is another value.
mlir::Value unnamed(mlir::OpBuilder &builder, mlir::Location loc, llvm::function_ref<mlir::Value()> build);

} // namespace flowc

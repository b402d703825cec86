// SPDX-License-Identifier: MIT
//
// Copies the body of a map or an epilogue to where it is evaluated, on numbers or on vectors of numbers.

#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"

namespace flowc::targets {

/// Clones `body` with `arguments` in place of its own and returns what it yields. With `width` > 0 all numbers become
/// vectors of so many lanes, in nested regions too. Values from outside are looked up in `outside` and broadcast.
llvm::SmallVector<mlir::Value> cloneBody(mlir::OpBuilder &builder, mlir::Block &body, mlir::ValueRange arguments,
                                         const mlir::IRMapping &outside, int64_t width);

/// Moves constants that the body uses from outside into it, so that it can stand alone, and returns the other values
/// that it uses from outside.
llvm::SmallVector<mlir::Value> isolateBody(mlir::Region &body);

/// A text that is equal for equal programs within one context; locations do not count. `outside` are the values that
/// the body uses from outside, in the order in which they become arguments.
std::string bodyFingerprint(mlir::Block &body, mlir::ValueRange outside);

} // namespace flowc::targets

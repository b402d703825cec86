// SPDX-License-Identifier: MIT
//
// Matrices of a sample's own: vectors, written row by row.

#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace flowc::flow {

/// The square matrix with ones on its diagonal.
mlir::Value identityMatrix(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type element, int64_t size);

} // namespace flowc::flow

// SPDX-License-Identifier: MIT
//
// Gaussian elimination written out as IR, for a few unknowns per sample.

#pragma once

#include "compiler/Dialect/Flow/Expr.h"

namespace flowc {

/// A matrix taken apart into triangles, without pivoting: right where the matrix moves no vector by a right angle or more, as
/// 1 + J with |J| < 1, for then every pivot is positive.
class Elimination {
public:
  /// The columns are vectors of as many elements as there are columns.
  Elimination(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<mlir::Value> columns);

  /// The pivots, whose product is the determinant.
  mlir::Value pivots();
  /// The vector that the matrix takes to `rhs`.
  mlir::Value solve(mlir::Value rhs);

private:
  flow::Expr wrap(mlir::Value value) { return flow::Expr(builder, loc, value); }
  mlir::Value head(mlir::Value vector);
  mlir::Value tail(mlir::Value vector);
  /// A vector of one element, repeated.
  mlir::Value repeat(mlir::Value one, int64_t count);
  mlir::Value join(llvm::ArrayRef<mlir::Value> elements);
  /// What is left of a column below row `step`, where it has become 0 in the columns before.
  mlir::Value reduce(mlir::Value column, size_t step);

  mlir::OpBuilder &builder;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> diagonal;
  llvm::SmallVector<mlir::Value> factors;                    ///< Of step k: by which row k is taken from the rows below.
  llvm::SmallVector<llvm::SmallVector<mlir::Value>> rows; ///< Of step k: what stands right of pivot k.
};

} // namespace flowc

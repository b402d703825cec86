// SPDX-License-Identifier: MIT
//
// Matrices of the samples' own: elimination and substitution for one sample, or for a vector of them.

#pragma once

#include "targets/common/Emitter.h"

namespace flowc::targets {

/// Samples in the rows of a buffer, element (i, j) of a matrix in row i * rowStep + j * columnStep.
struct Samples {
  mlir::Value pointer, sample, rowStep, columnStep, stride;
  mlir::Type number; ///< A number, or a vector of them.

  mlir::Value load(Emitter &e, mlir::Value i, mlir::Value j) const { return e.load(number, place(e, i, j)); }
  void store(Emitter &e, mlir::Value value, mlir::Value i, mlir::Value j) const { e.store(value, place(e, i, j)); }

private:
  mlir::Value place(Emitter &e, mlir::Value i, mlir::Value j) const;
};

/// sum - factor * value
using SubtractProduct = llvm::function_ref<mlir::Value(mlir::Value sum, mlir::Value factor, mlir::Value value)>;

/// Row after row takes its share of the rows above it.
void eliminate(Emitter &e, SubtractProduct subtractProduct, const Samples &matrix, mlir::Value size);

/// Solves L U x = y, or the transposed U^T L^T x = y, for some columns at a time: they share what is loaded of the triangles, which lie in one
/// n x n matrix at `pointer`, row by row. L has ones on its diagonal.
void substitute(Emitter &e, SubtractProduct subtractProduct, Samples triangles, const Samples &x, llvm::ArrayRef<mlir::Value> columns,
                mlir::Value size, bool transposed);

} // namespace flowc::targets

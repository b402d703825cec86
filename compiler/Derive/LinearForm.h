// SPDX-License-Identifier: MIT
//
// Layers that are linear in x, with coefficients made of parameters alone, as a matrix in triangular order.

#pragma once

#include "compiler/Derive/Structure.h"

#include "mlir/IR/OwningOpRef.h"

namespace flowc {

/// y[outputs[k]] = diagonal[k] x[inputs[k]] + sum over j of matrix[k, j] x[inputs[j]] + offset[k], where row k of the strictly
/// triangular matrix has only entries with j < k, or with `upper` only with j > k.
struct TriangularMap {
  /// A copy of the layer in which the values below are computed, ahead of its end.
  mlir::OwningOpRef<flow::LayerOp> body;
  llvm::SmallVector<int64_t> inputs, outputs;
  bool upper = false;
  mlir::Value matrix;
  mlir::Value diagonal; ///< None: all ones.
  mlir::Value offset;   ///< None: zero.
};

/// Nothing if the layer is not linear, or if its matrix is in no order triangular, or diagonal.
std::optional<TriangularMap> triangularMap(flow::LayerOp layer);

} // namespace flowc

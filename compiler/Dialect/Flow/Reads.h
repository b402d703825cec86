// SPDX-License-Identifier: MIT
//
// What an op takes from around it, whether or not it has a body.

#pragma once

#include "mlir/IR/Operation.h"

namespace flowc::flow {

/// The values that an op, or what stands in its body, reads from outside itself.
inline llvm::SmallVector<mlir::Value> readsOf(mlir::Operation *op) {
  llvm::SmallVector<mlir::Value> reads;
  op->walk([&](mlir::Operation *inner) {
    for (mlir::Value operand : inner->getOperands())
      if (!op->isAncestor(operand.getParentBlock()->getParentOp()))
        reads.push_back(operand);
  });
  return reads;
}

} // namespace flowc::flow

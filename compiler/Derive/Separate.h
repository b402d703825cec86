// SPDX-License-Identifier: MIT
//
// Takes the vectors out of a formula of one unknown number.

#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace flowc {

/// Rewrites the sums of `function` over vectors that depend on the scalar `unknown`. Such a vector is a combination
/// c_1(t) v_1 + c_2(t) v_2 + ... of vectors that do not, if it is made by additions, products, quotients and squares;
/// its sum is then c_1(t) sum(v_1) + c_2(t) sum(v_2) + ..., a formula of numbers. Sums that are no such combination
/// stay.
void separateSums(mlir::func::FuncOp function, mlir::Value unknown);

} // namespace flowc

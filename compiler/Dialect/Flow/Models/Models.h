// SPDX-License-Identifier: MIT
//
// How the ops of upstream dialects come to answer the four interfaces.

#pragma once

namespace mlir {
class MLIRContext;
}

namespace flowc::flow {

/// The rows of ScalarRules.def.
void attachScalarModels(mlir::MLIRContext *context);
/// Arithmetic, comparison, selection, powers, constants.
void attachArithModels(mlir::MLIRContext *context);

} // namespace flowc::flow

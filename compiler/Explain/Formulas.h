// SPDX-License-Identifier: MIT
//
// Derived functions as formulas that a person would have written.

#pragma once

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <string>
#include <vector>

namespace flowc {

/// One derived direction of a layer: its statements, the last of which give `result` and "log_det".
struct Formulas {
  std::vector<std::string> value;
  std::vector<std::string> logDet;
};

/// Prints `function` (@L.forward or @L.inverse) with `input` as its argument's name and `result` as its first result's. Named values
/// and networks become lines of their own; everything else is written where it is used.
Formulas printFormulas(mlir::func::FuncOp function, llvm::StringRef input, llvm::StringRef result);

/// One value as one formula; `names` are the values that have names. Of what is too long to be read
/// "..." stands for inner terms.
std::string printInline(mlir::Value value, const llvm::DenseMap<mlir::Value, std::string> &names);

/// The name of an op's function in the language: "log", "/", "where".
llvm::StringRef functionName(mlir::Operation *op);

} // namespace flowc

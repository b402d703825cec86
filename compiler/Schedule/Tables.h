// SPDX-License-Identifier: MIT
//
// Constant numbers that kernels read, in the machine's type. Equal tables are one: layers alike have the same masks, and all kernels read them.

#pragma once

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace flowc::schedule {

class Tables {
public:
  /// Tables go to the beginning of the module.
  Tables(mlir::ModuleOp module, mlir::Type element) : module(module), element(element) {}

  /// A table of these values.
  mlir::Value read(mlir::OpBuilder &builder, mlir::Location loc, mlir::DenseElementsAttr values);

private:
  mlir::memref::GlobalOp make(mlir::Location loc, mlir::DenseElementsAttr values);

  mlir::ModuleOp module;
  mlir::Type element;
  llvm::DenseMap<mlir::Attribute, mlir::memref::GlobalOp> made;
};

} // namespace flowc::schedule

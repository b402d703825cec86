// SPDX-License-Identifier: MIT
//
// Builds numbers, addresses, loads, stores and loops: what the lowerings of all targets are written with.

#pragma once

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Builders.h"

namespace flowc::targets {

/// Indices are i64, addresses `!llvm.ptr` of any address space.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value constant(int64_t value);
  /// A float or a splat vector of it.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, int64_t b) { return multiply(a, constant(b)); }
  mlir::Value minimum(mlir::Value a, mlir::Value b);
  /// The largest multiple of `step` that is not above `value`.
  mlir::Value roundDown(mlir::Value value, int64_t step);
  mlir::Value addFloats(mlir::Value a, mlir::Value b);

  /// The address of element `index` of an array of `element`.
  mlir::Value address(mlir::Value pointer, mlir::Type element, mlir::Value index);
  /// Loads a number or a vector, aligned like its elements.
  mlir::Value load(mlir::Type type, mlir::Value pointer);
  void store(mlir::Value value, mlir::Value pointer);

  /// for (i = from; i < to; i += step) with loop-carried values; `body` returns the next ones. Returns the last ones.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, mlir::Value step, mlir::ValueRange carried,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value i, mlir::ValueRange carried)> body);
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange carried,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value i, mlir::ValueRange carried)> body) {
    return loop(from, to, constant(step), carried, body);
  }
  /// The same with nothing carried.
  void loop(mlir::Value from, mlir::Value to, mlir::Value step, llvm::function_ref<void(mlir::Value i)> body);
  void loop(mlir::Value from, mlir::Value to, int64_t step, llvm::function_ref<void(mlir::Value i)> body) {
    loop(from, to, constant(step), body);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The bytes of a number, or of one of a vector's.
unsigned elementBytes(mlir::Type type);

} // namespace flowc::targets

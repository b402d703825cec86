// SPDX-License-Identifier: MIT
//
// Forward mode: how values change when some of them move, along one direction or along many at once.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "llvm/ADT/DenseMap.h"

namespace flowc {

/// Builds tangents of straight-line IR.
class Tangents {
public:
  /// `at` gives the value under construction that stands for a value of the IR that is differentiated; `moving` are the
  /// tangents that the direction gives to some of these (null: zero).
  Tangents(mlir::OpBuilder &builder, llvm::function_ref<mlir::Value(mlir::Value)> at, llvm::DenseMap<mlir::Value, mlir::Value> moving)
      : builder(builder), at(at), tangents(std::move(moving)) {}

  /// The tangent of `value`; null if it is zero. Failure, reported, at an op that has none.
  mlir::FailureOr<mlir::Value> of(mlir::Value value);
  /// The same of what `op` computes, even where its result is one of the values that are given.
  mlir::FailureOr<mlir::Value> through(mlir::Operation *op);

private:
  mlir::OpBuilder &builder;
  llvm::function_ref<mlir::Value(mlir::Value)> at;
  llvm::DenseMap<mlir::Value, mlir::Value> tangents;
};

/// The derivatives of `value` by the elements of `input`, a matrix written row by row; null if it is zero. `at` is as above. Failure,
/// reported, at an op that has none.
mlir::FailureOr<mlir::Value> jacobian(mlir::OpBuilder &builder, llvm::function_ref<mlir::Value(mlir::Value)> at, mlir::Value value,
                                      mlir::Value input);

/// Their product with `direction`, a vector; null if it is zero. What does not depend on the direction is a slope of its own.
mlir::FailureOr<mlir::Value> productWithJacobian(mlir::OpBuilder &builder, llvm::function_ref<mlir::Value(mlir::Value)> at, mlir::Value value,
                                                 mlir::Value input, mlir::Value direction);

} // namespace flowc

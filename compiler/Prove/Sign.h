// SPDX-License-Identifier: MIT
//
// The sign of a formula, proved: by intervals, which takes microseconds, and where they cannot tell, by the solver.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include <string>

namespace flowc::prove {

enum class Method { Intervals, Solver };
/// "intervals" or "smt".
llvm::StringRef methodName(Method method);

struct ProvenSign {
  bool positive;
  Method method;
};

/// Two sides of a comparison.
struct Tie {
  mlir::Value left, right;
};

/// The sign that `value` has whatever values are `given`, where no two sides of a `tie` are equal, if it is proved to
/// have one and never to be 0. Where the solver found a point that may contradict, `hint` gets it.
std::optional<ProvenSign> proveSign(mlir::Value value, llvm::DenseMap<mlir::Value, flow::Interval> given,
                                    llvm::ArrayRef<Tie> ties = {}, llvm::DenseMap<mlir::Value, double> *hint = nullptr);

/// A proof that two values are always equal.
std::optional<Method> proveEqual(mlir::Value a, mlir::Value b, llvm::DenseMap<mlir::Value, flow::Interval> given);

/// A proof that two values are equal wherever `left` equals `right`.
std::optional<Method> proveEqualWhere(mlir::Value a, mlir::Value b, mlir::Value left, mlir::Value right,
                                      llvm::DenseMap<mlir::Value, flow::Interval> given);

/// A proof that the requirement holds for `value`.
std::optional<Method> proveRequirement(mlir::Value value, const flow::Requirement &requirement,
                                       llvm::DenseMap<mlir::Value, flow::Interval> given,
                                       llvm::DenseMap<mlir::Value, double> *hint = nullptr);

} // namespace flowc::prove

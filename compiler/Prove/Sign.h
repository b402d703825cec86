// SPDX-License-Identifier: MIT
//
// The sign of a formula, proved: by intervals, which takes microseconds, where they cannot tell, by the solver, and where it cannot, by
// intervals on many boxes.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include <string>

namespace flowc::prove {

enum class Method { Intervals, Solver, Bisection };
/// "intervals", "smt" or "bisection".
llvm::StringRef methodName(Method method);

struct ProvenSign {
  bool positive;
  Method method;
};

/// What the user assumes, as far as a formula with this unknown has it: its further results.
llvm::SmallVector<flow::ConstrainedOp> assumedFacts(mlir::Value unknown);

/// Two sides of a comparison.
struct Tie {
  mlir::Value left, right;
};

/// The sign that `value`, a formula of `unknown`, has whatever values are `given`, if it is proved to have one and never to be 0. Where
/// the two sides of a `tie` are equal, the pieces that end there count, and what a rule chose for that point alone does not. Where the
/// solver found a point that may contradict, `hint` gets it.
std::optional<ProvenSign> proveSign(mlir::Value value, mlir::Value unknown, llvm::DenseMap<mlir::Value, flow::Interval> given,
                                    llvm::ArrayRef<Tie> ties = {}, llvm::DenseMap<mlir::Value, double> *hint = nullptr);

/// A proof that two values are always equal.
std::optional<Method> proveEqual(mlir::Value a, mlir::Value b, llvm::DenseMap<mlir::Value, flow::Interval> given);

/// Two pieces of a formula that touch: on the border between them, each comparison of `differing` is an equation.
struct Seam {
  llvm::SmallVector<mlir::Value> differing;
  /// How it was proved that both pieces have one value there; nothing if it was not.
  std::optional<Method> method;
};

/// The seams of a formula with branches; nothing if its pieces are too many to go through.
std::optional<std::vector<Seam>> proveSeams(mlir::Value value, mlir::Value unknown,
                                            const llvm::DenseMap<mlir::Value, flow::Interval> &given);

/// A proof that the requirement holds for `value`.
std::optional<Method> proveRequirement(mlir::Value value, mlir::Value unknown, const flow::Requirement &requirement,
                                       llvm::DenseMap<mlir::Value, flow::Interval> given,
                                       llvm::DenseMap<mlir::Value, double> *hint = nullptr);

} // namespace flowc::prove

// SPDX-License-Identifier: MIT
//
// Looks for points that refute: sampling may refute, it never proves. Every point that is reported was evaluated in f64
// by the user's own formula.

#pragma once

#include "compiler/Prove/Formula.h"

namespace flowc::prove {

/// A point that refutes an obligation.
struct Witness {
  std::vector<std::pair<std::string, double>> point;
  /// What the formula in question is there.
  double value = 0;
  /// Two values of the unknown that give the same output, if the point shows that.
  std::optional<std::array<double, 2>> twins;
  /// Whether every variable is free: if not, the point may be out of reach.
  bool reachable = true;
};

/// Values of a formula's ops at one point, in f64, with how far rounding may have moved each: what is less than that
/// away from a sign or an end of a domain shows nothing.
class PointEvaluator {
public:
  explicit PointEvaluator(const Formula &formula) : formula(formula) {}
  /// Evaluates everything at a value per variable; false where rounding has eaten what matters (underflow, saturation),
  /// or something is not defined.
  bool at(llvm::ArrayRef<double> point);
  double of(mlir::Value value) const { return values.lookup(value).value; }
  double errorOf(mlir::Value value) const { return values.lookup(value).error; }

private:
  struct Rounded {
    double value = 0, error = 0;
  };

  const Formula &formula;
  llvm::DenseMap<mlir::Value, Rounded> values;
};

/// A point where the slope is 0, or two of its signs.
std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<mlir::Value, double> &hint);

/// A point where the formula's value does not meet the requirement.
std::optional<Witness> refuteRequirement(const Formula &formula, const flow::Requirement &requirement,
                                         const llvm::DenseMap<mlir::Value, double> &hint);

/// A point where `value` jumps: on its two sides, `condition` differs and so does the value by more than rounding.
std::optional<Witness> refuteContinuity(const Formula &formula, mlir::Value condition, mlir::Value value);

} // namespace flowc::prove

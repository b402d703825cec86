// SPDX-License-Identifier: MIT
//
// Looks for points that refute: sampling may refute, it never proves. Every point that is reported was evaluated in f64
// by the user's own formula.

#pragma once

#include "compiler/Prove/Formula.h"

namespace flowc::flow {
struct ScalarRule;
}

namespace flowc::prove {

/// Maps a real number into a range, onto all of it.
double place(const flow::Interval &range, double u);

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

/// Values of a formula's ops at one point, in f64.
class PointEvaluator {
public:
  /// For the values that `roots` need.
  PointEvaluator(const Formula &formula, llvm::ArrayRef<mlir::Value> roots);
  /// Evaluates everything at a value per variable; false where rounding has eaten what matters (underflow, saturation),
  /// or something is not defined.
  bool at(llvm::ArrayRef<double> point);
  double of(mlir::Value value) const { return values[index.lookup(value)]; }
  /// The largest number met.
  double magnitude() const { return largest; }
  /// Whether the two sides of a comparison were equal: there a derivative is whatever the formula's author chose.
  bool isTied() const { return tied; }

private:
  struct Step {
    mlir::Operation *op;
    const flow::ScalarRule *rule;
    llvm::SmallVector<unsigned, 3> operands;
  };

  llvm::DenseMap<mlir::Value, unsigned> index;
  std::vector<Step> steps;
  std::vector<double> values;
  size_t variables;
  double largest = 0;
  bool tied = false;
};

/// A point where the slope is 0, or two of its signs. With `touching`, also where it seems to touch 0 without changing
/// its sign: ask for that only when no proof was found.
std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<mlir::Value, double> &hint,
                                  bool touching);

/// A point where `value`, a step of the formula, does not meet the requirement.
std::optional<Witness> refuteRequirement(const Formula &formula, mlir::Value value,
                                         const flow::Requirement &requirement,
                                         const llvm::DenseMap<mlir::Value, double> &hint);

/// A point where `value` jumps: on its two sides, `condition` differs and so does the value by more than rounding.
std::optional<Witness> refuteContinuity(const Formula &formula, mlir::Value condition, mlir::Value value);

} // namespace flowc::prove

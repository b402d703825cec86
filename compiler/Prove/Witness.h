// SPDX-License-Identifier: MIT
//
// A point that shows why a layer is no bijection.

#pragma once

#include "compiler/Prove/Points.h"
#include "compiler/Prove/Smt.h"

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

/// The point in the names that the user knows: the unknown, and of what it meets, what has a name.
Witness witnessAt(const Formula &formula, llvm::ArrayRef<double> point, double value);

/// The solver's hint as a point; nothing if there is none.
std::optional<Point> pointOf(const Formula &formula, const llvm::DenseMap<mlir::Value, double> &hint);

/// What `value` can be at a point for certain, whatever rounding does, where comparisons come out as they are `decided`; if the
/// `unknown` is given, for all of that instead.
flow::Interval enclosureAt(const Formula &formula, mlir::Value value, llvm::ArrayRef<double> point, const Decisions &decided = {},
                           std::optional<flow::Interval> unknown = std::nullopt);

} // namespace flowc::prove

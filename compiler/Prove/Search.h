// SPDX-License-Identifier: MIT
//
// Looks for points that refute: sampling may refute, it never proves. Every point that is reported was evaluated in f64
// by the user's own formula.

#pragma once

#include "compiler/Prove/Witness.h"

namespace flowc::prove {

/// A point where the slope is 0, or two of its signs. With `touching`, also where it seems to touch 0 without changing
/// its sign: ask for that only when no proof was found.
std::optional<Witness> refuteSign(const Formula &formula, const llvm::DenseMap<mlir::Value, double> &hint,
                                  bool touching);

/// A point where `value`, a step of the formula, does not meet the requirement.
std::optional<Witness> refuteRequirement(const Formula &formula, mlir::Value value,
                                         const flow::Requirement &requirement,
                                         const llvm::DenseMap<mlir::Value, double> &hint);

/// Two points that differ in nothing but trained parameters, and at which `value` differs.
std::optional<std::pair<Witness, Witness>> refuteConstancy(const Formula &formula, mlir::Value value);

/// A point where the slope is infinite, because `value`, a step of it, does not meet the requirement, and the formula itself gets
/// steeper without end: 0 times infinity shows nothing.
std::optional<Witness> refuteSmooth(const Formula &formula, mlir::Value value, const flow::Requirement &requirement);

/// A point where `value` jumps: on its two sides, `condition` differs and so does the value by more than rounding.
std::optional<Witness> refuteContinuity(const Formula &formula, mlir::Value condition, mlir::Value value);

} // namespace flowc::prove

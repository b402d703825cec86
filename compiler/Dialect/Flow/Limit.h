// SPDX-License-Identifier: MIT
//
// What a formula of one unknown tends to as the unknown approaches an end of its domain, all else held.

#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace flowc::flow {

struct Limit {
  enum Kind { Unknown, PlusInfinity, MinusInfinity, Bounded, Finite } kind = Unknown;
  /// For a finite limit: its value, a formula that the unknown does not occur in.
  mlir::Value value;
  /// How fast: like coefficient |unknown|^(power / kPowers), the quotient of the two tending to 1; if it is `whole`, their difference to 0.
  /// (Powers are compared: they are no rounded numbers.)
  struct Growth {
    double coefficient;
    int64_t power;
    bool whole;
  };
  static constexpr int64_t kPowers = 36;
  /// Of an infinite limit, or of 0, where that is known and the unknown tends to an infinity.
  std::optional<Growth> growth = std::nullopt;

  static Limit unknown() { return {}; }
  /// What the unknown itself does at an end of its domain.
  static Limit atEnd(mlir::OpBuilder &builder, mlir::Location loc, double end);
  static Limit plusInfinity() { return {PlusInfinity, {}}; }
  static Limit minusInfinity() { return {MinusInfinity, {}}; }
  /// Stays within some bounds, and may or may not converge.
  static Limit bounded() { return {Bounded, {}}; }
  static Limit finite(mlir::Value value) { return {Finite, value}; }
  /// A number, which may be infinite.
  static Limit number(mlir::OpBuilder &builder, mlir::Location loc, double value);
  /// A condition that holds, or does not, near enough to the end.
  static Limit truth(mlir::OpBuilder &builder, mlir::Location loc, bool holds) { return number(builder, loc, holds); }

  bool isInfinite() const { return kind == PlusInfinity || kind == MinusInfinity; }
  bool staysBounded() const { return kind == Bounded || kind == Finite; }
  Limit negated(mlir::OpBuilder &builder, mlir::Location loc) const;
  /// The same, without saying how fast.
  Limit withoutGrowth() const { return {kind, value}; }
};

/// The sign of a limit: of its infinity, or of its value wherever that is sure to be not 0; 0 if that is not known.
int signOf(const Limit &a);
/// The sum, and the product, of two formulas with these limits.
Limit sumOf(mlir::OpBuilder &builder, mlir::Location loc, const Limit &a, const Limit &b);
Limit productOf(mlir::OpBuilder &builder, mlir::Location loc, const Limit &a, const Limit &b);
/// The power of a growth, whose sign is that of an infinity; nothing where that is no number exactly.
std::optional<Limit::Growth> powerOf(const Limit::Growth &growth, double exponent, int sign);
/// The limit of 1 / a.
Limit reciprocalOf(mlir::OpBuilder &builder, mlir::Location loc, const Limit &a);
Limit quotientOf(mlir::OpBuilder &builder, mlir::Location loc, const Limit &a, const Limit &b);

} // namespace flowc::flow

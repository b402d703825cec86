// SPDX-License-Identifier: MIT
//
// Formulas of derived IR as quotients of polynomials: what a formula is worth where terms cancel, and which sign it
// has.

#pragma once

#include "compiler/Derive/Polynomial.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseMap.h"

#include <limits>
#include <string>

namespace flowc {

/// numerator / denominator, by what divides both visibly.
struct Fraction {
  Polynomial numerator, denominator = Polynomial(1);
};

/// Reads formulas. Additions, products, quotients and sums over vectors are taken apart, sum over i of c a[i] b[i] as c
/// times an atom that stands for sum(a b); everything else is an atom with the range that its op tells. Equal formulas
/// are equal atoms.
class Algebra {
public:
  /// `given`: the ranges of values that are known from elsewhere.
  Algebra() = default;
  explicit Algebra(llvm::DenseMap<mlir::Value, flow::Interval> given) : given(given), ranges(std::move(given)) {}
  /// What stands more than `reach` ops behind a formula is an atom: in a model's functions a formula reaches back through all layers.
  explicit Algebra(int reach) : reach(reach) {}

  /// 1 or -1 if every element of `value` has that sign, whatever its atoms are; 0 if that cannot be shown.
  int sign(mlir::Value value);
  /// The number that `value` is, if its terms cancel to one.
  std::optional<double> constant(mlir::Value value);

  /// The scalar `value` built anew where its terms cancel to at most `most` products of values that are there already;
  /// null if they do not.
  mlir::Value collapsed(mlir::OpBuilder &builder, mlir::Value value, size_t most);

private:
  struct Atom {
    flow::Interval range;
    bool isVector;     ///< Differs from element to element.
    mlir::Value value; ///< What it stands for, if there is such a value.
  };

  Fraction read(mlir::Value value);
  Fraction readOp(mlir::Operation *op);
  Fraction sumOf(const Fraction &vector, int64_t count, mlir::Operation *op);
  Fraction atomOf(mlir::Value value);
  unsigned numberOf(mlir::Value value);
  unsigned atomFor(const std::string &key, const flow::Interval &range, bool isVector, mlir::Value value);
  bool variesByElement(const Polynomial &polynomial) const;

  llvm::DenseMap<mlir::Value, flow::Interval> given, ranges;
  llvm::DenseMap<mlir::Value, Fraction> known;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  std::map<std::string, unsigned> numberByKey, atomByKey;
  std::vector<Atom> atoms;
  int reach = std::numeric_limits<int>::max();
};

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// The table of scalar functions (ScalarRules.def) as data.

#pragma once

#include "compiler/Dialect/Flow/Expr.h"

#include <optional>

namespace flowc::flow {

enum class Direction { Increasing, Decreasing };

/// One scalar function: everything that any pass may ask of it.
struct ScalarRule {
  llvm::StringRef name;
  llvm::StringRef opName;
  mlir::Value (*build)(mlir::OpBuilder &, mlir::Location, mlir::Value);
  /// f(v), not a number outside of the domain.
  double (*value)(double v);
  Interval domain, range;
  /// Where the inverse holds, and which way f goes there.
  Interval injectiveOn;
  Direction direction;
  Expr (*derivative)(Expr x, Expr y);
  /// Nothing where there is no better form than the logarithm of the derivative.
  std::optional<Expr> (*logDerivative)(Expr x, Expr y);
  /// Nothing where there is no closed form.
  std::optional<Expr> (*inverse)(Expr y);
  /// SMT-LIB: f(x) as a term ("" if it is none), what each y = f(x) obeys, what each y = f(x) and v = f(u) obey.
  llvm::StringRef smtTerm, lemma, pairLemma;
  /// A bound of |f'| on all of the domain that its formula does not show; infinite if there is none.
  double steepest;
  /// The power of x that f(x) grows like at infinities; 0 if there is none.
  double growth;

  /// Whether f(-x) = f(x): it is injective from 0 on only.
  bool isEven() const;
  /// Whether f turns at every translate of the interval where it is injective.
  bool isPeriodic() const;
};

/// What every y = f(x) and v = g(u) obey: ScalarIdentities.def.
struct ScalarIdentity {
  llvm::StringRef f, g, identity;
};
llvm::ArrayRef<ScalarIdentity> scalarIdentities();

/// How steep x f(x) is at most, of functions f for which it is bounded: ScalarProducts.def. The same holds for x f(c x) with any c.
struct ScalarProduct {
  llvm::StringRef f;
  double steepest;
};
llvm::ArrayRef<ScalarProduct> scalarProducts();

/// `formula` with its one-letter names replaced.
std::string substitute(llvm::StringRef formula, llvm::ArrayRef<std::pair<char, std::string>> names);

/// The range of f on `x`, a little too large: from its ends and turning points where those are known, else its whole range.
Interval imageOf(const ScalarRule &rule, const Interval &x);

/// A bound of |f'| on `x`.
double steepnessOn(const ScalarRule &rule, mlir::MLIRContext *context, const Interval &x);

/// The limit of f where its argument has the limit `x`.
Limit limitOf(const ScalarRule &rule, mlir::OpBuilder &builder, mlir::Location loc, const Limit &x);

/// All rows.
llvm::ArrayRef<ScalarRule> scalarRules();

/// The row called `name`, or null.
const ScalarRule *findScalarRule(llvm::StringRef name);

/// The row of an op, or null.
const ScalarRule *findScalarRule(mlir::Operation *op);

} // namespace flowc::flow

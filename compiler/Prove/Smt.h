// SPDX-License-Identifier: MIT
//
// Questions about formulas for an SMT solver (Z3): real arithmetic is said exactly, every transcendental function
// becomes a variable with what is known of it. So "cannot be" is a proof, and "can be" only a hint where to look.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "llvm/ADT/MapVector.h"

#include <memory>
#include <string>
#include <vector>

namespace flowc::flow {
struct ScalarRule;
}

namespace flowc::prove {

/// How some of a formula's comparisons come out.
using Decisions = llvm::SmallVector<std::pair<mlir::Value, bool>>;

class SmtProblem {
public:
  /// With `factsAreLeaves`, what is known by a fact of its own (a parameter in its domain) is a variable with that
  /// fact, and how it was made is left out: less is known, and it is known sooner.
  explicit SmtProblem(llvm::DenseMap<mlir::Value, flow::Interval> given, bool factsAreLeaves)
      : given(std::move(given)), factsAreLeaves(factsAreLeaves) {}

  /// The term of one element of an element-wise value; a variable for what is not element-wise.
  std::string term(mlir::Value value);
  /// Leaves out how values that do not depend on `unknown` were made, beyond what stands next to those that do: it is
  /// what proofs need least and what takes the solver longest. `values` are what will be asked about, as far as the
  /// decisions lead there.
  /// With `boundsAreLeaves`, all that is told of a maximum or minimum of such values is its range.
  void lookOnlyNear(mlir::Value unknown, llvm::ArrayRef<mlir::Value> values, bool boundsAreLeaves);
  /// From here on, terms are those that values have where comparisons come out so. What was said before stays said.
  void restrictTo(const Decisions &decisions);
  /// That a comparison comes out so, its border included.
  std::string closed(mlir::Value comparison, bool holds);
  /// That `value` does not meet the requirement.
  std::string violation(mlir::Value value, const flow::Requirement &requirement);
  /// A short name for a condition.
  std::string named(const std::string &condition);
  /// States that `condition` holds.
  void assume(const std::string &condition) { assertions += "(assert " + condition + ")\n"; }

  enum Answer { Impossible, Possible, Undecided };
  /// Whether `condition` can hold under all that was assumed. Where it can, `hint` gets values of the given values.
  Answer ask(const std::string &condition, llvm::DenseMap<mlir::Value, double> *hint = nullptr);

  /// Whether all `decisions` can come out so together. Cheap when asked again and again with nothing new said; it gives
  /// up early.
  Answer askTogether(const Decisions &decisions);

  /// A number as SMT-LIB has it.
  static std::string number(double value);

private:
  struct Application {
    const flow::ScalarRule *rule;
    std::string x, y;
  };

  std::string variable(mlir::Value value, const flow::Interval &range);
  std::string define(mlir::Operation *op);
  bool isDecided(mlir::Value value) const;
  void stateLemmas(mlir::Operation *op, const std::string &x, const std::string &y);
  std::string shares();

  llvm::DenseMap<mlir::Value, flow::Interval> given;
  bool factsAreLeaves, boundsAreLeaves = false;
  llvm::DenseMap<mlir::Value, bool> decided;
  /// How far below a value that depends on the unknown the others stand; empty without lookOnlyNear.
  llvm::DenseMap<mlir::Value, unsigned> distance;
  llvm::DenseMap<mlir::Value, std::string> terms, leaves;
  /// Leaves that are a numerator's share of a denominator.
  llvm::MapVector<mlir::Value, std::vector<std::pair<mlir::Value, std::string>>> sharesOf;
  std::vector<std::pair<std::string, mlir::Value>> variables;
  std::vector<Application> applications;
  std::string declarations, assertions;
  unsigned next = 0;
  /// The solver of askTogether, and what it was told.
  std::shared_ptr<class Solver> together;
  std::string toldTogether;
};

} // namespace flowc::prove

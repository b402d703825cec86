// SPDX-License-Identifier: MIT
//
// Questions about formulas for an SMT solver (Z3): real arithmetic is said exactly, every transcendental function
// becomes a variable with what is known of it. So "cannot be" is a proof, and "can be" only a hint where to look.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include <string>
#include <vector>

namespace flowc::flow {
struct ScalarRule;
}

namespace flowc::prove {

class SmtProblem {
public:
  explicit SmtProblem(llvm::DenseMap<mlir::Value, flow::Interval> given) : given(std::move(given)) {}

  /// The term of one element of an element-wise value; a variable for what is not element-wise.
  std::string term(mlir::Value value);
  /// That `value` does not meet the requirement.
  std::string violation(mlir::Value value, const flow::Requirement &requirement);
  /// A short name for a condition.
  std::string named(const std::string &condition);
  /// States that `condition` holds.
  void assume(const std::string &condition) { assertions += "(assert " + condition + ")\n"; }

  enum Answer { Impossible, Possible, Undecided };
  /// Whether `condition` can hold under all that was assumed. Where it can, `hint` gets values of the given values.
  Answer ask(const std::string &condition, llvm::DenseMap<mlir::Value, double> *hint = nullptr);

  /// A number as SMT-LIB has it.
  static std::string number(double value);

private:
  struct Application {
    const flow::ScalarRule *rule;
    std::string x, y;
  };

  std::string variable(mlir::Value value, const flow::Interval &range);
  std::string define(mlir::Operation *op);
  void stateLemmas(mlir::Operation *op, const std::string &x, const std::string &y);

  llvm::DenseMap<mlir::Value, flow::Interval> given;
  llvm::DenseMap<mlir::Value, std::string> terms;
  std::vector<std::pair<std::string, mlir::Value>> variables;
  std::vector<Application> applications;
  std::string declarations, assertions;
  unsigned next = 0;
};

} // namespace flowc::prove

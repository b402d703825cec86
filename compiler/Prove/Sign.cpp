// SPDX-License-Identifier: MIT

#include "compiler/Prove/Sign.h"

#include "compiler/Prove/Smt.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

llvm::StringRef methodName(Method method) { return method == Method::Intervals ? "intervals" : "smt"; }

std::optional<ProvenSign> proveSign(Value value, llvm::DenseMap<Value, Interval> given, llvm::ArrayRef<Tie> ties,
                                    llvm::DenseMap<Value, double> *hint) {
  llvm::DenseMap<Value, Interval> ranges = given;
  Interval range = inferRange(value, ranges);
  if (range.isNonZero())
    return ProvenSign{range.isPositive(), Method::Intervals};
  SmtProblem problem(std::move(given));
  std::string term = problem.term(value);
  for (const Tie &tie : ties)
    problem.assume("(not (= " + problem.term(tie.left) + " " + problem.term(tie.right) + "))");
  if (problem.ask("(<= " + term + " 0.0)", hint) == SmtProblem::Impossible)
    return ProvenSign{true, Method::Solver};
  // (Where it can be positive at the hint's neighbour too, this fails at once.)
  if (problem.ask("(>= " + term + " 0.0)") == SmtProblem::Impossible)
    return ProvenSign{false, Method::Solver};
  return std::nullopt;
}

std::optional<Method> proveEqual(Value a, Value b, llvm::DenseMap<Value, Interval> given) {
  std::optional<double> first = constantValue(a), second = constantValue(b);
  if (a == b || (first && second && *first == *second))
    return Method::Intervals;
  SmtProblem problem(std::move(given));
  std::string left = problem.term(a), right = problem.term(b);
  if (problem.ask("(not (= " + left + " " + right + "))") == SmtProblem::Impossible)
    return Method::Solver;
  return std::nullopt;
}

std::optional<Method> proveEqualWhere(Value a, Value b, Value left, Value right,
                                      llvm::DenseMap<Value, Interval> given) {
  SmtProblem problem(std::move(given));
  std::string first = problem.term(a), second = problem.term(b);
  problem.assume("(= " + problem.term(left) + " " + problem.term(right) + ")");
  if (problem.ask("(not (= " + first + " " + second + "))") == SmtProblem::Impossible)
    return Method::Solver;
  return std::nullopt;
}

std::optional<Method> proveRequirement(Value value, const Requirement &requirement,
                                       llvm::DenseMap<Value, Interval> given, llvm::DenseMap<Value, double> *hint) {
  llvm::DenseMap<Value, Interval> ranges = given;
  Interval range = inferRange(value, ranges);
  if (requirement.nonZero ? range.isNonZero() : range.within(requirement.within))
    return Method::Intervals;
  SmtProblem problem(std::move(given));
  if (problem.ask(problem.violation(value, requirement), hint) == SmtProblem::Impossible)
    return Method::Solver;
  return std::nullopt;
}

} // namespace flowc::prove

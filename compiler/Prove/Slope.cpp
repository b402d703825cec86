// SPDX-License-Identifier: MIT

#include "compiler/Prove/Slope.h"

#include "compiler/Prove/Smt.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

std::vector<Tie> isolatedTies(const Formula &formula) {
  llvm::DenseSet<Value> dependents = formula.dependents();
  std::vector<Tie> ties;
  for (Operation *op : backwardSlice(formula.slope())) {
    auto compare = dyn_cast<arith::CmpFOp>(op);
    if (!compare || !dependents.contains(compare))
      continue;
    // The difference of the sides is strictly monotone: it is 0 at most once.
    OpBuilder builder = formula.builder();
    Value difference = arith::SubFOp::create(builder, compare.getLoc(), formula.slopeOf(compare.getLhs()),
                                             formula.slopeOf(compare.getRhs()));
    if (proveSign(difference, formula.unknown().value, formula.ranges()))
      ties.push_back({compare.getLhs(), compare.getRhs()});
  }
  return ties;
}

namespace {

/// A condition, in the problem's terms, that holds wherever `op` matters to `root`: choices may leave it aside.
std::string whereItMatters(SmtProblem &problem, Operation *op, Value root) {
  llvm::SetVector<Operation *> slice = backwardSlice(root);
  llvm::DenseMap<Operation *, std::string> matters{{root.getDefiningOp(), "true"}};
  for (Operation *step = root.getDefiningOp(); step != op; step = step->getPrevNode()) {
    auto here = matters.find(step);
    if (here == matters.end() || !slice.contains(step))
      continue;
    std::string condition = problem.named(here->second);
    for (OpOperand &operand : step->getOpOperands()) {
      Operation *producer = operand.get().getDefiningOp();
      if (!producer)
        continue;
      std::string there = condition;
      if (auto select = dyn_cast<arith::SelectOp>(step); select && operand.getOperandNumber() > 0) {
        std::string chosen = problem.term(select.getCondition());
        there = "(and " + there + " " + (operand.getOperandNumber() == 1 ? chosen : "(not " + chosen + ")") + ")";
      }
      std::string &total = matters[producer];
      total = total.empty() ? there : "(or " + total + " " + there + ")";
    }
  }
  return matters.lookup(op);
}

} // namespace

std::optional<SlopeGap> findSlopeGap(const Formula &formula) {
  llvm::SetVector<Operation *> defined = backwardSlice(formula.value());
  for (Operation *op : backwardSlice(formula.slope())) {
    auto rule = dyn_cast<RangeOpInterface>(op);
    if (!rule || defined.contains(op))
      continue;
    for (const Requirement &requirement : rule.requirements()) {
      Value operand = op->getOperand(requirement.operand);
      if (proveRequirement(operand, formula.unknown().value, requirement, formula.ranges()))
        continue;
      SmtProblem problem(formula.ranges(), /*factsAreLeaves=*/false);
      std::string fails = problem.violation(operand, requirement);
      if (problem.ask("(and " + fails + " " + whereItMatters(problem, op, formula.slope()) + ")") !=
          SmtProblem::Impossible)
        return SlopeGap{operand, requirement};
    }
  }
  return std::nullopt;
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Ends.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Prove/PointEvaluator.h"
#include "compiler/Prove/Sign.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

namespace {

/// How often a quotient of infinities is replaced by that of the derivatives.
constexpr unsigned kDeepest = 2;

/// A comparison or a quotient of two finite limits, where it takes the solver to tell a sign: what is left of a sum of weights is above 0.
Limit decided(Formula &formula, Operation *op, const Limit &left, const Limit &right) {
  OpBuilder builder = formula.builder();
  Expr a(builder, op->getLoc(), left.value), b(builder, op->getLoc(), right.value);
  auto compare = dyn_cast<arith::CmpFOp>(op);
  auto sign = proveSign(compare ? a - b : b, formula.unknown().value, formula.ranges());
  if (!sign)
    return Limit::unknown();
  if (!compare)
    return Limit::finite(a / b);
  bool asksForMore = compare.getPredicate() == arith::CmpFPredicate::OGT || compare.getPredicate() == arith::CmpFPredicate::OGE;
  return Limit::truth(builder, op->getLoc(), sign->positive == asksForMore);
}

/// The limit of `value` as the unknown tends to `end`.
Limit limitOf(Formula &formula, Value value, double end, unsigned depth) {
  OpBuilder builder = formula.builder();
  llvm::DenseSet<Value> dependents = formula.dependents();
  llvm::DenseMap<Value, Limit> limits;
  limits[formula.unknown().value] = Limit::atEnd(builder, builder.getUnknownLoc(), end);
  auto known = [&](Value value) { return dependents.contains(value) ? limits.lookup(value) : Limit::finite(value); };
  llvm::SetVector<Operation *> slice = backwardSlice(value);
  // Ops that limits add depend on no unknown, so those that were there when it began are enough.
  llvm::SmallVector<Operation *> ops;
  for (Operation &op : formula.getFunction().getBody().front().without_terminator())
    if (slice.contains(&op) && dependents.contains(op.getResult(0)))
      ops.push_back(&op);
  for (Operation *op : ops) {
    llvm::SmallVector<Limit> operands;
    for (Value operand : op->getOperands())
      operands.push_back(known(operand));
    Limit &limit = limits[op->getResult(0)] = cast<RangeOpInterface>(op).limit(builder, operands);
    auto isFinite = [](const Limit &operand) { return operand.kind == Limit::Finite; };
    if (limit.kind == Limit::Unknown && isa<arith::CmpFOp, arith::DivFOp>(op) && llvm::all_of(operands, isFinite))
      limit = decided(formula, op, operands[0], operands[1]);
    // L'Hopital: where the denominator goes to infinity, the limit of the derivatives' quotient, if there is one, is
    // it.
    if (limit.kind == Limit::Unknown && depth < kDeepest && isa<arith::DivFOp>(op) && operands[1].isInfinite()) {
      Value above = formula.slopeOf(op->getOperand(0)), below = formula.slopeOf(op->getOperand(1));
      Location loc = op->getLoc();
      Limit ratio = productOf(builder, loc, limitOf(formula, above, end, depth + 1),
                              reciprocalOf(builder, loc, limitOf(formula, below, end, depth + 1)));
      if (ratio.isInfinite() || ratio.kind == Limit::Finite)
        limits[op->getResult(0)] = ratio;
    }
  }
  return known(value);
}

} // namespace

Limit limitAt(Formula &formula, double end) { return limitOf(formula, formula.value(), end, 0); }

namespace {

/// The value of a formula in which no variable occurs: what was written with pi is meant as f64 has it.
std::optional<double> numberOf(Value value) {
  if (auto constant = constantValue(value))
    return constant;
  auto rule = dyn_cast_or_null<RangeOpInterface>(value.getDefiningOp());
  if (!rule)
    return std::nullopt;
  llvm::SmallVector<double> operands;
  for (Value operand : value.getDefiningOp()->getOperands()) {
    auto number = numberOf(operand);
    if (!number)
      return std::nullopt;
    operands.push_back(*number);
  }
  return rule.evaluate(operands);
}

} // namespace

std::optional<double> endOf(Formula &formula, const Limit &limit) {
  if (limit.isInfinite())
    return limit.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
  if (limit.kind != Limit::Finite)
    return std::nullopt;
  if (auto number = numberOf(limit.value))
    return number;
  PointEvaluator evaluator(formula, limit.value);
  llvm::SmallVector<double> point;
  for (const Variable &variable : formula.allVariables())
    point.push_back(std::isfinite(variable.range.low + variable.range.high)
                        ? (variable.range.low + variable.range.high) / 2
                    : std::isfinite(variable.range.low) ? variable.range.low + 1
                                                        : 0.5);
  if (!evaluator.at(point))
    return std::nullopt;
  double found = evaluator.of(limit.value), guess = std::round(found * 1e9) / 1e9;
  OpBuilder builder = formula.builder();
  for (double number : {found, guess}) {
    Value bound = constantOf(builder, builder.getUnknownLoc(), builder.getF64Type(), number);
    if (proveEqual(limit.value, bound, formula.ranges()))
      return number;
  }
  return std::nullopt;
}

} // namespace flowc::prove

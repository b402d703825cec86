// SPDX-License-Identifier: MIT

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/RewriteRule.h"
#include "compiler/Derive/Simplify.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

Value simplifyAdd(arith::AddFOp op, PatternRewriter &rewriter) {
  if (isConstant(op.getRhs(), 0))
    return op.getLhs();
  if (isConstant(op.getLhs(), 0))
    return op.getRhs();
  // a + -b = a - b
  if (auto negative = op.getRhs().getDefiningOp<arith::NegFOp>())
    return arith::SubFOp::create(rewriter, op.getLoc(), op.getLhs(), negative.getOperand());
  if (auto negative = op.getLhs().getDefiningOp<arith::NegFOp>())
    return arith::SubFOp::create(rewriter, op.getLoc(), op.getRhs(), negative.getOperand());
  return {};
}

Value simplifySub(arith::SubFOp op, PatternRewriter &rewriter) {
  if (isConstant(op.getRhs(), 0))
    return op.getLhs();
  if (isConstant(op.getLhs(), 0))
    return arith::NegFOp::create(rewriter, op.getLoc(), op.getRhs());
  // a - -b = a + b
  if (auto negative = op.getRhs().getDefiningOp<arith::NegFOp>())
    return arith::AddFOp::create(rewriter, op.getLoc(), op.getLhs(), negative.getOperand());
  return {};
}

Value simplifyMul(arith::MulFOp op, PatternRewriter &rewriter) {
  for (auto [factor, other] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
    if (isConstant(factor, 1))
      return other;
    if (isConstant(factor, -1))
      return arith::NegFOp::create(rewriter, op.getLoc(), other);
    if (isConstant(factor, 0))
      return constantOf(rewriter, op.getLoc(), op.getType(), 0);
    // (-a) b = -(a b)
    if (auto negative = factor.getDefiningOp<arith::NegFOp>())
      return -(Expr(rewriter, op.getLoc(), negative.getOperand()) * Expr(rewriter, op.getLoc(), other));
  }
  return {};
}

Value simplifyDiv(arith::DivFOp op, PatternRewriter &rewriter) {
  if (isConstant(op.getRhs(), 1))
    return op.getLhs();
  // a / e^b = a e^-b: no division, and no infinity where e^b overflows
  if (auto exponential = op.getRhs().getDefiningOp<math::ExpOp>())
    return Expr(rewriter, op.getLoc(), op.getLhs()) * exp(-Expr(rewriter, op.getLoc(), exponential.getOperand()));
  return {};
}

Value simplifyNeg(arith::NegFOp op, PatternRewriter &rewriter) {
  // -(-a) = a; -(a - b) = b - a
  if (auto negative = op.getOperand().getDefiningOp<arith::NegFOp>())
    return negative.getOperand();
  if (auto difference = op.getOperand().getDefiningOp<arith::SubFOp>(); difference && difference->hasOneUse())
    return arith::SubFOp::create(rewriter, op.getLoc(), difference.getRhs(), difference.getLhs());
  return {};
}

/// A fact that the operand shows of itself.
Value simplifyConstrained(ConstrainedOp op, PatternRewriter &) {
  llvm::DenseMap<Value, Interval> given;
  bool known = inferRange(op.getValue(), given).within(op.inferRange({}));
  return known ? op.getValue() : Value();
}

} // namespace

void populateArithPatterns(RewritePatternSet &patterns) {
  addRule<arith::AddFOp>(patterns, simplifyAdd);
  addRule<arith::SubFOp>(patterns, simplifySub);
  addRule<arith::MulFOp>(patterns, simplifyMul);
  addRule<arith::DivFOp>(patterns, simplifyDiv);
  addRule<arith::NegFOp>(patterns, simplifyNeg);
  addRule<ConstrainedOp>(patterns, simplifyConstrained);
}

} // namespace flowc

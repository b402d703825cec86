// SPDX-License-Identifier: MIT

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/RewriteRule.h"
#include "compiler/Derive/Simplify.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

Value simplifyAdd(arith::AddFOp op, PatternRewriter &rewriter) {
  if (op.getLhs() == op.getRhs())
    return 2.0 * Expr(rewriter, op.getLoc(), op.getLhs());
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

/// b + c + .. of -b - c - ..: a sum shows its sign, and may be one that is computed anyway. Null of anything else.
Value withoutSigns(Value value, PatternRewriter &rewriter) {
  if (auto negative = value.getDefiningOp<arith::NegFOp>())
    return negative.getOperand();
  auto difference = value.getDefiningOp<arith::SubFOp>();
  Value first = difference ? withoutSigns(difference.getLhs(), rewriter) : Value();
  if (!first)
    return {};
  return Expr(rewriter, value.getLoc(), first) + Expr(rewriter, value.getLoc(), difference.getRhs());
}

Value simplifySub(arith::SubFOp op, PatternRewriter &rewriter) {
  if (op.getLhs() == op.getRhs())
    return constantOf(rewriter, op.getLoc(), op.getType(), 0);
  // -a - a = -(2 a)
  if (auto negative = op.getLhs().getDefiningOp<arith::NegFOp>(); negative && negative.getOperand() == op.getRhs())
    return -(2.0 * Expr(rewriter, op.getLoc(), op.getRhs()));
  if (isConstant(op.getRhs(), 0))
    return op.getLhs();
  if (isConstant(op.getLhs(), 0))
    return arith::NegFOp::create(rewriter, op.getLoc(), op.getRhs());
  // a - -b = a + b
  if (auto negative = op.getRhs().getDefiningOp<arith::NegFOp>())
    return arith::AddFOp::create(rewriter, op.getLoc(), op.getLhs(), negative.getOperand());
  // a - (-b - c) / d = a + (b + c) / d
  if (auto quotient = op.getRhs().getDefiningOp<arith::DivFOp>())
    if (Value positive = withoutSigns(quotient.getLhs(), rewriter))
      return Expr(rewriter, op.getLoc(), op.getLhs()) +
             Expr(rewriter, op.getLoc(), positive) / Expr(rewriter, op.getLoc(), quotient.getRhs());
  return {};
}

/// product / sqrt(a), where a is a factor of the product: sqrt(a) in its place; else null.
Value overRoot(Value product, math::SqrtOp root, PatternRewriter &rewriter) {
  if (product == root.getOperand())
    return root;
  // (What others use would be computed twice.)
  if (!product.hasOneUse())
    return {};
  auto expr = [&](Value value) { return Expr(rewriter, product.getLoc(), value); };
  if (auto negative = product.getDefiningOp<arith::NegFOp>())
    if (Value inner = overRoot(negative.getOperand(), root, rewriter))
      return -expr(inner);
  if (auto mul = product.getDefiningOp<arith::MulFOp>())
    for (auto [factor, other] : {std::pair(mul.getLhs(), mul.getRhs()), std::pair(mul.getRhs(), mul.getLhs())})
      if (Value inner = overRoot(factor, root, rewriter))
        return expr(inner) * expr(other);
  return {};
}

/// Constant factors come last and are one: (a c) b = (a b) c, (a c) d = a (c d).
/// (Of vectors not: c a may be computed once for all samples.)
Value gatherConstants(arith::MulFOp op, PatternRewriter &rewriter) {
  if (cast<RankedTensorType>(op.getType()).getRank() > 0)
    return {};
  for (auto [factor, other] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
    auto product = factor.getDefiningOp<arith::MulFOp>();
    auto constant = product ? constantValue(product.getRhs()) : std::nullopt;
    if (!constant || constantValue(product.getLhs()))
      continue;
    Expr left(rewriter, op.getLoc(), product.getLhs()), right(rewriter, op.getLoc(), other);
    if (auto second = constantValue(other))
      return left * (*constant * *second);
    return (left * right) * *constant;
  }
  return {};
}

Value simplifyMul(arith::MulFOp op, PatternRewriter &rewriter) {
  if (op.getLhs() == op.getRhs())
    return square(Expr(rewriter, op.getLoc(), op.getLhs()));
  for (auto [factor, other] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
    if (isConstant(factor, 1))
      return other;
    if (isConstant(factor, -1))
      return arith::NegFOp::create(rewriter, op.getLoc(), other);
    if (isConstant(factor, 0))
      return constantOf(rewriter, op.getLoc(), op.getType(), 0);
    // (a / b) b = a
    if (auto quotient = factor.getDefiningOp<arith::DivFOp>(); quotient && quotient.getRhs() == other)
      return quotient.getLhs();
    // (c / sqrt a) a b = c sqrt(a) b
    if (auto quotient = factor.getDefiningOp<arith::DivFOp>())
      if (auto root = quotient.getRhs().getDefiningOp<math::SqrtOp>())
        if (Value product = overRoot(other, root, rewriter))
          return Expr(rewriter, op.getLoc(), quotient.getLhs()) * Expr(rewriter, op.getLoc(), product);
    // (1 / a) b = b / a
    if (auto quotient = factor.getDefiningOp<arith::DivFOp>();
        quotient && isConstant(quotient.getLhs(), 1))
      return Expr(rewriter, op.getLoc(), other) / Expr(rewriter, op.getLoc(), quotient.getRhs());
    // (-a) b = -(a b)
    if (auto negative = factor.getDefiningOp<arith::NegFOp>())
      return -(Expr(rewriter, op.getLoc(), negative.getOperand()) * Expr(rewriter, op.getLoc(), other));
  }
  return {};
}

Value simplifyDiv(arith::DivFOp op, PatternRewriter &rewriter) {
  if (isConstant(op.getRhs(), 1))
    return op.getLhs();
  if (isConstant(op.getRhs(), -1))
    return arith::NegFOp::create(rewriter, op.getLoc(), op.getLhs());
  // a b / sqrt a = sqrt(a) b
  if (auto root = op.getRhs().getDefiningOp<math::SqrtOp>())
    if (Value product = overRoot(op.getLhs(), root, rewriter))
      return product;
  // a / (b / c) = a c / b
  if (auto quotient = op.getRhs().getDefiningOp<arith::DivFOp>(); quotient && quotient->hasOneUse())
    return Expr(rewriter, op.getLoc(), op.getLhs()) * Expr(rewriter, op.getLoc(), quotient.getRhs()) /
           Expr(rewriter, op.getLoc(), quotient.getLhs());
  // a / e^b = a e^-b: no division, and no infinity where e^b overflows
  if (auto exponential = op.getRhs().getDefiningOp<math::ExpOp>())
    return Expr(rewriter, op.getLoc(), op.getLhs()) * exp(-Expr(rewriter, op.getLoc(), exponential.getOperand()));
  return {};
}

/// sqrt(c^2) = |c|; sqrt(c^2 a) = |c| sqrt(a)
Value simplifySqrt(math::SqrtOp op, PatternRewriter &rewriter) {
  if (auto square = op.getOperand().getDefiningOp<SquareOp>())
    return abs(Expr(rewriter, op.getLoc(), square.getOperand()));
  auto product = op.getOperand().getDefiningOp<arith::MulFOp>();
  if (!product)
    return {};
  for (auto [factor, other] :
       {std::pair(product.getLhs(), product.getRhs()), std::pair(product.getRhs(), product.getLhs())})
    if (auto square = factor.getDefiningOp<SquareOp>())
      return abs(Expr(rewriter, op.getLoc(), square.getOperand())) * sqrt(Expr(rewriter, op.getLoc(), other));
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
Value simplifyConstrained(ConstrainedOp op, PatternRewriter &rewriter) {
  llvm::DenseMap<Value, Interval> given;
  if (!inferRange(op.getValue(), given, kRangeDepth).within(op.inferRange({Interval::all()})))
    return {};
  // The user gave the name to the parameter in its domain, not to how it is brought there.
  Operation *made = op.getValue().getDefiningOp();
  if (made && isa<NameLoc>(op.getLoc()) && !isa<NameLoc>(made->getLoc()))
    rewriter.modifyOpInPlace(made, [&] { made->setLoc(op.getLoc()); });
  return op.getValue();
}

} // namespace

void populateArithPatterns(RewritePatternSet &patterns) {
  addRule<arith::AddFOp>(patterns, simplifyAdd);
  addRule<arith::SubFOp>(patterns, simplifySub);
  addRule<arith::MulFOp>(patterns, simplifyMul);
  addRule<arith::MulFOp>(patterns, gatherConstants);
  addRule<arith::DivFOp>(patterns, simplifyDiv);
  addRule<arith::NegFOp>(patterns, simplifyNeg);
  addRule<math::SqrtOp>(patterns, simplifySqrt);
  addRule<ConstrainedOp>(patterns, simplifyConstrained);
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/RewriteRule.h"
#include "compiler/Derive/Simplify.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The value whose absolute value `value` is: x of abs(x), or itself if it is positive; else null.
Value magnitudeOf(Value value) {
  if (auto absolute = value.getDefiningOp<math::AbsFOp>())
    return absolute.getOperand();
  return isPositive(value) ? value : Value();
}

/// log of a product, quotient, power or sigmoid. `log|x|` of the factors simplifies on its own.
Value logOfParts(math::LogOp op, PatternRewriter &rewriter) {
  Value inner = magnitudeOf(op.getOperand());
  if (!inner)
    return {};
  auto expr = [&](Value value) { return Expr(rewriter, op.getLoc(), value); };
  if (auto product = inner.getDefiningOp<arith::MulFOp>())
    return log(abs(expr(product.getLhs()))) + log(abs(expr(product.getRhs())));
  if (auto quotient = inner.getDefiningOp<arith::DivFOp>())
    return log(abs(expr(quotient.getLhs()))) - log(abs(expr(quotient.getRhs())));
  if (auto power = inner.getDefiningOp<math::PowFOp>(); power && isPositive(power.getLhs()))
    return expr(power.getRhs()) * log(expr(power.getLhs()));
  if (auto root = inner.getDefiningOp<math::SqrtOp>())
    return 0.5 * log(expr(root.getOperand()));
  // log sigmoid u = -softplus(-u)
  if (auto sigma = inner.getDefiningOp<SigmoidOp>())
    return -softplus(-expr(sigma.getOperand()));
  if (auto splat = inner.getDefiningOp<SplatOp>())
    return SplatOp::create(rewriter, op.getLoc(), op.getType(), log(abs(expr(splat.getScalar()))));
  return {};
}

} // namespace

void populateLogPatterns(RewritePatternSet &patterns) {
  // log e^x = x
  addRule<math::LogOp>(patterns, [](math::LogOp op, PatternRewriter &) -> Value {
    auto exponential = op.getOperand().getDefiningOp<math::ExpOp>();
    return exponential ? exponential.getOperand() : Value();
  });
  addRule<math::LogOp>(patterns, logOfParts);
  // log(1 - sigmoid u) = -softplus(u)
  addRule<math::Log1pOp>(patterns, [](math::Log1pOp op, PatternRewriter &rewriter) -> Value {
    auto negative = op.getOperand().getDefiningOp<arith::NegFOp>();
    auto sigma = negative ? negative.getOperand().getDefiningOp<SigmoidOp>() : SigmoidOp();
    if (!sigma)
      return {};
    return -softplus(Expr(rewriter, op.getLoc(), sigma.getOperand()));
  });
  // |x| = x for x > 0; |-x| = |x|
  addRule<math::AbsFOp>(patterns, [](math::AbsFOp op, PatternRewriter &rewriter) -> Value {
    if (isPositive(op.getOperand()))
      return op.getOperand();
    auto negative = op.getOperand().getDefiningOp<arith::NegFOp>();
    return negative ? static_cast<Value>(abs(Expr(rewriter, op.getLoc(), negative.getOperand()))) : Value();
  });
  // 1 - sigmoid u = sigmoid(-u)
  addRule<arith::SubFOp>(patterns, [](arith::SubFOp op, PatternRewriter &rewriter) -> Value {
    auto sigma = op.getRhs().getDefiningOp<SigmoidOp>();
    if (!sigma || !isConstant(op.getLhs(), 1))
      return {};
    return sigmoid(-Expr(rewriter, op.getLoc(), sigma.getOperand()));
  });
}

} // namespace flowc

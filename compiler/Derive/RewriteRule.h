// SPDX-License-Identifier: MIT
//
// A rewrite rule as one function from an op to the value that replaces it.

#pragma once

#include "compiler/Dialect/Flow/Expr.h"

#include "mlir/IR/PatternMatch.h"

namespace flowc {

/// How many steps back a rule looks for the range of what it rewrites: where levels are solved one after the other, all of them lie behind
/// the last, and what decides is near.
constexpr int kRangeDepth = 64;

inline bool isPositive(mlir::Value value) {
  llvm::DenseMap<mlir::Value, flow::Interval> given;
  return flow::inferRange(value, given, kRangeDepth).isPositive();
}

/// Replaces an `Op` by what `rewrite` builds; null where the rule does not apply.
template <typename Op> class RewriteRule final : public mlir::OpRewritePattern<Op> {
public:
  using Rewrite = mlir::Value (*)(Op op, mlir::PatternRewriter &rewriter);

  RewriteRule(mlir::MLIRContext *context, Rewrite rewrite) : mlir::OpRewritePattern<Op>(context), rewrite(rewrite) {}

  mlir::LogicalResult matchAndRewrite(Op op, mlir::PatternRewriter &rewriter) const override {
    mlir::Value replacement = rewrite(op, rewriter);
    if (!replacement)
      return mlir::failure();
    rewriter.replaceOp(op, replacement);
    return mlir::success();
  }

private:
  Rewrite rewrite;
};

template <typename Op> void addRule(mlir::RewritePatternSet &patterns, typename RewriteRule<Op>::Rewrite rewrite) {
  patterns.add<RewriteRule<Op>>(patterns.getContext(), rewrite);
}

/// Whether every element of `value` is the constant `number`.
inline bool isConstant(mlir::Value value, double number) { return flow::constantValue(value) == number; }

} // namespace flowc

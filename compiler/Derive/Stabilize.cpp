// SPDX-License-Identifier: MIT
//
// The logarithm of a sum of exponentials. Far out in the tails of a mixture every term is 0 in floating point, and so is the sum; but each
// term's logarithm is a number of ordinary size, and
//
//   log(sum of t_k) = m + log(sum of exp(log t_k - m)),   m the largest of the log t_k,
//
// where one exponential is 1. The derivative is the same for every m, so that none goes through it.

#include "compiler/Derive/Simplify.h"

#include "compiler/Derive/Inline.h"
#include "compiler/Derive/RewriteRule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// Whether the term is a product with a factor that is 0 far out, and whose logarithm is not.
bool vanishes(Value term) {
  Operation *op = term.getDefiningOp();
  if (auto product = dyn_cast_or_null<arith::MulFOp>(op))
    return vanishes(product.getLhs()) || vanishes(product.getRhs());
  if (auto quotient = dyn_cast_or_null<arith::DivFOp>(op))
    return vanishes(quotient.getLhs());
  if (auto fact = dyn_cast_or_null<ConstrainedOp>(op))
    return vanishes(fact.getValue());
  return isa_and_nonnull<math::ExpOp, SigmoidOp>(op);
}

/// Whether the term is exp(.. - m): one of a sum whose largest is 1 already.
bool isShifted(Value term) {
  auto exponential = term.getDefiningOp<math::ExpOp>();
  auto difference = exponential ? exponential.getOperand().getDefiningOp<arith::SubFOp>() : arith::SubFOp();
  return difference && isa_and_nonnull<arith::MaximumFOp, DetachOp>(difference.getRhs().getDefiningOp());
}

void stabilize(math::LogOp op) {
  Value inner = op.getOperand();
  if (auto magnitude = inner.getDefiningOp<math::AbsFOp>())
    inner = magnitude.getOperand();
  llvm::SmallVector<Value> terms = addendsOf(inner);
  if (terms.size() < 2 || llvm::all_of(terms, isShifted) ||
      !llvm::all_of(terms, [](Value term) { return vanishes(term) && isPositive(term); }))
    return;
  OpBuilder builder(op);
  llvm::SmallVector<Expr> logs;
  for (Value term : terms)
    logs.push_back(log(Expr(builder, op.getLoc(), term)));
  Expr largest = logs[0];
  for (const Expr &next : llvm::drop_begin(logs))
    largest = largest.binary<arith::MaximumFOp>(next);
  largest = Expr(builder, op.getLoc(), DetachOp::create(builder, op.getLoc(), op.getType(), largest));
  Expr sum = exp(logs[0] - largest);
  for (const Expr &next : llvm::drop_begin(logs))
    sum = sum + exp(next - largest);
  op.replaceAllUsesWith(static_cast<Value>(largest + log(sum)));
  op.erase();
}

struct Stabilize : PassWrapper<Stabilize, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Stabilize)
  StringRef getArgument() const final { return "flow-stabilize"; }
  StringRef getDescription() const final { return "take the logarithm of a sum of exponentials from the largest of them"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final {
    // In layers as they were written nothing is computed.
    llvm::SmallVector<math::LogOp> logs;
    getOperation().walk([&](math::LogOp op) {
      if (!op->getParentOfType<LayerOp>())
        logs.push_back(op);
    });
    llvm::for_each(logs, stabilize);
  }
};

} // namespace

std::unique_ptr<Pass> createStabilizePass() { return std::make_unique<Stabilize>(); }

} // namespace flowc

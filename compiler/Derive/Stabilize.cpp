// SPDX-License-Identifier: MIT
//
// The logarithm of a sum of exponentials. Far out in the tails of a mixture every term is 0 in floating point, and so is the sum; but each
// term's logarithm is a number of ordinary size, and
//
//   log(sum of t_k) = m + log(sum of exp(log t_k - m)),   m the largest of the log t_k,
//
// where one exponential is 1. The derivative is the same for every m, so that none goes through it. The terms may be products and
// quotients of such sums, as the slope of log(sum) is: a quotient of two numbers that are 0 there is what its logarithm says it is.

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

/// Whether the value is exp(.. - m): one of a sum whose largest is 1 already.
bool isShifted(Value value) {
  auto exponential = value.getDefiningOp<math::ExpOp>();
  auto difference = exponential ? exponential.getOperand().getDefiningOp<arith::SubFOp>() : arith::SubFOp();
  return difference && isa_and_nonnull<arith::MaximumFOp, DetachOp>(difference.getRhs().getDefiningOp());
}

/// Logarithms of positive values, each built once, beside the value.
class Logarithms {
public:
  explicit Logarithms(llvm::DenseMap<Value, Interval> given) : given(std::move(given)) {}

  bool isPositive(Value value) const {
    llvm::DenseMap<Value, Interval> ranges = given;
    return inferRange(value, ranges, kRangeDepth).isPositive();
  }
  /// Whether the value is 0 far out, and its logarithm is not: a product with such a factor, or a sum of nothing else.
  bool vanishes(Value value) {
    if (auto known = vanishing.find(value); known != vanishing.end())
      return known->second;
    return vanishing[value] = findVanishing(value);
  }

  /// The logarithm of a positive value, taken apart as far as something vanishes in it.
  Value of(Value value) {
    if (Value known = logs.lookup(value))
      return known;
    OpBuilder builder(value.getContext());
    builder.setInsertionPointAfterValue(value);
    return logs[value] = build(Expr(builder, value.getLoc(), value), value, builder);
  }

private:
  bool findVanishing(Value value) {
    Operation *op = value.getDefiningOp();
    if (auto product = dyn_cast_or_null<arith::MulFOp>(op))
      return vanishes(product.getLhs()) || vanishes(product.getRhs());
    if (auto quotient = dyn_cast_or_null<arith::DivFOp>(op))
      return vanishes(quotient.getLhs());
    if (auto fact = dyn_cast_or_null<ConstrainedOp>(op))
      return vanishes(fact.getValue());
    if (isa_and_nonnull<arith::AddFOp>(op)) {
      llvm::SmallVector<Value> terms = addendsOf(value);
      return !llvm::all_of(terms, isShifted) && llvm::all_of(terms, [&](Value term) { return vanishes(term) && isPositive(term); });
    }
    return isa_and_nonnull<math::ExpOp, SigmoidOp>(op);
  }

  Value build(const Expr &expr, Value value, OpBuilder &builder) {
    auto logOf = [&](Value part) { return Expr(builder, value.getLoc(), of(part)); };
    Operation *op = value.getDefiningOp();
    if (!vanishes(value))
      return log(expr);
    if (auto exponential = dyn_cast<math::ExpOp>(op))
      return exponential.getOperand();
    if (auto sigma = dyn_cast<SigmoidOp>(op))
      return -softplus(-Expr(builder, value.getLoc(), sigma.getOperand()));
    if (auto fact = dyn_cast<ConstrainedOp>(op))
      return isPositive(fact.getValue()) ? logOf(fact.getValue()) : log(expr);
    if (isa<arith::AddFOp>(op))
      return logOfSum(llvm::map_to_vector(addendsOf(value), logOf), builder);
    Value left = op->getOperand(0), right = op->getOperand(1);
    if (!isPositive(left) || !isPositive(right))
      return log(expr);
    return isa<arith::MulFOp>(op) ? logOf(left) + logOf(right) : logOf(left) - logOf(right);
  }

  static Value logOfSum(llvm::ArrayRef<Expr> logs, OpBuilder &builder) {
    Expr largest = logs[0];
    for (const Expr &next : llvm::drop_begin(logs))
      largest = largest.binary<arith::MaximumFOp>(next);
    largest = largest.unary<DetachOp>();
    Expr sum = exp(logs[0] - largest);
    for (const Expr &next : llvm::drop_begin(logs))
      sum = sum + exp(next - largest);
    return largest + log(sum);
  }

  llvm::DenseMap<Value, Interval> given;
  llvm::DenseMap<Value, bool> vanishing;
  llvm::DenseMap<Value, Value> logs;
};

/// What takes the place of a logarithm or a quotient; null where nothing in it vanishes.
Value stabilized(Operation *op, Logarithms &logs) {
  if (isa<math::LogOp>(op)) {
    Value inner = op->getOperand(0);
    if (auto magnitude = inner.getDefiningOp<math::AbsFOp>())
      inner = magnitude.getOperand();
    return logs.vanishes(inner) && logs.isPositive(inner) ? logs.of(inner) : Value();
  }
  Value above = op->getOperand(0), below = op->getOperand(1);
  if (!logs.vanishes(above) || !logs.vanishes(below) || !logs.isPositive(above) || !logs.isPositive(below))
    return {};
  OpBuilder builder(op);
  return exp(Expr(builder, op->getLoc(), logs.of(above)) - Expr(builder, op->getLoc(), logs.of(below)));
}

struct Stabilize : PassWrapper<Stabilize, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Stabilize)
  StringRef getArgument() const final { return "flow-stabilize"; }
  StringRef getDescription() const final { return "take logarithms and quotients of sums of exponentials from the largest of them"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final { stabilize(getOperation(), llvm::DenseMap<Value, Interval>()); }
};

} // namespace

void stabilize(Operation *scope, llvm::DenseMap<Value, Interval> given) {
  // In layers as they were written nothing is computed.
  llvm::SmallVector<Operation *> ops;
  scope->walk([&](Operation *op) {
    if (isa<math::LogOp, arith::DivFOp>(op) && !op->getParentOfType<LayerOp>())
      ops.push_back(op);
  });
  // All are found before any is replaced, since a replaced one is no longer seen to vanish.
  Logarithms logs(std::move(given));
  llvm::SmallVector<std::pair<Operation *, Value>> found;
  for (Operation *op : ops)
    if (Value replacement = stabilized(op, logs))
      found.push_back({op, replacement});
  for (auto [op, replacement] : found)
    op->replaceAllUsesWith(ValueRange(replacement));
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty())
      op->erase();
}

std::unique_ptr<Pass> createStabilizePass() { return std::make_unique<Stabilize>(); }

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Tangents.h"

#include "compiler/Dialect/Flow/MatrixOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

FailureOr<Value> Tangents::of(Value value) {
  if (auto known = tangents.find(value); known != tangents.end())
    return known->second;
  Operation *op = value.getDefiningOp();
  FailureOr<Value> tangent = op ? through(op) : FailureOr<Value>(Value());
  if (succeeded(tangent))
    tangents[value] = *tangent;
  return tangent;
}

FailureOr<Value> Tangents::through(Operation *op) {
  llvm::SmallVector<Value> moving;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> tangent = of(operand);
    if (failed(tangent))
      return failure();
    moving.push_back(*tangent);
  }
  if (llvm::none_of(moving, [](Value v) { return static_cast<bool>(v); }))
    return Value();
  auto rule = dyn_cast<DifferentiateOpInterface>(op);
  if (!rule)
    return op->emitError("has no derivative rule");
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(at(operand));
  return rule.tangent(builder, operands, at(op->getResult(0)), moving);
}

namespace {

/// All columns of a Jacobian at once, or any other directions.
/// A chain of element-wise ops on one thing that moves has one slope, which is as narrow as the sample's
/// own values; only what mixes elements makes it as wide as the Jacobian.
class Jacobian {
public:
  Jacobian(OpBuilder &builder, llvm::function_ref<Value(Value)> at, Value input, Value directions, int64_t columns)
      : builder(builder), at(at), columns(columns), block(input.getParentBlock()) {
    motions[input] = {directions, {}};
  }

  /// The tangents of `value` along all directions; null if it does not move.
  FailureOr<Value> of(Value value) {
    FailureOr<Motion> motion = motionOf(value);
    if (failed(motion))
      return failure();
    return motion->slope ? product(value.getLoc(), *motion) : motion->base;
  }

private:
  /// Element i moves by `slope`[i] times what row i of `base` says; by that itself without a slope, and not at all without a base.
  struct Motion {
    Value base, slope;
  };

  FailureOr<Motion> motionOf(Value value) {
    if (auto known = motions.find(value); known != motions.end())
      return known->second;
    Operation *op = value.getDefiningOp();
    bool inside = op && op->getBlock() == block; // What a body takes from outside does not move.
    FailureOr<Motion> motion = inside ? through(op) : FailureOr<Motion>(Motion());
    if (succeeded(motion))
      motions[value] = *motion;
    return motion;
  }

  FailureOr<Motion> through(Operation *op) {
    llvm::SmallVector<Motion> moving;
    llvm::SmallVector<Value> operands, bases;
    for (Value operand : op->getOperands()) {
      FailureOr<Motion> motion = motionOf(operand);
      if (failed(motion))
        return failure();
      moving.push_back(*motion);
      if (motion->base)
        bases.push_back(motion->base);
    }
    if (bases.empty())
      return Motion();
    auto rule = dyn_cast<DifferentiateOpInterface>(op);
    if (!rule)
      return op->emitError("has no derivative rule");
    for (Value operand : op->getOperands())
      operands.push_back(at(operand));
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    if (dependency && dependency.isElementwise())
      return llvm::all_equal(bases) ? alongOne(rule, operands, moving) : alongSeveral(rule, operands, moving);
    llvm::SmallVector<Value> tangents;
    for (Value operand : op->getOperands())
      tangents.push_back(*of(operand));
    FailureOr<Value> tangent = rule.wideTangent(builder, operands, tangents, columns);
    if (failed(tangent))
      return op->emitError("has no derivative along many directions");
    return Motion{*tangent, {}};
  }

  /// Of an element-wise op all operands of which move with one thing: a slope of its own.
  Motion alongOne(DifferentiateOpInterface rule, llvm::ArrayRef<Value> operands, llvm::ArrayRef<Motion> moving) {
    llvm::SmallVector<Value> slopes(operands.size());
    Motion result;
    for (auto [k, motion] : llvm::enumerate(moving)) {
      if (!motion.base)
        continue;
      result.base = motion.base;
      slopes[k] = motion.slope ? motion.slope : constantOf(builder, rule->getLoc(), operands[k].getType(), 1);
    }
    result.slope = rule.tangent(builder, operands, at(rule->getResult(0)), slopes);
    return result.slope ? result : Motion();
  }

  /// The slope by every operand alone, times what that one moves by.
  Motion alongSeveral(DifferentiateOpInterface rule, llvm::ArrayRef<Value> operands, llvm::ArrayRef<Motion> moving) {
    Value total;
    for (auto [k, motion] : llvm::enumerate(moving)) {
      llvm::SmallVector<Motion> alone(moving.size());
      alone[k] = motion;
      Motion term = motion.base ? alongOne(rule, operands, alone) : Motion();
      if (!term.base)
        continue;
      Value added = product(rule->getLoc(), term);
      total = total ? arith::AddFOp::create(builder, rule->getLoc(), total, added).getResult() : added;
    }
    return {total, {}};
  }

  Value product(Location loc, const Motion &motion) {
    return arith::MulFOp::create(builder, loc, motion.base, repeated(loc, motion.slope));
  }

  /// The same number for every direction.
  Value repeated(Location loc, Value value) {
    if (columns == 1 && cast<RankedTensorType>(value.getType()).getRank() == 1)
      return value;
    auto type = RankedTensorType::get({elementCount(value) * columns}, getElementTypeOrSelf(value.getType()));
    if (auto number = constantValue(value))
      return constantOf(builder, loc, type, *number);
    if (cast<RankedTensorType>(value.getType()).getRank() == 0)
      return SplatOp::create(builder, loc, type, value);
    return RepeatOp::create(builder, loc, type, value);
  }

  OpBuilder &builder;
  llvm::function_ref<Value(Value)> at;
  int64_t columns;
  Block *block;
  llvm::DenseMap<Value, Motion> motions;
};

} // namespace

FailureOr<Value> jacobian(OpBuilder &builder, llvm::function_ref<Value(Value)> at, Value value, Value input) {
  int64_t columns = elementCount(input);
  Value all = identityMatrix(builder, input.getLoc(), builder.getF64Type(), columns);
  return Jacobian(builder, at, input, all, columns).of(value);
}

FailureOr<Value> productWithJacobian(OpBuilder &builder, llvm::function_ref<Value(Value)> at, Value value, Value input, Value direction) {
  return Jacobian(builder, at, input, direction, /*columns=*/1).of(value);
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Tangents.h"

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

/// All columns of a Jacobian at once.
class Jacobian {
public:
  Jacobian(OpBuilder &builder, llvm::function_ref<Value(Value)> at, Value input)
      : builder(builder), at(at), columns(elementCount(input)), block(input.getParentBlock()) {
    tangents[input] = identityMatrix(builder, input.getLoc(), columns);
  }

  FailureOr<Value> of(Value value) {
    if (auto known = tangents.find(value); known != tangents.end())
      return known->second;
    Operation *op = value.getDefiningOp();
    bool inside = op && op->getBlock() == block; // What a body takes from outside does not move.
    FailureOr<Value> tangent = inside ? through(op) : FailureOr<Value>(Value());
    if (succeeded(tangent))
      tangents[value] = *tangent;
    return tangent;
  }

private:
  FailureOr<Value> through(Operation *op) {
    llvm::SmallVector<Value> moving, operands;
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
    for (Value operand : op->getOperands())
      operands.push_back(at(operand));
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    if (dependency && dependency.isElementwise())
      return elementwise(rule, operands, moving);
    FailureOr<Value> tangent = rule.wideTangent(builder, operands, moving, columns);
    if (failed(tangent))
      return op->emitError("has no derivative along many directions");
    return tangent;
  }

  /// The slope by every operand once, times what the operand moves by along each direction.
  FailureOr<Value> elementwise(DifferentiateOpInterface rule, llvm::ArrayRef<Value> operands, llvm::ArrayRef<Value> moving) {
    Location loc = rule->getLoc();
    Value total;
    for (auto [k, tangent] : llvm::enumerate(moving)) {
      if (!tangent)
        continue;
      llvm::SmallVector<Value> alone(operands.size());
      alone[k] = constantOf(builder, loc, operands[k].getType(), 1);
      Value slope = rule.tangent(builder, operands, at(rule->getResult(0)), alone);
      if (!slope)
        continue;
      Value term = arith::MulFOp::create(builder, loc, tangent, repeated(loc, slope));
      total = total ? arith::AddFOp::create(builder, loc, total, term).getResult() : term;
    }
    return total;
  }

  /// The same number for every direction.
  Value repeated(Location loc, Value value) {
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
  llvm::DenseMap<Value, Value> tangents;
};

} // namespace

FailureOr<Value> jacobian(OpBuilder &builder, llvm::function_ref<Value(Value)> at, Value value, Value input) {
  return Jacobian(builder, at, input).of(value);
}

Value identityMatrix(OpBuilder &builder, Location loc, int64_t size) {
  llvm::SmallVector<double> numbers(size * size, 0);
  for (int64_t k = 0; k < size; ++k)
    numbers[k * (size + 1)] = 1;
  auto type = RankedTensorType::get({size * size}, builder.getF64Type());
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, llvm::ArrayRef<double>(numbers)));
}

} // namespace flowc

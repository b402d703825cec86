// SPDX-License-Identifier: MIT

#include "compiler/Derive/Tangents.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

llvm::SmallVector<Value> unitVectors(OpBuilder &builder, Location loc, Type type) {
  llvm::SmallVector<Value> directions;
  int64_t count = cast<ShapedType>(type).getNumElements();
  for (int64_t k = 0; k < count; ++k) {
    llvm::SmallVector<double> elements(count, 0);
    elements[k] = 1;
    directions.push_back(
        arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(cast<ShapedType>(type), llvm::ArrayRef<double>(elements))));
  }
  return directions;
}

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

} // namespace flowc

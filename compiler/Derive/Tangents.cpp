// SPDX-License-Identifier: MIT

#include "compiler/Derive/Tangents.h"

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

} // namespace flowc

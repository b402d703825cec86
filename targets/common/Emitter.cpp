// SPDX-License-Identifier: MIT

#include "targets/common/Emitter.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace flowc::targets;

Value Emitter::constant(int64_t value) {
  return arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(value));
}

Value Emitter::constant(Type type, double value) {
  Attribute scalar = builder.getFloatAttr(getElementTypeOrSelf(type), value);
  TypedAttr attribute = cast<TypedAttr>(scalar);
  if (auto vector = dyn_cast<VectorType>(type))
    attribute = DenseElementsAttr::get(vector, scalar);
  return arith::ConstantOp::create(builder, loc, attribute);
}

// Folded as it is built: most indices are constants, and every op that is not made need not be converted.
Value Emitter::add(Value a, Value b) { return builder.createOrFold<arith::AddIOp>(loc, a, b); }

Value Emitter::subtract(Value a, Value b) { return builder.createOrFold<arith::SubIOp>(loc, a, b); }

Value Emitter::multiply(Value a, Value b) { return builder.createOrFold<arith::MulIOp>(loc, a, b); }

Value Emitter::minimum(Value a, Value b) { return arith::MinSIOp::create(builder, loc, a, b); }

Value Emitter::addFloats(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }

Value Emitter::roundDown(Value value, int64_t step) {
  return subtract(value, arith::RemUIOp::create(builder, loc, value, constant(step)));
}

Value Emitter::address(Value pointer, Type element, Value index) {
  if (matchPattern(index, m_Zero()))
    return pointer;
  return LLVM::GEPOp::create(builder, loc, pointer.getType(), element, pointer, ArrayRef<LLVM::GEPArg>{index},
                             LLVM::GEPNoWrapFlags::inbounds);
}

unsigned flowc::targets::elementBytes(Type type) { return getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8; }

Value Emitter::load(Type type, Value pointer) {
  return LLVM::LoadOp::create(builder, loc, type, pointer, elementBytes(type));
}

void Emitter::store(Value value, Value pointer) {
  LLVM::StoreOp::create(builder, loc, value, pointer, elementBytes(value.getType()));
}

SmallVector<Value> Emitter::loop(Value from, Value to, Value step, ValueRange carried,
                                 function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(builder, loc, from, to, step, carried);
  OpBuilder::InsertionGuard guard(builder);
  if (carried.empty()) {
    builder.setInsertionPoint(op.getBody()->getTerminator());
    body(op.getInductionVar(), op.getRegionIterArgs());
    return {};
  }
  builder.setInsertionPointToEnd(op.getBody());
  scf::YieldOp::create(builder, loc, body(op.getInductionVar(), op.getRegionIterArgs()));
  return op.getResults();
}

void Emitter::loop(Value from, Value to, Value step, function_ref<void(Value)> body) {
  loop(from, to, step, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

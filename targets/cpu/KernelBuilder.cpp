// SPDX-License-Identifier: MIT

#include "targets/cpu/KernelBuilder.h"

using namespace mlir;
using namespace flowc::cpu;

//===- Emitter
//------------------------------------------------------------------------------------------------------===//

Value Emitter::maskedAddress(Value pointer, Type element, Value index) {
  return LLVM::GEPOp::create(builder, loc, pointer.getType(), element, pointer, ArrayRef<LLVM::GEPArg>{index},
                             LLVM::GEPNoWrapFlags::none);
}

Value Emitter::maskedLoad(Value pointer, Value mask, Value otherwise) {
  return LLVM::MaskedLoadOp::create(builder, loc, otherwise.getType(), pointer, mask, otherwise,
                                    targets::elementBytes(otherwise.getType()));
}

void Emitter::maskedStore(Value value, Value pointer, Value mask) {
  LLVM::MaskedStoreOp::create(builder, loc, value, pointer, mask, targets::elementBytes(value.getType()));
}

void Emitter::prefetch(Value pointer) {
  constexpr uint32_t kForReading = 0, kKeepEverywhere = 3, kData = 1;
  LLVM::Prefetch::create(builder, loc, pointer, kForReading, kKeepEverywhere, kData);
}

Value Emitter::firstLanes(int64_t width, Value count) {
  auto indices = VectorType::get(width, builder.getI32Type());
  SmallVector<int32_t> steps(width);
  for (auto [lane, step] : llvm::enumerate(steps))
    step = static_cast<int32_t>(lane);
  Value iota = arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(indices, ArrayRef<int32_t>(steps)));
  Value narrow = arith::TruncIOp::create(builder, loc, builder.getI32Type(), count);
  Value limit = vector::BroadcastOp::create(builder, loc, indices, narrow);
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, iota, limit);
}

Value Emitter::broadcast(VectorType type, Value scalar) {
  return vector::BroadcastOp::create(builder, loc, type, scalar);
}

Value Emitter::sumLanes(Value vector) {
  for (int64_t width = cast<VectorType>(vector.getType()).getNumElements(); width > 1; width /= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < width / 2; ++lane) {
      low.push_back(lane);
      high.push_back(lane + width / 2);
    }
    vector = addFloats(vector::ShuffleOp::create(builder, loc, vector, vector, low),
                       vector::ShuffleOp::create(builder, loc, vector, vector, high));
  }
  return vector::ExtractOp::create(builder, loc, vector, int64_t(0));
}

//===- KernelCache
//--------------------------------------------------------------------------------------------------===//

KernelCache::KernelCache(ModuleOp module, VectorUnit unit) : targets::FunctionCache(module.getBody()), unit(unit), types(module.getContext()) {}

int64_t KernelCache::lanes(Type element, int64_t samples) const {
  int64_t width = lanes(element);
  while (samples % width != 0)
    width /= 2;
  return width;
}

Value KernelCache::originOf(targets::Emitter &emitter, Value buffer) {
  OpBuilder &builder = emitter.builder;
  auto type = cast<MemRefType>(buffer.getType());
  // The cast meets its opposite when memrefs are converted, and both vanish.
  Value descriptor =
      UnrealizedConversionCastOp::create(builder, emitter.loc, types.convertType(type), buffer).getResult(0);
  Value pointer = LLVM::ExtractValueOp::create(builder, emitter.loc, descriptor, ArrayRef<int64_t>{1});
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  (void)type.getStridesAndOffset(strides, offset);
  if (offset == 0)
    return pointer;
  Value start = ShapedType::isDynamic(offset)
                    ? LLVM::ExtractValueOp::create(builder, emitter.loc, descriptor, ArrayRef<int64_t>{2}).getResult()
                    : emitter.constant(offset);
  return emitter.address(pointer, type.getElementType(), start);
}

void KernelCache::call(OpBuilder &builder, Location loc, StringRef name, StringRef key, ValueRange arguments, Body body) {
  targets::FunctionCache::call(builder, loc, name, key, arguments, [&](targets::Emitter &e, ValueRange values) {
    Emitter inner(e.builder, e.loc);
    body(inner, values);
    return SmallVector<Value>();
  });
}

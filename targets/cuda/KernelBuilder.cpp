// SPDX-License-Identifier: MIT

#include "targets/cuda/KernelBuilder.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

template <typename Op> static Value positionOf(targets::Emitter &e) {
  Value index = Op::create(e.builder, e.loc, gpu::Dimension::x);
  return arith::IndexCastOp::create(e.builder, e.loc, e.builder.getI64Type(), index);
}

Value flowc::cuda::blockIndex(targets::Emitter &emitter) { return positionOf<gpu::BlockIdOp>(emitter); }
Value flowc::cuda::blockCount(targets::Emitter &emitter) { return positionOf<gpu::GridDimOp>(emitter); }

//===- BlockEmitter -------------------------------------------------------------------------------------------------===//

BlockEmitter::BlockEmitter(OpBuilder &builder, Location loc, int64_t threads)
    : targets::Emitter(builder, loc), threads(threads), thread(positionOf<gpu::ThreadIdOp>(*this)),
      lane(remainder(thread, constant(kWarp))), warp(divide(thread, constant(kWarp))) {}

void BlockEmitter::share(Value count, function_ref<void(Value)> body) { loop(thread, count, threads, body); }

void BlockEmitter::when(Value condition, function_ref<void()> body, function_ref<void()> otherwise) {
  auto op = scf::IfOp::create(builder, loc, condition, /*withElseRegion=*/bool(otherwise));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(op.thenBlock());
  body();
  if (!otherwise)
    return;
  builder.setInsertionPointToStart(op.elseBlock());
  otherwise();
}

Value BlockEmitter::isEqual(Value a, Value b) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, a, b);
}

Value BlockEmitter::isLess(Value a, Value b) {
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, a, b);
}

Value BlockEmitter::select(Value condition, Value yes, Value no) {
  return arith::SelectOp::create(builder, loc, condition, yes, no);
}

Value BlockEmitter::divide(Value a, Value b) { return builder.createOrFold<arith::DivUIOp>(loc, a, b); }

Value BlockEmitter::remainder(Value a, Value b) { return builder.createOrFold<arith::RemUIOp>(loc, a, b); }

Value BlockEmitter::fusedMultiplyAdd(Value a, Value b, Value sum) {
  return math::FmaOp::create(builder, loc, a, b, sum);
}

Value BlockEmitter::maximum(Value a, Value b) { return arith::MaxSIOp::create(builder, loc, a, b); }

SmallVector<Value> BlockEmitter::loadWide(Type element, int64_t count, Value pointer) {
  if (count == 1)
    return {load(element, pointer)};
  auto type = VectorType::get(count, element);
  Value all = LLVM::LoadOp::create(builder, loc, type, pointer, count * targets::elementBytes(element));
  SmallVector<Value> values;
  for (int64_t k = 0; k < count; ++k)
    values.push_back(LLVM::ExtractElementOp::create(builder, loc, all, constant(k)));
  return values;
}

void BlockEmitter::storeWide(ValueRange values, Value pointer) {
  auto count = static_cast<int64_t>(values.size());
  if (count == 1)
    return store(values.front(), pointer);
  Type element = values.front().getType();
  Value all = LLVM::PoisonOp::create(builder, loc, VectorType::get(count, element));
  for (auto [k, value] : llvm::enumerate(values))
    all = LLVM::InsertElementOp::create(builder, loc, all, value, constant(k));
  LLVM::StoreOp::create(builder, loc, all, pointer, count * targets::elementBytes(element));
}

/// What moves is words of 32 bits.
Value BlockEmitter::shuffle(Value mine, int32_t distance) {
  Type type = mine.getType(), word = builder.getI32Type(), bits = builder.getIntegerType(type.getIntOrFloatBitWidth());
  auto moved = [&](Value value) {
    return gpu::ShuffleOp::create(builder, loc, value, distance, kWarp, gpu::ShuffleMode::XOR).getShuffleResult();
  };
  if (bits == word)
    return moved(mine);
  Value whole = arith::BitcastOp::create(builder, loc, bits, mine), half = constant(32);
  Value low = moved(arith::TruncIOp::create(builder, loc, word, whole));
  Value high = moved(arith::TruncIOp::create(builder, loc, word, arith::ShRUIOp::create(builder, loc, whole, half)));
  auto wide = [&](Value value) -> Value { return arith::ExtUIOp::create(builder, loc, bits, value); };
  Value both = arith::OrIOp::create(builder, loc, wide(low), arith::ShLIOp::create(builder, loc, wide(high), half));
  return arith::BitcastOp::create(builder, loc, type, both);
}

Value BlockEmitter::combineWarp(Value mine, function_ref<Value(Value, Value)> combine) {
  for (int32_t distance = kWarp / 2; distance > 0; distance /= 2)
    mine = combine(mine, shuffle(mine, distance));
  return mine;
}

Value BlockEmitter::sumWarp(Value mine) {
  return combineWarp(mine, [&](Value a, Value b) { return addFloats(a, b); });
}

void BlockEmitter::barrier() { gpu::BarrierOp::create(builder, loc); }

//===- KernelCache --------------------------------------------------------------------------------------------------===//

func::CallOp KernelCache::call(OpBuilder &builder, Location loc, StringRef name, StringRef key, ValueRange arguments, Body body) {
  return targets::FunctionCache::call(builder, loc, name, key, arguments, [&](targets::Emitter &e, ValueRange values) {
    BlockEmitter block(e.builder, e.loc, threads);
    return body(block, values);
  });
}

Value KernelCache::shared(targets::Emitter &e, StringRef name, Type element, int64_t count) {
  std::string symbol;
  llvm::raw_string_ostream(symbol) << "tile_shared_" << name << '_' << element;
  LLVM::GlobalOp &global = globals[symbol];
  if (!global) {
    OpBuilder atTop = OpBuilder::atBlockBegin(home);
    global = LLVM::GlobalOp::create(atTop, e.loc, LLVM::LLVMArrayType::get(element, count), /*isConstant=*/false,
                                    LLVM::Linkage::Internal, symbol, Attribute(), /*alignment=*/16, kSharedMemory);
  }
  if (auto type = cast<LLVM::LLVMArrayType>(global.getType()); type.getNumElements() < static_cast<uint64_t>(count))
    global.setGlobalType(LLVM::LLVMArrayType::get(element, count));
  return LLVM::AddressOfOp::create(e.builder, e.loc, global);
}

void KernelCache::placeInShared(BlockArgument buffer, StringRef name) {
  constexpr int64_t kBytes = 16;
  OpBuilder atTop = OpBuilder::atBlockBegin(home), inside = OpBuilder::atBlockBegin(buffer.getOwner());
  LLVM::GlobalOp &global = globals[name];
  if (!global)
    global = LLVM::GlobalOp::create(atTop, buffer.getLoc(), LLVM::LLVMArrayType::get(atTop.getI8Type(), 0), /*isConstant=*/false,
                                    LLVM::Linkage::External, name, Attribute(), kBytes, kSharedMemory);
  place(buffer, LLVM::AddressOfOp::create(inside, buffer.getLoc(), global),
        kBytes / targets::elementBytes(cast<MemRefType>(buffer.getType()).getElementType()));
}

bool KernelCache::isAligned(Value buffer, int64_t count) const {
  auto slice = buffer.getDefiningOp<memref::ReinterpretCastOp>();
  if (!slice)
    return places.lookup(buffer).alignment % count == 0;
  int64_t offset = slice.getStaticOffsets()[0];
  return !ShapedType::isDynamic(offset) && offset % count == 0 && places.lookup(slice.getSource()).alignment % count == 0;
}

/// Arguments lie where the kernel was told; tables become constants of the device module.
Value KernelCache::originOf(targets::Emitter &e, Value buffer) {
  if (Value pointer = places.lookup(buffer).pointer)
    return pointer;
  auto use = buffer.getDefiningOp<memref::GetGlobalOp>();
  LLVM::GlobalOp &global = globals[use.getName()];
  if (!global) {
    auto table = symbols.lookupNearestSymbolFrom<memref::GlobalOp>(home->getParentOp()->getParentOp(), use.getNameAttr());
    auto type = cast<MemRefType>(table.getType());
    OpBuilder atTop = OpBuilder::atBlockBegin(home);
    global = LLVM::GlobalOp::create(atTop, table.getLoc(), LLVM::LLVMArrayType::get(type.getElementType(), type.getNumElements()),
                                    /*isConstant=*/true, LLVM::Linkage::Internal, use.getName(), *table.getInitialValue(),
                                    /*alignment=*/0, kGlobalMemory);
  }
  return LLVM::AddressOfOp::create(e.builder, e.loc, global);
}

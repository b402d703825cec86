// SPDX-License-Identifier: MIT
//
// Addressing and the cache of private functions. Rows are addressed through LLVM pointers, not memrefs: the functions
// are shared by buffers of any size and offset, which memref types would have to spell out.

#include "targets/cpu/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace flowc::cpu;

//===- Emitter
//------------------------------------------------------------------------------------------------------===//

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

Value Emitter::maskedAddress(Value pointer, Type element, Value index) {
  return LLVM::GEPOp::create(builder, loc, pointer.getType(), element, pointer, ArrayRef<LLVM::GEPArg>{index},
                             LLVM::GEPNoWrapFlags::none);
}

static unsigned elementBytes(Type type) { return getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8; }

Value Emitter::load(Type type, Value pointer) {
  return LLVM::LoadOp::create(builder, loc, type, pointer, elementBytes(type));
}

void Emitter::store(Value value, Value pointer) {
  LLVM::StoreOp::create(builder, loc, value, pointer, elementBytes(value.getType()));
}

Value Emitter::maskedLoad(Value pointer, Value mask, Value otherwise) {
  return LLVM::MaskedLoadOp::create(builder, loc, otherwise.getType(), pointer, mask, otherwise,
                                    elementBytes(otherwise.getType()));
}

void Emitter::maskedStore(Value value, Value pointer, Value mask) {
  LLVM::MaskedStoreOp::create(builder, loc, value, pointer, mask, elementBytes(value.getType()));
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

SmallVector<Value> Emitter::loop(Value from, Value to, int64_t step, ValueRange carried,
                                 function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(builder, loc, from, to, constant(step), carried);
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

void Emitter::loop(Value from, Value to, int64_t step, function_ref<void(Value)> body) {
  loop(from, to, step, {}, [&](Value i, ValueRange) {
    body(i);
    return SmallVector<Value>();
  });
}

//===- KernelCache
//--------------------------------------------------------------------------------------------------===//

KernelCache::KernelCache(ModuleOp module, VectorUnit unit) : module(module), unit(unit), types(module.getContext()) {}

int64_t KernelCache::lanes(Type element, int64_t samples) const {
  int64_t width = lanes(element);
  while (samples % width != 0)
    width /= 2;
  return width;
}

Value KernelCache::descriptorPointer(Emitter &emitter, Value buffer) {
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

Value KernelCache::pointerTo(Emitter &emitter, Value buffer) {
  auto slice = buffer.getDefiningOp<memref::ReinterpretCastOp>();
  if (!slice || ShapedType::isDynamic(slice.getStaticOffsets()[0]))
    return descriptorPointer(emitter, buffer);
  // A kernel has thousands of slices of a few buffers: their addresses are taken once.
  Value &origin = origins[slice.getSource()];
  if (!origin) {
    OpBuilder::InsertionGuard guard(emitter.builder);
    emitter.builder.setInsertionPointAfterValue(slice.getSource());
    origin = descriptorPointer(emitter, slice.getSource());
  }
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  return emitter.address(origin, element, emitter.constant(slice.getStaticOffsets()[0]));
}

static constexpr StringRef kTable = "tile_rows";

Value KernelCache::rowTable(Emitter &emitter, ArrayRef<int64_t> rows) {
  OpBuilder &builder = emitter.builder;
  auto [place, inserted] = lists.try_emplace(builder.getDenseI64ArrayAttr(rows), table.size());
  if (inserted)
    table.insert(table.end(), rows.begin(), rows.end());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  Value begin = LLVM::AddressOfOp::create(builder, emitter.loc, pointer, kTable);
  return emitter.address(begin, builder.getI64Type(), emitter.constant(place->second));
}

void KernelCache::finish() {
  if (table.empty())
    return;
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  int64_t size = table.size();
  auto values = DenseElementsAttr::get(RankedTensorType::get(size, builder.getI64Type()), ArrayRef<int64_t>(table));
  LLVM::GlobalOp::create(builder, module.getLoc(), LLVM::LLVMArrayType::get(builder.getI64Type(), size),
                         /*isConstant=*/true, LLVM::Linkage::Internal, kTable, values);
}

void KernelCache::call(OpBuilder &builder, Location loc, StringRef name, StringRef key, ValueRange arguments,
                       Body body) {
  func::FuncOp &function = functions[key];
  if (!function) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(module.getBody());
    auto type = builder.getFunctionType(arguments.getTypes(), {});
    function = func::FuncOp::create(builder, loc, ("tile_" + name + "_" + Twine(functions.size() - 1)).str(), type);
    function.setPrivate();
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
    builder.setInsertionPointToStart(function.addEntryBlock());
    Emitter emitter(builder, loc);
    body(emitter, function.getArguments());
    func::ReturnOp::create(builder, loc);
  }
  func::CallOp::create(builder, loc, function, arguments);
}

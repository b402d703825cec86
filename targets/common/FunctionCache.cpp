// SPDX-License-Identifier: MIT
//
// Rows are addressed through LLVM pointers, not memrefs: the functions are shared by buffers of any size and offset, which memref types
// would have to spell out.

#include "targets/common/FunctionCache.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc::targets;

Value FunctionCache::pointerTo(Emitter &emitter, Value buffer, int64_t distance) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  auto slice = buffer.getDefiningOp<memref::ReinterpretCastOp>();
  if (!slice || ShapedType::isDynamic(slice.getStaticOffsets()[0]))
    return emitter.address(originOf(emitter, buffer), element, emitter.constant(distance));
  // A kernel has thousands of slices of a few buffers: their addresses are taken once.
  Value &origin = origins[slice.getSource()];
  if (!origin) {
    OpBuilder::InsertionGuard guard(emitter.builder);
    emitter.builder.setInsertionPointAfterValue(slice.getSource());
    origin = originOf(emitter, slice.getSource());
  }
  return emitter.address(origin, element, emitter.constant(slice.getStaticOffsets()[0] + distance));
}

static constexpr StringRef kTable = "tile_rows";

Value FunctionCache::rowTable(Emitter &emitter, ArrayRef<int64_t> rows) {
  OpBuilder &builder = emitter.builder;
  auto [place, inserted] = lists.try_emplace(builder.getDenseI64ArrayAttr(rows), table.size());
  if (inserted)
    table.insert(table.end(), rows.begin(), rows.end());
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext(), addressSpace);
  Value begin = LLVM::AddressOfOp::create(builder, emitter.loc, pointer, kTable);
  return emitter.address(begin, builder.getI64Type(), emitter.constant(place->second));
}

void FunctionCache::finish() {
  if (!table.empty())
    makeTable(home, home->getParentOp()->getLoc(), kTable, table, addressSpace);
}

LLVM::GlobalOp flowc::targets::makeTable(Block *home, Location loc, StringRef name, ArrayRef<int64_t> numbers, unsigned addressSpace) {
  OpBuilder builder = OpBuilder::atBlockBegin(home);
  auto size = static_cast<int64_t>(numbers.size());
  auto values = DenseElementsAttr::get(RankedTensorType::get(size, builder.getI64Type()), numbers);
  return LLVM::GlobalOp::create(builder, loc, LLVM::LLVMArrayType::get(builder.getI64Type(), size), /*isConstant=*/true,
                                LLVM::Linkage::Internal, name, values, /*alignment=*/0, addressSpace);
}

func::CallOp FunctionCache::call(OpBuilder &builder, Location loc, StringRef name, StringRef key, ValueRange arguments, Body body) {
  // Code for pointers to one memory is none for another.
  std::string whole = key.str();
  for (auto [k, argument] : llvm::enumerate(arguments))
    if (auto pointer = dyn_cast<LLVM::LLVMPointerType>(argument.getType()); pointer && pointer.getAddressSpace() != addressSpace)
      whole += " #" + std::to_string(k) + ':' + std::to_string(pointer.getAddressSpace());
  func::FuncOp &function = functions[whole];
  if (!function) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToEnd(home);
    auto type = builder.getFunctionType(arguments.getTypes(), {});
    function = func::FuncOp::create(builder, loc, ("tile_" + name + "_" + Twine(functions.size() - 1)).str(), type);
    function.setPrivate();
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(builder.getContext(), LLVM::Linkage::Internal));
    builder.setInsertionPointToStart(function.addEntryBlock());
    Emitter emitter(builder, loc);
    SmallVector<Value> results = body(emitter, function.getArguments());
    func::ReturnOp::create(builder, loc, results);
    function.setType(builder.getFunctionType(arguments.getTypes(), ValueRange(results).getTypes()));
  }
  return func::CallOp::create(builder, loc, function, arguments);
}

// SPDX-License-Identifier: MIT

#include "targets/cpu/Profile.h"

#include "compiler/Dialect/Flow/LayerLocation.h"
#include "compiler/Dialect/Tile/TileDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace mlir;

namespace {

/// `flow_f32` of `flow_f32_log_prob`.
StringRef prefixOf(StringRef kernel) { return kernel.take_front(kernel.find('_', kernel.find('_') + 1)); }

/// Of one call over a tile. Only products count.
int64_t flopsOf(Operation *op) {
  auto gemm = dyn_cast<flowc::tile::GemmOp>(op);
  if (!gemm)
    return 0;
  auto shape = [](Value value) { return cast<MemRefType>(value.getType()).getShape(); };
  return 2 * shape(gemm.getA())[0] * shape(gemm.getA())[1] * shape(gemm.getB())[1];
}

Value readCounter(OpBuilder &builder, Location loc) {
  return LLVM::CallIntrinsicOp::create(builder, loc, builder.getI64Type(), builder.getStringAttr("llvm.readcyclecounter"), ValueRange{})
      .getResults();
}

/// The kernels of one element type.
using Kernels = SmallVector<func::FuncOp>;

/// What is called with a tile; what does nothing by itself, such as the end of a body, is not.
SmallVector<Operation *> timedOps(func::FuncOp kernel) {
  SmallVector<Operation *> ops;
  for (Block &block : kernel.getBody())
    for (Operation &op : block)
      if (isa_and_present<flowc::tile::TileDialect>(op.getDialect()) && !op.hasTrait<OpTrait::IsTerminator>())
        ops.push_back(&op);
  return ops;
}

void addGlobal(ModuleOp module, const std::string &name, RankedTensorType type, Attribute value, bool constant) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  memref::GlobalOp::create(builder, module.getLoc(), name, StringAttr(), MemRefType::get(type.getShape(), type.getElementType()), value,
                           constant, IntegerAttr());
}

/// Adds a number to one of the counts.
void add(OpBuilder &builder, Location loc, Value counts, int64_t place, Value number) {
  Value index = arith::ConstantIndexOp::create(builder, loc, place);
  Value sum = arith::AddIOp::create(builder, loc, memref::LoadOp::create(builder, loc, counts, index), number);
  memref::StoreOp::create(builder, loc, sum, counts, index);
}

/// Adds what passes between the counter's states in front of and behind each op to the op's ticks, and 1 to its calls.
void countOps(ArrayRef<Operation *> ops, int64_t first, FlatSymbolRefAttr counts, MemRefType type) {
  Value last;
  for (auto [k, op] : llvm::enumerate(ops)) {
    OpBuilder builder(op);
    Location loc = op->getLoc();
    if (!last)
      last = readCounter(builder, loc);
    builder.setInsertionPointAfter(op);
    Value now = readCounter(builder, loc);
    Value numbers = memref::GetGlobalOp::create(builder, loc, type, counts.getValue());
    int64_t place = 2 * (first + static_cast<int64_t>(k));
    add(builder, loc, numbers, place, arith::SubIOp::create(builder, loc, now, last));
    add(builder, loc, numbers, place + 1, arith::ConstantIntOp::create(builder, loc, 1, 64));
    last = now;
  }
}

void addProfileOf(ModuleOp module, StringRef prefix, const Kernels &kernels) {
  llvm::json::Array described;
  SmallVector<SmallVector<Operation *>> all;
  for (func::FuncOp kernel : kernels)
    for (Operation *op : all.emplace_back(timedOps(kernel)))
      described.push_back(llvm::json::Object{{"kernel", kernel.getName().drop_front(prefix.size() + 1)},
                                             {"op", op->getName().stripDialect()},
                                             {"layer", flowc::flow::layerOf(op->getLoc())},
                                             {"flops", flopsOf(op)}});
  auto size = static_cast<int64_t>(described.size());
  OpBuilder builder(module.getContext());
  auto counts = RankedTensorType::get({2 * size}, builder.getI64Type());
  std::string name = (prefix + "_profile_counts").str();
  int64_t first = 0;
  for (const auto &ops : all) {
    countOps(ops, first, FlatSymbolRefAttr::get(builder.getContext(), name), MemRefType::get(counts.getShape(), counts.getElementType()));
    first += static_cast<int64_t>(ops.size());
  }
  addGlobal(module, name, counts, DenseElementsAttr::get(counts, builder.getI64IntegerAttr(0).getValue()), /*constant=*/false);
  std::string text = llvm::formatv("{0}", llvm::json::Value(std::move(described))).str();
  SmallVector<int8_t> bytes(text.begin(), text.end());
  bytes.push_back(0);
  auto type = RankedTensorType::get({static_cast<int64_t>(bytes.size())}, builder.getI8Type());
  addGlobal(module, (prefix + "_profile_text").str(), type, DenseElementsAttr::get(type, ArrayRef<int8_t>(bytes)), /*constant=*/true);
}

} // namespace

void flowc::cpu::addProfile(ModuleOp module) {
  llvm::MapVector<StringRef, Kernels> byType;
  for (auto kernel : module.getOps<func::FuncOp>())
    if (kernel.isPublic() && !kernel.isExternal())
      byType[prefixOf(kernel.getName())].push_back(kernel);
  for (auto &[prefix, kernels] : byType)
    addProfileOf(module, prefix, kernels);
}

bool flowc::cpu::isProfileSymbol(StringRef name) { return name.ends_with("_profile_counts") || name.ends_with("_profile_text"); }

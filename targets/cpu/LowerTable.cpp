// SPDX-License-Identifier: MIT
//
// tile.table: an array of addresses. Until the kernels are functions of the llvm dialect nothing there could name them.

#include "targets/cpu/LowerTile.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

void lowerTable(tile::TableOp table) {
  OpBuilder builder(table);
  Location loc = table.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto type = LLVM::LLVMArrayType::get(pointer, table.getKernels().size());
  auto global = LLVM::GlobalOp::create(builder, loc, type, /*isConstant=*/true, LLVM::Linkage::External, table.getSymName(), Attribute());
  builder.createBlock(&global.getInitializerRegion());
  Value array = LLVM::UndefOp::create(builder, loc, type);
  for (auto [k, kernel] : llvm::enumerate(table.getKernels().getAsRange<FlatSymbolRefAttr>())) {
    Value address = LLVM::AddressOfOp::create(builder, loc, pointer, kernel.getValue());
    array = LLVM::InsertValueOp::create(builder, loc, array, address, k);
  }
  LLVM::ReturnOp::create(builder, loc, array);
  table.erase();
}

struct LowerTablesPass : PassWrapper<LowerTablesPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTablesPass)
  StringRef getArgument() const final { return "tile-table-to-llvm"; }
  StringRef getDescription() const final { return "tables of kernels to arrays of addresses"; }
  void getDependentDialects(DialectRegistry &registry) const final { registry.insert<LLVM::LLVMDialect>(); }
  void runOnOperation() final {
    for (tile::TableOp table : llvm::make_early_inc_range(getOperation().getOps<tile::TableOp>()))
      lowerTable(table);
  }
};

} // namespace

std::unique_ptr<Pass> flowc::cpu::createLowerTablesPass() { return std::make_unique<LowerTablesPass>(); }

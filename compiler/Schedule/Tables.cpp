// SPDX-License-Identifier: MIT

#include "compiler/Schedule/Tables.h"

using namespace mlir;

namespace flowc::schedule {

Value Tables::read(OpBuilder &builder, Location loc, DenseElementsAttr values) {
  memref::GlobalOp &table = made[values];
  if (!table)
    table = make(loc, values);
  return memref::GetGlobalOp::create(builder, loc, table.getType(), table.getSymName());
}

memref::GlobalOp Tables::make(Location loc, DenseElementsAttr values) {
  llvm::SmallVector<APFloat> numbers;
  for (APFloat number : values.getValues<APFloat>()) {
    bool lossy = false;
    number.convert(cast<FloatType>(element).getFloatSemantics(), APFloat::rmNearestTiesToEven, &lossy);
    numbers.push_back(number);
  }
  int64_t count = values.getNumElements();
  std::string name;
  for (size_t k = made.size() - 1; name.empty() || module.lookupSymbol(name); ++k) // those of the other type are there already
    name = "table." + std::to_string(k);
  OpBuilder atTop = OpBuilder::atBlockBegin(module.getBody());
  return memref::GlobalOp::create(atTop, loc, name, atTop.getStringAttr("private"), MemRefType::get({count}, element),
                                  DenseElementsAttr::get(RankedTensorType::get({count}, element), numbers), /*constant=*/true,
                                  IntegerAttr());
}

} // namespace flowc::schedule

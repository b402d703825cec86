// SPDX-License-Identifier: MIT

#include "compiler/Schedule/ExpandCausal.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::schedule {

void expandCausal(ModelOp model) {
  model.walk([](CausalOp op) {
    llvm::SmallVector<double> mask;
    for (int64_t row : op.getRows())
      for (int64_t column : op.getColumns())
        mask.push_back(column <= row ? 1 : 0);
    OpBuilder builder(op);
    auto table = DenseElementsAttr::get(cast<ShapedType>(op.getType()), llvm::ArrayRef<double>(mask));
    Value kept = arith::ConstantOp::create(builder, op.getLoc(), table);
    op.replaceAllUsesWith((Value)arith::MulFOp::create(builder, op.getLoc(), op.getMatrix(), kept));
    op.erase();
  });
}

} // namespace flowc::schedule

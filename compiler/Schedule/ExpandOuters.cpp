// SPDX-License-Identifier: MIT

#include "compiler/Schedule/ExpandOuters.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::schedule {
namespace {

void expand(AccumulateOp op) {
  auto outer = op.getValue().getDefiningOp<OuterOp>();
  if (!outer || !outer->hasOneUse() || outer.columns() != 1 || (outer.rows() != 1 && outer.width() != 1))
    return;
  Value vector = outer.getLeft(), number = outer.getRight();
  if (outer.width() != 1)
    std::swap(vector, number);
  OpBuilder builder(outer);
  Location loc = outer.getLoc();
  auto scalar = RankedTensorType::get({}, getElementTypeOrSelf(number.getType()));
  Value repeated = SplatOp::create(builder, loc, vector.getType(), SumOp::create(builder, loc, scalar, number));
  op.getValueMutable().assign(arith::MulFOp::create(builder, loc, vector, repeated));
  outer.erase();
}

} // namespace

void expandOuters(ModelOp model) {
  model.walk([](AccumulateOp op) { expand(op); });
}

} // namespace flowc::schedule

// SPDX-License-Identifier: MIT

#include "compiler/Schedule/ExpandSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::schedule {
namespace {

/// Columns first, ..., first + count - 1 of a matrix of `width` columns, written row by row.
Value columnsOf(OpBuilder &builder, Location loc, Value matrix, int64_t width, int64_t first, int64_t count) {
  llvm::SmallVector<int64_t> elements;
  for (int64_t row = 0; row < elementCount(matrix) / width; ++row)
    llvm::append_range(elements, llvm::seq(row * width + first, row * width + first + count));
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, getElementTypeOrSelf(matrix.getType()));
  return ExtractOp::create(builder, loc, type, matrix, elements);
}

void expand(SumRowsOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Value matrix = op.getVector(), odd;
  auto add = [&](Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b).getResult(); };
  for (int64_t width = op.width(); width > 1; width /= 2) {
    if (width % 2) {
      Value last = columnsOf(builder, loc, matrix, width, width - 1, 1);
      odd = odd ? add(odd, last) : last;
    }
    matrix = add(columnsOf(builder, loc, matrix, width, 0, width / 2), columnsOf(builder, loc, matrix, width, width / 2, width / 2));
  }
  if (op.width() == 0)
    matrix = constantOf(builder, loc, op.getType(), 0);
  op.replaceAllUsesWith(odd ? add(matrix, odd) : matrix);
  op.erase();
}

} // namespace

void expandSums(ModelOp model) {
  model.walk([](SumRowsOp op) { expand(op); });
}

} // namespace flowc::schedule

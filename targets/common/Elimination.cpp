// SPDX-License-Identifier: MIT

#include "targets/common/Elimination.h"

using namespace mlir;

namespace flowc::targets {

Value Samples::place(Emitter &e, Value i, Value j) const {
  Value row = e.add(e.multiply(i, rowStep), e.multiply(j, columnStep));
  return e.address(pointer, getElementTypeOrSelf(number), e.add(e.multiply(row, stride), sample));
}

static Value divide(Emitter &e, Value a, Value b) { return arith::DivFOp::create(e.builder, e.loc, a, b); }

void eliminate(Emitter &e, SubtractProduct subtractProduct, const Samples &matrix, Value size) {
  Value zero = e.constant(0), one = e.constant(1);
  e.loop(one, size, 1, [&](Value i) {
    e.loop(zero, i, 1, [&](Value k) {
      Value factor = divide(e, matrix.load(e, i, k), matrix.load(e, k, k));
      matrix.store(e, factor, i, k);
      e.loop(e.add(k, one), size, 1,
             [&](Value j) { matrix.store(e, subtractProduct(matrix.load(e, i, j), factor, matrix.load(e, k, j)), i, j); });
    });
  });
}

/// In one triangle, forward or backward.
static void substituteOnce(Emitter &e, SubtractProduct subtractProduct, const Samples &matrix, const Samples &x, llvm::ArrayRef<Value> columns,
                           Value size, bool backward, bool unitDiagonal) {
  Value zero = e.constant(0), one = e.constant(1);
  auto loadRow = [&](Value row) { return llvm::map_to_vector(columns, [&](Value column) { return x.load(e, row, column); }); };
  e.loop(zero, size, 1, [&](Value step) {
    Value row = backward ? e.subtract(e.subtract(size, one), step) : step;
    Value from = backward ? e.add(row, one) : zero, to = backward ? size : row;
    llvm::SmallVector<Value> sums = e.loop(from, to, 1, loadRow(row), [&](Value j, ValueRange carried) {
      Value factor = matrix.load(e, row, j);
      llvm::SmallVector<Value> next;
      for (auto [sum, value] : llvm::zip_equal(carried, loadRow(j)))
        next.push_back(subtractProduct(sum, factor, value));
      return next;
    });
    for (auto [column, sum] : llvm::zip_equal(columns, sums))
      x.store(e, unitDiagonal ? sum : divide(e, sum, matrix.load(e, row, row)), row, column);
  });
}

void substitute(Emitter &e, SubtractProduct subtractProduct, Samples triangles, const Samples &x, llvm::ArrayRef<Value> columns, Value size,
                bool transposed) {
  // L U x = y is solved from L to U; U^T L^T x = y from U^T, whose diagonal it has, to L^T.
  Value one = e.constant(1);
  triangles.rowStep = transposed ? one : size;
  triangles.columnStep = transposed ? size : one;
  substituteOnce(e, subtractProduct, triangles, x, columns, size, /*backward=*/false, /*unitDiagonal=*/!transposed);
  substituteOnce(e, subtractProduct, triangles, x, columns, size, /*backward=*/true, /*unitDiagonal=*/transposed);
}

} // namespace flowc::targets

// SPDX-License-Identifier: MIT
//
// tile.solve: substitution for some vectors of samples at a time. Row after row, what the rows before contribute is taken away in
// registers; the solved rows are read back from the result, which lies in the nearest cache. Every number of the matrix is loaded
// once per block of samples, so a block has several vectors, and as many sums that do not wait for each other.

#include "targets/common/SolveArguments.h"
#include "targets/cpu/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

struct Matrix {
  Value pointer, rowStride, columnStride;
};

/// The samples that a block works on: some vectors of each row.
struct Columns {
  VectorType vector;
  int64_t count;
  Value sample;
  bool fma;

  SmallVector<Value> load(Emitter &e, Value row) const {
    SmallVector<Value> loaded;
    for (int64_t k = 0; k < count; ++k)
      loaded.push_back(e.load(vector, place(e, row, k)));
    return loaded;
  }
  Value place(Emitter &e, Value row, int64_t k) const {
    return e.address(row, vector.getElementType(), e.add(sample, e.constant(k * vector.getNumElements())));
  }
  /// sum - factor * value
  Value subtractProduct(Emitter &e, Value sum, Value factor, Value value) const {
    if (!fma)
      return arith::SubFOp::create(e.builder, e.loc, sum, arith::MulFOp::create(e.builder, e.loc, factor, value));
    return vector::FMAOp::create(e.builder, e.loc, arith::NegFOp::create(e.builder, e.loc, factor), value, sum);
  }
};

} // namespace

/// Solves for row `row`, given the rows `from` .. `to` - 1 of x.
static void solveRow(Emitter &e, const Columns &block, Matrix a, Value diagonal, Matrix y, Matrix x, Value row, Value from, Value to) {
  Type element = block.vector.getElementType();
  auto rowOf = [&](Matrix m, Value i) { return e.address(m.pointer, element, e.multiply(i, m.rowStride)); };
  Value factors = rowOf(a, row);
  SmallVector<Value> sums = e.loop(from, to, 1, block.load(e, rowOf(y, row)), [&](Value j, ValueRange carried) {
    Value factor = e.load(element, e.address(factors, element, e.multiply(j, a.columnStride)));
    Value splat = e.broadcast(block.vector, factor);
    SmallVector<Value> next;
    for (auto [sum, value] : llvm::zip_equal(carried, block.load(e, rowOf(x, j))))
      next.push_back(block.subtractProduct(e, sum, splat, value));
    return next;
  });
  if (diagonal) {
    Value divisor = e.broadcast(block.vector, e.load(element, diagonal));
    for (Value &sum : sums)
      sum = arith::DivFOp::create(e.builder, e.loc, sum, divisor);
  }
  Value target = rowOf(x, row);
  for (auto [k, sum] : llvm::enumerate(sums))
    e.store(sum, block.place(e, target, k));
}

void flowc::cpu::lowerSolve(tile::SolveOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getX().getType());
  int64_t rows = type.getShape()[0], samples = type.getShape()[1];
  if (rows == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  Emitter outer(builder, op.getLoc());
  Type element = type.getElementType();
  auto vector = VectorType::get(cache.lanes(element, samples), element);
  int64_t count = 4;
  while (samples % (count * vector.getNumElements()) != 0)
    count /= 2;
  SmallVector<Value> arguments = targets::solveArguments(op, cache, outer);

  bool backward = op.getBackward(), fma = cache.vectorUnit().fma;
  std::string key;
  llvm::raw_string_ostream(key) << "solve " << vector << " " << count << (backward ? " backward" : "")
                                << (op.getDiagonal() ? " diagonal" : "");
  cache.call(builder, op.getLoc(), "solve", key, arguments, [&](Emitter &e, ValueRange values) {
    Value one = e.constant(1), rows = values[7];
    Matrix a{values[0], values[3], values[4]}, y{values[1], values[5], one}, x{values[2], values[6], one};
    e.loop(e.constant(0), values[8], count * vector.getNumElements(), [&](Value sample) {
      Columns block{vector, count, sample, fma};
      e.loop(e.constant(0), rows, 1, [&](Value step) {
        Value row = backward ? e.subtract(e.subtract(rows, one), step) : step;
        Value from = backward ? e.add(row, one) : e.constant(0), to = backward ? rows : row;
        Value divisor = values.size() > 9 ? e.address(values[9], element, e.multiply(row, values[10])) : Value();
        solveRow(e, block, a, divisor, y, x, row, from, to);
      });
    });
  });
}

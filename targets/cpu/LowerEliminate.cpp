// SPDX-License-Identifier: MIT
//
// tile.eliminate and tile.substitute: matrices of the samples' own. A vector of samples at a time: its matrices, n^2 vectors, then lie in
// the second cache for n up to 64.

#include "targets/cpu/KernelBuilder.h"

#include <cmath>

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

/// One vector of samples in the rows of a buffer, element (i, j) of a matrix in row i * rowStep + j * columnStep.
struct Samples {
  Value pointer, sample, rowStep, columnStep, stride;
  VectorType vector;

  Value place(Emitter &e, Value i, Value j) const {
    Value row = e.add(e.multiply(i, rowStep), e.multiply(j, columnStep));
    return e.address(pointer, vector.getElementType(), e.add(e.multiply(row, stride), sample));
  }
  Value load(Emitter &e, Value i, Value j) const { return e.load(vector, place(e, i, j)); }
  void store(Emitter &e, Value value, Value i, Value j) const { e.store(value, place(e, i, j)); }
};

/// sum - factor * value
Value subtractProduct(Emitter &e, bool fma, Value sum, Value factor, Value value) {
  if (!fma)
    return arith::SubFOp::create(e.builder, e.loc, sum, arith::MulFOp::create(e.builder, e.loc, factor, value));
  return vector::FMAOp::create(e.builder, e.loc, arith::NegFOp::create(e.builder, e.loc, factor), value, sum);
}

Value divide(Emitter &e, Value a, Value b) { return arith::DivFOp::create(e.builder, e.loc, a, b); }

/// Row after row takes its share of the rows above it.
void eliminate(Emitter &e, bool fma, const Samples &matrix, Value size) {
  Value zero = e.constant(0), one = e.constant(1);
  e.loop(one, size, 1, [&](Value i) {
    e.loop(zero, i, 1, [&](Value k) {
      Value factor = divide(e, matrix.load(e, i, k), matrix.load(e, k, k));
      matrix.store(e, factor, i, k);
      e.loop(e.add(k, one), size, 1, [&](Value j) {
        matrix.store(e, subtractProduct(e, fma, matrix.load(e, i, j), factor, matrix.load(e, k, j)), i, j);
      });
    });
  });
}

/// Substitution in one triangle, forward or backward, for some columns at a time: they share what is loaded of the matrix.
void substitute(Emitter &e, bool fma, const Samples &matrix, const Samples &x, ArrayRef<Value> columns, Value size, bool backward,
                bool unitDiagonal) {
  Value zero = e.constant(0), one = e.constant(1);
  auto loadRow = [&](Value row) { return llvm::map_to_vector(columns, [&](Value column) { return x.load(e, row, column); }); };
  e.loop(zero, size, 1, [&](Value step) {
    Value row = backward ? e.subtract(e.subtract(size, one), step) : step;
    Value from = backward ? e.add(row, one) : zero, to = backward ? size : row;
    SmallVector<Value> sums = e.loop(from, to, 1, loadRow(row), [&](Value j, ValueRange carried) {
      Value factor = matrix.load(e, row, j);
      SmallVector<Value> next;
      for (auto [sum, value] : llvm::zip_equal(carried, loadRow(j)))
        next.push_back(subtractProduct(e, fma, sum, factor, value));
      return next;
    });
    for (auto [column, sum] : llvm::zip_equal(columns, sums))
      x.store(e, unitDiagonal ? sum : divide(e, sum, matrix.load(e, row, row)), row, column);
  });
}

int64_t sizeOf(Value matrix) { return std::llround(std::sqrt(cast<MemRefType>(matrix.getType()).getShape()[0])); }

VectorType vectorOf(Value buffer, KernelCache &cache) {
  auto type = cast<MemRefType>(buffer.getType());
  return VectorType::get(cache.lanes(type.getElementType(), type.getShape()[1]), type.getElementType());
}

} // namespace

void flowc::cpu::lowerEliminate(tile::EliminateOp op, KernelCache &cache) {
  int64_t size = sizeOf(op.getMatrix()), samples = cast<MemRefType>(op.getMatrix().getType()).getShape()[1];
  if (size == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  Emitter outer(builder, op.getLoc());
  VectorType vector = vectorOf(op.getMatrix(), cache);
  Value arguments[] = {cache.pointerTo(outer, op.getMatrix()), outer.constant(rowStride(op.getMatrix())), outer.constant(size),
                       outer.constant(samples)};
  std::string key;
  llvm::raw_string_ostream(key) << "eliminate " << vector;
  bool fma = cache.vectorUnit().fma;
  cache.call(builder, op.getLoc(), "eliminate", key, arguments, [&](Emitter &e, ValueRange values) {
    e.loop(e.constant(0), values[3], vector.getNumElements(), [&](Value sample) {
      eliminate(e, fma, Samples{values[0], sample, values[2], e.constant(1), values[1], vector}, values[2]);
    });
  });
}

void flowc::cpu::lowerSubstitute(tile::SubstituteOp op, KernelCache &cache) {
  int64_t size = sizeOf(op.getTriangles()), samples = cast<MemRefType>(op.getX().getType()).getShape()[1];
  if (size == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  Emitter outer(builder, op.getLoc());
  VectorType vector = vectorOf(op.getX(), cache);
  SmallVector<Value> arguments{cache.pointerTo(outer, op.getTriangles()), cache.pointerTo(outer, op.getX())};
  for (int64_t number : {rowStride(op.getTriangles()), rowStride(op.getX()), size, static_cast<int64_t>(op.getColumns()), samples})
    arguments.push_back(outer.constant(number));
  bool transposed = op.getTransposed(), fma = cache.vectorUnit().fma;
  int64_t together = 4;
  while (op.getColumns() % together != 0)
    --together;
  std::string key;
  llvm::raw_string_ostream(key) << "substitute " << vector << " " << together << (transposed ? " transposed" : "");
  cache.call(builder, op.getLoc(), "substitute", key, arguments, [&](Emitter &e, ValueRange values) {
    Value one = e.constant(1), size = values[4], columns = values[5];
    e.loop(e.constant(0), values[6], vector.getNumElements(), [&](Value sample) {
      // L U x = y is solved from L to U; U^T L^T x = y from U^T, whose diagonal it has, to L^T.
      Samples matrix{values[0], sample, transposed ? one : size, transposed ? size : one, values[2], vector};
      Samples x{values[1], sample, columns, one, values[3], vector};
      e.loop(e.constant(0), columns, together, [&](Value first) {
        auto some = llvm::map_to_vector(llvm::seq<int64_t>(0, together), [&](int64_t k) { return e.add(first, e.constant(k)); });
        substitute(e, fma, matrix, x, some, size, /*backward=*/false, /*unitDiagonal=*/!transposed);
        substitute(e, fma, matrix, x, some, size, /*backward=*/true, /*unitDiagonal=*/transposed);
      });
    });
  });
}

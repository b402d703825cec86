// SPDX-License-Identifier: MIT
//
// tile.eliminate and tile.substitute: matrices of the samples' own. A vector of samples at a time: its matrices, n^2 vectors, then lie in
// the second cache for n up to 64.

#include "targets/common/Elimination.h"
#include "targets/cpu/KernelBuilder.h"

#include <cmath>

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

/// sum - factor * value
auto productSubtractor(Emitter &e, bool fma) {
  return [&e, fma](Value sum, Value factor, Value value) -> Value {
    if (!fma)
      return arith::SubFOp::create(e.builder, e.loc, sum, arith::MulFOp::create(e.builder, e.loc, factor, value));
    return vector::FMAOp::create(e.builder, e.loc, arith::NegFOp::create(e.builder, e.loc, factor), value, sum);
  };
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
      targets::Samples matrix{values[0], sample, values[2], e.constant(1), values[1], vector};
      targets::eliminate(e, productSubtractor(e, fma), matrix, values[2]);
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
    Value size = values[4], columns = values[5];
    e.loop(e.constant(0), values[6], vector.getNumElements(), [&](Value sample) {
      targets::Samples triangles{values[0], sample, {}, {}, values[2], vector};
      targets::Samples x{values[1], sample, columns, e.constant(1), values[3], vector};
      e.loop(e.constant(0), columns, together, [&](Value first) {
        auto some = llvm::map_to_vector(llvm::seq<int64_t>(0, together), [&](int64_t k) { return e.add(first, e.constant(k)); });
        targets::substitute(e, productSubtractor(e, fma), triangles, x, some, size, transposed);
      });
    });
  });
}

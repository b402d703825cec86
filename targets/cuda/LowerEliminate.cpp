// SPDX-License-Identifier: MIT
//
// tile.eliminate and tile.substitute: a thread per sample and, of what is solved, per column.

#include "targets/common/Elimination.h"
#include "targets/cuda/KernelBuilder.h"

#include <cmath>

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

namespace {

int64_t sizeOf(Value matrix) { return std::llround(std::sqrt(cast<MemRefType>(matrix.getType()).getShape()[0])); }

/// sum - factor * value
auto productSubtractor(BlockEmitter &e) {
  return [&e](Value sum, Value factor, Value value) -> Value {
    return e.fusedMultiplyAdd(arith::NegFOp::create(e.builder, e.loc, factor), value, sum);
  };
}

} // namespace

void flowc::cuda::lowerEliminate(tile::EliminateOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getMatrix().getType());
  int64_t size = sizeOf(op.getMatrix()), samples = type.getShape()[1];
  if (size == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  Value arguments[] = {cache.pointerTo(outer, op.getMatrix()), outer.constant(rowStride(op.getMatrix())), outer.constant(size),
                       outer.constant(samples)};
  std::string key;
  llvm::raw_string_ostream(key) << "eliminate " << type.getElementType();
  cache.call(builder, op.getLoc(), "eliminate", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    e.share(values[3], [&](Value sample) {
      targets::Samples matrix{values[0], sample, values[2], e.constant(1), values[1], type.getElementType()};
      targets::eliminate(e, productSubtractor(e), matrix, values[2]);
    });
    return {};
  });
}

void flowc::cuda::lowerSubstitute(tile::SubstituteOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getX().getType());
  int64_t size = sizeOf(op.getTriangles()), samples = type.getShape()[1];
  if (size == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  SmallVector<Value> arguments{cache.pointerTo(outer, op.getTriangles()), cache.pointerTo(outer, op.getX())};
  for (int64_t number : {rowStride(op.getTriangles()), rowStride(op.getX()), size, static_cast<int64_t>(op.getColumns()), samples})
    arguments.push_back(outer.constant(number));
  bool transposed = op.getTransposed();
  Type element = type.getElementType();
  std::string key;
  llvm::raw_string_ostream(key) << "substitute " << element << (transposed ? " transposed" : "");
  cache.call(builder, op.getLoc(), "substitute", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    e.share(e.multiply(values[5], values[6]), [&](Value item) {
      Value sample = e.remainder(item, values[6]), column = e.divide(item, values[6]);
      targets::Samples triangles{values[0], sample, {}, {}, values[2], element};
      targets::Samples x{values[1], sample, values[5], e.constant(1), values[3], element};
      targets::substitute(e, productSubtractor(e), triangles, x, column, values[4], transposed);
    });
    return {};
  });
}

Accesses flowc::cuda::accessesOf(tile::EliminateOp op) {
  Accesses accesses;
  accesses.add(op.getMatrix(), true, {}, cast<MemRefType>(op.getMatrix().getType()).getShape()[0], 0);
  return accesses;
}

Accesses flowc::cuda::accessesOf(tile::SubstituteOp op) {
  Accesses accesses;
  accesses.add(op.getTriangles(), false);
  accesses.add(op.getX(), true);
  return accesses;
}

// SPDX-License-Identifier: MIT
//
// tile.transpose, which writes neighbours and reads them from the cache; and tile.fill.

#include "targets/cuda/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

void flowc::cuda::lowerTranspose(tile::TransposeOp op, KernelCache &cache) {
  auto inType = cast<MemRefType>(op.getInput().getType()), outType = cast<MemRefType>(op.getOutput().getType());
  int64_t rows = inType.getShape()[0], samples = inType.getShape()[1], columns = outType.getShape()[1];
  if (samples == 0 || columns == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  Type element = inType.getElementType();
  SmallVector<Value> arguments = {cache.pointerTo(outer, op.getInput()), cache.pointerTo(outer, op.getOutput())};
  for (int64_t size : {rowStride(op.getInput()), rowStride(op.getOutput()), rows, samples, columns})
    arguments.push_back(outer.constant(size));

  std::string key;
  llvm::raw_string_ostream(key) << "transpose " << element;
  cache.call(builder, op.getLoc(), "transpose", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    Value in = values[0], out = values[1], rows = values[4], columns = values[6];
    e.share(e.multiply(values[5], columns), [&](Value place) {
      Value sample = e.divide(place, columns), row = e.remainder(place, columns);
      Value target = e.address(e.address(out, element, e.multiply(sample, values[3])), element, row);
      e.when(
          e.isLess(row, rows),
          [&] { e.store(e.load(element, e.address(e.address(in, element, e.multiply(row, values[2])), element, sample)), target); },
          [&] { e.store(e.constant(element, 0.0), target); });
    });
    return {};
  });
}

void flowc::cuda::fill(KernelCache &cache, OpBuilder &builder, Location loc, Value pointer, Value number, int64_t rows,
                       int64_t columns, int64_t stride) {
  targets::Emitter outer(builder, loc);
  Type element = number.getType();
  std::string key;
  llvm::raw_string_ostream(key) << "fill " << element;
  SmallVector<Value> arguments = {pointer, number, outer.constant(rows), outer.constant(columns), outer.constant(stride)};
  cache.call(builder, loc, "fill", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    e.share(e.multiply(values[2], values[3]), [&](Value place) {
      Value row = e.divide(place, values[3]), column = e.remainder(place, values[3]);
      e.store(values[1], e.address(values[0], element, e.add(e.multiply(row, values[4]), column)));
    });
    return {};
  });
}

void flowc::cuda::lowerFill(tile::FillOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getOutput().getType());
  if (type.getNumElements() == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  Value number = outer.constant(type.getElementType(), op.getValue().convertToDouble());
  int64_t columns = type.getRank() == 2 ? type.getShape()[1] : 1;
  fill(cache, builder, op.getLoc(), cache.pointerTo(outer, op.getOutput()), number, type.getShape()[0], columns,
       rowStride(op.getOutput()));
}

Accesses flowc::cuda::accessesOf(tile::TransposeOp op) {
  Accesses accesses;
  accesses.add(op.getInput(), false);
  accesses.add(op.getOutput(), true);
  return accesses;
}

Accesses flowc::cuda::accessesOf(tile::FillOp op) {
  auto type = cast<MemRefType>(op.getOutput().getType());
  Accesses accesses;
  accesses.add(op.getOutput(), true, {}, type.getShape()[0], type.getRank() == 2 ? type.getShape()[1] : 1);
  return accesses;
}

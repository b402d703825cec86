// SPDX-License-Identifier: MIT

#include "targets/common/SolveArguments.h"

using namespace mlir;

SmallVector<Value> flowc::targets::solveArguments(tile::SolveOp op, FunctionCache &cache, Emitter &emitter) {
  auto type = cast<MemRefType>(op.getX().getType());
  SmallVector<int64_t> strides = tile::bufferStrides(cast<MemRefType>(op.getA().getType()));
  SmallVector<Value> arguments;
  for (Value buffer : {op.getA(), op.getY(), op.getX()})
    arguments.push_back(cache.pointerTo(emitter, buffer));
  for (int64_t size : {strides[0], strides[1], rowStride(op.getY()), rowStride(op.getX()), type.getShape()[0], type.getShape()[1]})
    arguments.push_back(emitter.constant(size));
  if (Value diagonal = op.getDiagonal())
    arguments.append({cache.pointerTo(emitter, diagonal), emitter.constant(rowStride(diagonal))});
  return arguments;
}

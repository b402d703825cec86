// SPDX-License-Identifier: MIT
//
// tile.transpose: square blocks of one vector a side, transposed in registers; and tile.fill.
//
// A block is turned by perfect shuffles: after log2(n) rounds of interleaving row i with row i + n/2, n rows of n lanes
// are transposed. The last block of rows is partial: missing rows count as zero, which also makes the padding of the
// output.

#include "targets/cpu/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

/// Interleaves the lower or the upper halves of two vectors.
static Value interleave(Emitter &e, Value a, Value b, bool upper) {
  int64_t width = cast<VectorType>(a.getType()).getNumElements();
  SmallVector<int64_t> lanes;
  for (int64_t i = 0; i < width / 2; ++i) {
    int64_t lane = i + (upper ? width / 2 : 0);
    lanes.append({lane, lane + width});
  }
  return vector::ShuffleOp::create(e.builder, e.loc, a, b, lanes);
}

static SmallVector<Value> transposed(Emitter &e, SmallVector<Value> rows) {
  size_t n = rows.size();
  for (size_t round = 1; round < n; round *= 2) {
    SmallVector<Value> next;
    for (size_t i = 0; i < n / 2; ++i) {
      next.push_back(interleave(e, rows[i], rows[i + n / 2], false));
      next.push_back(interleave(e, rows[i], rows[i + n / 2], true));
    }
    rows = std::move(next);
  }
  return rows;
}

namespace {

struct Matrix {
  Value pointer, stride;
};

} // namespace

/// Moves the block of input rows from `row` and samples from `sample`. `partial`: only rows below `rows` are read, and
/// only columns below `columns` are written.
static void transposeBlock(Emitter &e, VectorType vector, Matrix in, Matrix out, Value row, Value sample, bool partial,
                           Value rows, Value columns) {
  int64_t width = vector.getNumElements();
  Type element = vector.getElementType();
  Value none = e.constant(0), all = e.constant(width);
  SmallVector<Value> lines;
  for (int64_t i = 0; i < width; ++i) {
    Value r = e.add(row, e.constant(i));
    Value line = e.maskedAddress(in.pointer, element, e.multiply(r, in.stride));
    Value pointer = e.maskedAddress(line, element, sample);
    if (!partial) {
      lines.push_back(e.load(vector, pointer));
      continue;
    }
    Value exists = arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::slt, r, rows);
    Value count = arith::SelectOp::create(e.builder, e.loc, exists, all, none);
    lines.push_back(e.maskedLoad(pointer, e.firstLanes(width, count), e.constant(vector, 0.0)));
  }
  Value mask = partial ? e.firstLanes(width, e.subtract(columns, row)) : Value();
  for (auto [i, line] : llvm::enumerate(transposed(e, std::move(lines)))) {
    Value s = e.add(sample, e.constant(i));
    Value pointer = e.address(e.address(out.pointer, element, e.multiply(s, out.stride)), element, row);
    if (partial)
      e.maskedStore(line, pointer, mask);
    else
      e.store(line, pointer);
  }
}

void flowc::cpu::lowerTranspose(tile::TransposeOp op, KernelCache &cache) {
  auto inType = cast<MemRefType>(op.getInput().getType()), outType = cast<MemRefType>(op.getOutput().getType());
  int64_t rows = inType.getShape()[0], samples = inType.getShape()[1], columns = outType.getShape()[1];
  if (samples == 0 || columns == 0)
    return;
  OpBuilder builder(op);
  Emitter outer(builder, op.getLoc());
  int64_t width = cache.lanes(inType.getElementType(), samples);
  auto vector = VectorType::get(width, inType.getElementType());
  SmallVector<Value> arguments = {cache.pointerTo(outer, op.getInput()), cache.pointerTo(outer, op.getOutput())};
  for (int64_t size : {rowStride(op.getInput()), rowStride(op.getOutput()), rows, samples, columns})
    arguments.push_back(outer.constant(size));

  std::string key;
  llvm::raw_string_ostream(key) << "transpose " << vector;
  cache.call(builder, op.getLoc(), "transpose", key, arguments, [&](Emitter &e, ValueRange values) {
    Matrix in{values[0], values[2]}, out{values[1], values[3]};
    Value rows = values[4], samples = values[5], columns = values[6];
    Value whole = e.roundDown(rows, width);
    e.loop(e.constant(0), samples, width, [&](Value sample) {
      auto block = [&](bool partial) {
        return [&, partial](Value row) { transposeBlock(e, vector, in, out, row, sample, partial, rows, columns); };
      };
      e.loop(e.constant(0), whole, width, block(false));
      e.loop(whole, columns, width, block(true));
    });
  });
}

/// The buffer as rows of contiguous numbers: one row if it has no gaps, rows of one number if it has only gaps.
static std::array<int64_t, 3> asRows(MemRefType type) {
  SmallVector<int64_t> strides = tile::bufferStrides(type);
  int64_t rows = type.getShape()[0], columns = type.getRank() == 2 ? type.getShape()[1] : 1;
  if (rows <= 1 || strides[0] == columns)
    return {1, rows * columns, 0};
  return {rows, columns, strides[0]};
}

void flowc::cpu::lowerFill(tile::FillOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getOutput().getType());
  if (type.getNumElements() == 0)
    return;
  OpBuilder builder(op);
  Emitter outer(builder, op.getLoc());
  Type element = type.getElementType();
  SmallVector<Value> arguments = {cache.pointerTo(outer, op.getOutput()),
                                  outer.constant(element, op.getValue().convertToDouble())};
  for (int64_t size : asRows(type))
    arguments.push_back(outer.constant(size));

  std::string key;
  llvm::raw_string_ostream(key) << "fill " << element;
  auto vector = VectorType::get(cache.lanes(element), element);
  cache.call(builder, op.getLoc(), "fill", key, arguments, [&](Emitter &e, ValueRange values) {
    Value splat = e.broadcast(vector, values[1]), whole = e.roundDown(values[3], vector.getNumElements());
    e.loop(e.constant(0), values[2], 1, [&](Value row) {
      Value pointer = e.address(values[0], element, e.multiply(row, values[4]));
      e.loop(e.constant(0), whole, vector.getNumElements(),
             [&](Value i) { e.store(splat, e.address(pointer, element, i)); });
      e.loop(whole, values[3], 1, [&](Value i) { e.store(values[1], e.address(pointer, element, i)); });
    });
  });
}

// SPDX-License-Identifier: MIT
//
// tile.gemm: the block goes over c in tiles, whose parts of a and b pass through shared memory, some of k at a time. Each thread keeps a
// few rows and columns of the tile in registers. Every sum goes over k from the first to the last with one rounding a step, as the
// CPU's does: the bits do not depend on tiles, threads or launch. Sizes and strides are arguments, so a model needs a handful of functions.

#include "targets/cuda/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

namespace {

/// What a thread keeps in registers, and how many threads stand side by side along n.
constexpr int64_t kRowsPerThread = 4, kColumnsPerThread = 4, kThreadsAlongN = 16;
/// How much of k is in shared memory at a time.
constexpr int64_t kDepth = 16;
constexpr int64_t kTileColumns = kColumnsPerThread * kThreadsAlongN;

/// What distinguishes one gemm function from another.
struct GemmKind {
  bool contiguousA;      // a's columns are next to each other
  bool accumulate, bias; // as the op says
  bool epilogue;
};

/// Epilogues up to this many ops are put behind every sum of a thread; longer ones run in a loop over what it wrote, so that they are
/// in the code once.
constexpr unsigned kInlineEpilogueOps = 4;

class GemmEmitter {
public:
  GemmEmitter(tile::GemmOp op, BlockEmitter &emitter, KernelCache &cache, ValueRange arguments, ValueRange captured, GemmKind kind);
  void emit();

private:
  using Values = SmallVector<Value>;

  void emitTile(Value firstRow, Value firstColumn);
  /// Brings `kDepth` columns of a and rows of b from `k` on into shared memory. What is outside of the matrices is a copy of their edge.
  void load(Value firstRow, Value firstColumn, Value k);
  /// Adds the products of the first `count` of them.
  Values multiply(Value count, ValueRange sums);
  void storeSum(Value sum, Value row, Value column);
  Value apply(Value value);

  Value at(Value pointer, Value row, Value rowStride, Value column) {
    return e.address(e.address(pointer, element, e.multiply(row, rowStride)), element, column);
  }
  Value rowOf(Value firstRow, int64_t i) { return e.add(e.add(firstRow, e.multiply(threadRow, kRowsPerThread)), e.constant(i)); }
  Value columnOf(Value firstColumn, int64_t j) {
    return e.add(e.add(firstColumn, threadColumn), e.constant(j * kThreadsAlongN));
  }

  tile::GemmOp op;
  BlockEmitter &e;
  GemmKind kind;
  Type element;
  int64_t tileRows, aPitch;
  Value a, b, c, aRow, aColumn, bRow, cRow, rows, depth, columns, bias, aShared, bShared, threadRow, threadColumn;
  IRMapping outside;
  bool inlineEpilogue;
};

} // namespace

GemmEmitter::GemmEmitter(tile::GemmOp op, BlockEmitter &emitter, KernelCache &cache, ValueRange arguments, ValueRange captured,
                         GemmKind kind)
    : op(op), e(emitter), kind(kind), element(cast<MemRefType>(op.getC().getType()).getElementType()),
      tileRows(e.threads / kThreadsAlongN * kRowsPerThread),
      // One more than the rows, so that threads which write a column of a's tile meet other banks.
      aPitch(tileRows + 1), aShared(cache.shared(e, "a", element, kDepth * aPitch)),
      bShared(cache.shared(e, "b", element, kDepth * kTileColumns)), threadRow(e.divide(e.thread, e.constant(kThreadsAlongN))),
      threadColumn(e.remainder(e.thread, e.constant(kThreadsAlongN))) {
  unsigned next = 0;
  for (Value *value : {&a, &b, &c, &aRow, &aColumn, &bRow, &cRow, &rows, &depth, &columns})
    *value = arguments[next++];
  if (kind.bias)
    bias = arguments[next++];
  for (Value value : captured)
    outside.map(value, arguments[next++]);
  if (kind.contiguousA)
    aColumn = e.constant(1);
  inlineEpilogue = kind.epilogue && op.getEpilogue().front().getOperations().size() <= kInlineEpilogueOps;
}

void GemmEmitter::emit() {
  e.loop(e.constant(0), rows, tileRows, [&](Value row) {
    e.loop(e.constant(0), columns, kTileColumns, [&](Value column) { emitTile(row, column); });
  });
}

void GemmEmitter::emitTile(Value firstRow, Value firstColumn) {
  Values sums(kRowsPerThread * kColumnsPerThread, e.constant(element, 0.0));
  auto panel = [&](Value k, Value count, ValueRange carried) {
    load(firstRow, firstColumn, k);
    e.barrier();
    Values next = multiply(count, carried);
    e.barrier();
    return next;
  };
  Value whole = e.roundDown(depth, kDepth);
  sums = e.loop(e.constant(0), whole, kDepth, sums, [&](Value k, ValueRange carried) { return panel(k, e.constant(kDepth), carried); });
  sums = e.loop(whole, depth, kDepth, sums, [&](Value k, ValueRange carried) { return panel(k, e.subtract(depth, k), carried); });
  for (int64_t i = 0; i < kRowsPerThread; ++i)
    for (int64_t j = 0; j < kColumnsPerThread; ++j)
      storeSum(sums[i * kColumnsPerThread + j], rowOf(firstRow, i), columnOf(firstColumn, j));
  if (!kind.epilogue || inlineEpilogue)
    return;
  e.loop(e.constant(0), e.constant(kRowsPerThread * kColumnsPerThread), 1, [&](Value place) {
    Value i = e.divide(place, e.constant(kColumnsPerThread)), j = e.remainder(place, e.constant(kColumnsPerThread));
    Value row = e.add(rowOf(firstRow, 0), i), column = e.add(columnOf(firstColumn, 0), e.multiply(j, kThreadsAlongN));
    e.when(e.isLess(row, rows), [&] {
      e.when(e.isLess(column, columns), [&] {
        Value target = at(c, row, cRow, column);
        e.store(apply(e.load(element, target)), target);
      });
    });
  });
}

void GemmEmitter::load(Value firstRow, Value firstColumn, Value k) {
  Value one = e.constant(1);
  auto inside = [&](Value index, Value size) { return e.minimum(index, e.subtract(size, one)); };
  // Neighbours read neighbours, whichever way a lies.
  Value fast = e.constant(kind.contiguousA ? kDepth : tileRows);
  e.share(e.constant(kDepth * tileRows), [&](Value place) {
    Value slow = e.divide(place, fast), quick = e.remainder(place, fast);
    Value m = kind.contiguousA ? slow : quick, step = kind.contiguousA ? quick : slow;
    Value column = e.multiply(inside(e.add(k, step), depth), aColumn);
    Value number = e.load(element, at(a, inside(e.add(firstRow, m), rows), aRow, column));
    e.store(number, e.address(aShared, element, e.add(e.multiply(step, aPitch), m)));
  });
  e.share(e.constant(kDepth * kTileColumns), [&](Value place) {
    Value step = e.divide(place, e.constant(kTileColumns)), n = e.remainder(place, e.constant(kTileColumns));
    Value number = e.load(element, at(b, inside(e.add(k, step), depth), bRow, inside(e.add(firstColumn, n), columns)));
    e.store(number, e.address(bShared, element, place));
  });
}

GemmEmitter::Values GemmEmitter::multiply(Value count, ValueRange sums) {
  return e.loop(e.constant(0), count, 1, sums, [&](Value step, ValueRange carried) {
    Value aPart = e.address(aShared, element, e.add(e.multiply(step, aPitch), e.multiply(threadRow, kRowsPerThread)));
    Value bPart = e.address(bShared, element, e.add(e.multiply(step, kTileColumns), threadColumn));
    Values left, right, next;
    for (int64_t i = 0; i < kRowsPerThread; ++i)
      left.push_back(e.load(element, e.address(aPart, element, e.constant(i))));
    for (int64_t j = 0; j < kColumnsPerThread; ++j)
      right.push_back(e.load(element, e.address(bPart, element, e.constant(j * kThreadsAlongN))));
    for (Value x : left)
      for (Value y : right)
        next.push_back(e.fusedMultiplyAdd(x, y, carried[next.size()]));
    return next;
  });
}

void GemmEmitter::storeSum(Value sum, Value row, Value column) {
  e.when(e.isLess(row, rows), [&] {
    e.when(e.isLess(column, columns), [&] {
      Value target = at(c, row, cRow, column), value = sum;
      if (kind.bias)
        value = e.addFloats(value, e.load(element, e.address(bias, element, row)));
      if (kind.accumulate)
        value = e.addFloats(e.load(element, target), value);
      e.store(inlineEpilogue ? apply(value) : value, target);
    });
  });
}

Value GemmEmitter::apply(Value value) { return cloneBody(e.builder, op.getEpilogue().front(), value, outside, 0).front(); }

void flowc::cuda::lowerGemm(tile::GemmOp op, KernelCache &cache) {
  auto aType = cast<MemRefType>(op.getA().getType()), cType = cast<MemRefType>(op.getC().getType());
  int64_t rows = cType.getShape()[0], columns = cType.getShape()[1];
  if (rows == 0 || columns == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  SmallVector<int64_t> aStrides = tile::bufferStrides(aType);
  SmallVector<Value> arguments, captured;
  for (Value buffer : {op.getA(), op.getB(), op.getC()})
    arguments.push_back(cache.pointerTo(outer, buffer));
  for (int64_t size : {aStrides[0], aStrides[1], rowStride(op.getB()), rowStride(op.getC()), rows, aType.getShape()[1], columns})
    arguments.push_back(outer.constant(size));
  if (op.getBias())
    arguments.push_back(cache.pointerTo(outer, op.getBias()));
  if (!op.getEpilogue().empty())
    captured = isolateBody(op.getEpilogue());
  llvm::append_range(arguments, captured);

  bool contiguous = aStrides[1] == 1 || aType.getShape()[1] <= 1;
  GemmKind kind{contiguous, op.getAccumulate(), bool(op.getBias()), !op.getEpilogue().empty()};
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "gemm " << cType.getElementType() << ' ' << kind.contiguousA << kind.accumulate << kind.bias;
  if (kind.epilogue)
    stream << bodyFingerprint(op.getEpilogue().front(), captured);
  cache.call(builder, op.getLoc(), "gemm", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    GemmEmitter(op, e, cache, values, captured, kind).emit();
    return {};
  });
}

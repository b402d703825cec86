// SPDX-License-Identifier: MIT
//
// tile.gemm: register blocks of rows x vectors, no packing.
//
// A block of c is kept in registers over all of k: each step loads the vectors of one row of b and multiplies them by
// one number of a per row of c. b's panel (k rows of a few vectors) stays in the first or second cache while all rows
// of c pass over it, and a is read in order. Sizes and strides are arguments, so a model needs a handful of functions:
// per element type, stride pattern of a, epilogue, vectors in a block, and whether the last one is masked.

#include "targets/cpu/GemmBlocks.h"
#include "targets/cpu/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

/// What distinguishes one gemm function from another.
struct GemmKind {
  int64_t vectors;       // in a block of columns
  bool masked;           // the last vector is partial
  bool contiguousA;      // a's columns are next to each other
  bool accumulate, bias; // as the op says
  bool epilogue;
  bool prefetch;         // c does not fit the first cache
};

/// Emits the function of one kind: all rows of c, for a number of equal blocks of columns.
class GemmEmitter {
public:
  GemmEmitter(tile::GemmOp op, Emitter &emitter, ValueRange arguments, ValueRange captured, GemmKind kind,
              const VectorUnit &unit);
  void emit();

private:
  using Values = SmallVector<Value>;

  void emitRowBlock(Value row, int64_t height, Value b, Value c);
  void prefetchTarget(Value row, int64_t height, Value c);
  Values multiplyPanels(Value row, int64_t height, Value b);
  Values step(ArrayRef<Value> aRows, Value b, Value k, ValueRange sums);
  void applyLater(Value c);
  Value applyNow(Value value);

  Value vectorAddress(Value row, int64_t j) { return e.address(row, element, e.constant(j * width)); }
  Value loadVector(Value row, int64_t j);
  void storeVector(Value value, Value row, int64_t j);
  Value multiplyAdd(Value a, Value b, Value sum);

  tile::GemmOp op;
  Emitter &e;
  GemmKind kind;
  const VectorUnit &unit;
  Type element;
  int64_t width;
  VectorType vector;
  Value a, b, c, aRow, aColumn, bRow, cRow, rows, depth, blocks, tail, bias, mask;
  IRMapping outside;
  bool inlineEpilogue;
};

} // namespace

/// Epilogues up to this many ops are put behind every register block; longer ones run in a second sweep over the
/// columns, so that they are in the code once and not once per register.
static constexpr unsigned kInlineEpilogueOps = 4;

/// What is added to and is larger is asked for ahead of time; in a smaller one the requests alone cost a hundredth of the product.
static constexpr int64_t kNearBytes = 32 << 10;

GemmEmitter::GemmEmitter(tile::GemmOp op, Emitter &emitter, ValueRange arguments, ValueRange captured, GemmKind kind,
                         const VectorUnit &unit)
    : op(op), e(emitter), kind(kind), unit(unit), element(cast<MemRefType>(op.getC().getType()).getElementType()),
      width(unit.bits / element.getIntOrFloatBitWidth()), vector(VectorType::get(width, element)) {
  unsigned next = 0;
  for (Value *value : {&a, &b, &c, &aRow, &aColumn, &bRow, &cRow, &rows, &depth, &blocks, &tail})
    *value = arguments[next++];
  if (kind.bias)
    bias = arguments[next++];
  for (Value value : captured)
    outside.map(value, arguments[next++]);
  if (kind.contiguousA)
    aColumn = e.constant(1);
  if (kind.masked)
    mask = e.firstLanes(width, tail);
  inlineEpilogue = kind.epilogue && op.getEpilogue().front().getOperations().size() <= kInlineEpilogueOps;
}

Value GemmEmitter::loadVector(Value row, int64_t j) {
  Value pointer = vectorAddress(row, j);
  if (kind.masked && j + 1 == kind.vectors)
    return e.maskedLoad(pointer, mask, e.constant(vector, 0.0));
  return e.load(vector, pointer);
}

void GemmEmitter::storeVector(Value value, Value row, int64_t j) {
  Value pointer = vectorAddress(row, j);
  if (kind.masked && j + 1 == kind.vectors)
    e.maskedStore(value, pointer, mask);
  else
    e.store(value, pointer);
}

/// Without the instruction a fused operation would be a call of libm's fma for every number.
Value GemmEmitter::multiplyAdd(Value x, Value y, Value sum) {
  if (unit.fma)
    return vector::FMAOp::create(e.builder, e.loc, x, y, sum);
  return e.addFloats(arith::MulFOp::create(e.builder, e.loc, x, y), sum);
}

Value GemmEmitter::applyNow(Value value) {
  return cloneBody(e.builder, op.getEpilogue().front(), value, outside, width).front();
}

void GemmEmitter::emit() {
  auto columnBlocks = [&](llvm::function_ref<void(Value, Value)> body) {
    e.loop(e.constant(0), blocks, 1, [&](Value block) {
      Value column = e.multiply(block, kind.vectors * width);
      body(e.address(b, element, column), e.address(c, element, column));
    });
  };
  auto rowBlocks = [&](llvm::function_ref<void(Value, int64_t)> body) {
    Value from = e.constant(0);
    for (int64_t height : rowBlockHeights(unit, kind.vectors)) {
      Value to = e.add(from, e.roundDown(e.subtract(rows, from), height));
      e.loop(from, to, height, [&](Value row) { body(row, height); });
      from = to;
    }
  };
  // A transposed a is read a few numbers from each of many cache lines, which are worth keeping over all columns; else
  // b's panel is.
  if (kind.contiguousA)
    columnBlocks([&](Value bBlock, Value cBlock) {
      rowBlocks([&](Value row, int64_t height) { emitRowBlock(row, height, bBlock, cBlock); });
    });
  else
    rowBlocks([&](Value row, int64_t height) {
      columnBlocks([&](Value bBlock, Value cBlock) { emitRowBlock(row, height, bBlock, cBlock); });
    });
  if (kind.epilogue && !inlineEpilogue)
    columnBlocks([&](Value, Value cBlock) { applyLater(cBlock); });
}

void GemmEmitter::emitRowBlock(Value row, int64_t height, Value bBlock, Value cBlock) {
  if (kind.prefetch)
    prefetchTarget(row, height, cBlock);
  Values sums = multiplyPanels(row, height, bBlock);
  for (int64_t i = 0; i < height; ++i) {
    Value m = e.add(row, e.constant(i));
    Value target = e.address(cBlock, element, e.multiply(m, cRow)), offset;
    if (kind.bias)
      offset = e.broadcast(vector, e.load(element, e.address(bias, element, m)));
    for (int64_t j = 0; j < kind.vectors; ++j) {
      Value value = sums[i * kind.vectors + j];
      if (kind.bias)
        value = e.addFloats(value, offset);
      if (kind.accumulate)
        value = e.addFloats(loadVector(target, j), value);
      storeVector(inlineEpilogue ? applyNow(value) : value, target, j);
    }
  }
}

/// What is added to is far away where it is the gradient of a large matrix, and comes while the product is computed.
void GemmEmitter::prefetchTarget(Value row, int64_t height, Value cBlock) {
  for (int64_t i = 0; i < height; ++i) {
    Value target = e.address(cBlock, element, e.multiply(e.add(row, e.constant(i)), cRow));
    for (int64_t j = 0; j < kind.vectors; ++j)
      e.prefetch(vectorAddress(target, j));
  }
}

/// a[row .. row + height, :] . b's panel, in registers.
GemmEmitter::Values GemmEmitter::multiplyPanels(Value row, int64_t height, Value bBlock) {
  Values aRows, sums(height * kind.vectors, e.constant(vector, 0.0));
  for (int64_t i = 0; i < height; ++i)
    aRows.push_back(e.address(a, element, e.multiply(e.add(row, e.constant(i)), aRow)));
  return e.loop(e.constant(0), depth, 1, sums,
                [&](Value k, ValueRange carried) { return step(aRows, bBlock, k, carried); });
}

GemmEmitter::Values GemmEmitter::step(ArrayRef<Value> aRows, Value bBlock, Value k, ValueRange sums) {
  Value bk = e.address(bBlock, element, e.multiply(k, bRow)), column = e.multiply(k, aColumn);
  Values bVectors, next;
  for (int64_t j = 0; j < kind.vectors; ++j)
    bVectors.push_back(loadVector(bk, j));
  for (auto [i, aPointer] : llvm::enumerate(aRows)) {
    Value factor = e.broadcast(vector, e.load(element, e.address(aPointer, element, column)));
    for (int64_t j = 0; j < kind.vectors; ++j)
      next.push_back(multiplyAdd(factor, bVectors[j], sums[i * kind.vectors + j]));
  }
  return next;
}

/// c := f(c) for all rows of a block of columns.
void GemmEmitter::applyLater(Value cBlock) {
  e.loop(e.constant(0), rows, 1, [&](Value row) {
    Value target = e.address(cBlock, element, e.multiply(row, cRow));
    int64_t whole = kind.vectors - (kind.masked ? 1 : 0);
    e.loop(e.constant(0), e.constant(whole * width), width, [&](Value column) {
      Value pointer = e.address(target, element, column);
      e.store(applyNow(e.load(vector, pointer)), pointer);
    });
    if (kind.masked)
      storeVector(applyNow(loadVector(target, whole)), target, whole);
  });
}

//===- the functions and their calls
//--------------------------------------------------------------------------------===//

namespace {

/// The operands of one gemm as the functions take them.
struct GemmCall {
  Value a, b, c, bias;
  SmallVector<Value> captured;
};

} // namespace

/// Calls the function for `blocks` blocks of `kind.vectors` vectors from `column` on.
static void callBlocks(tile::GemmOp op, KernelCache &cache, Emitter &e, const GemmCall &call, GemmKind kind,
                       int64_t column, int64_t blocks, int64_t tail) {
  auto aType = cast<MemRefType>(op.getA().getType());
  Type element = aType.getElementType();
  SmallVector<int64_t> aStrides = tile::bufferStrides(aType);
  Value start = e.constant(column);
  SmallVector<Value> arguments = {call.a, e.address(call.b, element, start), e.address(call.c, element, start)};
  for (int64_t size : {aStrides[0], aStrides[1], rowStride(op.getB()), rowStride(op.getC()), aType.getShape()[0],
                       aType.getShape()[1], blocks, tail})
    arguments.push_back(e.constant(size));
  if (kind.bias)
    arguments.push_back(call.bias);
  llvm::append_range(arguments, call.captured);

  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "gemm " << element << ' ' << kind.vectors << kind.masked << kind.contiguousA << kind.accumulate
         << kind.bias << kind.prefetch;
  if (kind.epilogue)
    stream << bodyFingerprint(op.getEpilogue().front(), call.captured);
  cache.call(e.builder, op.getLoc(), "gemm", key, arguments, [&](Emitter &inner, ValueRange values) {
    GemmEmitter(op, inner, values, call.captured, kind, cache.vectorUnit()).emit();
  });
}

void flowc::cpu::lowerGemm(tile::GemmOp op, KernelCache &cache) {
  auto cType = cast<MemRefType>(op.getC().getType());
  int64_t rows = cType.getShape()[0], columns = cType.getShape()[1], width = cache.lanes(cType.getElementType());
  if (rows == 0 || columns == 0)
    return;
  OpBuilder builder(op);
  Emitter e(builder, op.getLoc());
  GemmCall call{cache.pointerTo(e, op.getA()), cache.pointerTo(e, op.getB()), cache.pointerTo(e, op.getC()), {}, {}};
  if (op.getBias())
    call.bias = cache.pointerTo(e, op.getBias());
  if (!op.getEpilogue().empty())
    call.captured = isolateBody(op.getEpilogue());

  // Columns are shared out evenly, so that the last block is not a sliver; what is left after the whole blocks is one
  // more.
  int64_t vectors = llvm::divideCeil(columns, width);
  int64_t share = llvm::divideCeil(vectors, llvm::divideCeil(vectors, vectorsPerBlock(cache.vectorUnit())));
  int64_t blocks = columns / (share * width), done = blocks * share * width;
  auto aType = cast<MemRefType>(op.getA().getType());
  bool contiguous = tile::bufferStrides(aType)[1] == 1 || aType.getShape()[1] <= 1;
  GemmKind kind{share, false, contiguous, op.getAccumulate(), bool(op.getBias()), !op.getEpilogue().empty(),
                op.getAccumulate() && cType.getNumElements() * targets::elementBytes(cType.getElementType()) > kNearBytes};
  if (blocks > 0)
    callBlocks(op, cache, e, call, kind, 0, blocks, width);
  if (done == columns)
    return;
  kind.vectors = llvm::divideCeil(columns - done, width);
  int64_t tail = columns - done - (kind.vectors - 1) * width;
  kind.masked = tail != width;
  callBlocks(op, cache, e, call, kind, done, 1, tail);
}

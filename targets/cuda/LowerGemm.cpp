// SPDX-License-Identifier: MIT
//
// tile.gemm: the block goes over c in tiles. Panels of a and b are copied into shared memory by instructions that nobody waits for, while
// the panels before them are multiplied; but a factor that lies there already, in whole panels, is multiplied where it is. The sums of a
// tile then take the panels' place, so that neighbours add the bias, apply the epilogue and write neighbours, whichever thread made a sum.
// Sizes and strides are arguments, so a model needs a handful of functions.

#include "targets/cuda/GemmTile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

namespace {

/// What distinguishes one gemm function from another.
struct GemmKind {
  Factors factors;
  bool accumulate, bias;    // as the op says
  int64_t epilogue;         // how many ops it has
  bool wideA, wideB, wideC; // whether 16 bytes can be moved at once
  std::optional<Matmul> tensor;
  int64_t tileRows;
};

/// Epilogues up to this many ops are written out for each of 16 bytes of neighbours; longer ones are in the code once.
constexpr int64_t kWideEpilogueOps = 4;

/// Products of fewer rows gain little by moving 16 bytes at once.
constexpr int64_t kLevelRows = 16;

class GemmEmitter {
public:
  GemmEmitter(tile::GemmOp op, BlockEmitter &emitter, KernelCache &cache, ValueRange arguments, ValueRange captured, GemmKind kind);
  void emit();

private:
  void emitTile(Value firstRow, Value firstColumn);
  /// Starts the copies of the panels from `k` on to their stage. What is outside of the matrices becomes 0.
  void startPanels(Value firstRow, Value firstColumn, Value panel);
  /// Copies `lines` lines of `length` numbers each; those of the matrix are next to each other, or `apart`. There are `lineCount` lines and
  /// `count` numbers of each from where it starts.
  struct Lines {
    Value source, lineStride, apart, lineCount, count, target;
    int64_t lines, length, pitch;
    bool wide;
  };
  void startCopies(const Lines &lines);
  void writeTile(Value firstRow, Value firstColumn);
  /// The panels from `k` on, where they are multiplied.
  std::pair<Value, Value> factors(Value firstRow, Value firstColumn, Value panel);
  bool hasPanels() const { return stageSize() > 0; }
  Value stage(Value panel) { return e.address(shared, element, e.multiply(e.remainder(panel, e.constant(layout.stages)), stageSize())); }
  int64_t stageSize() const { return layout.aSize + layout.bSize; }

  tile::GemmOp op;
  BlockEmitter &e;
  GemmKind kind;
  Type element;
  Value a, b, c, aRow, aColumn, bRow, cRow, rows, depth, columns, bias, shared;
  IRMapping outside;
  std::unique_ptr<Product> product;
  const TileLayout &layout;
};

std::unique_ptr<Product> makeProduct(BlockEmitter &e, Type element, const GemmKind &kind) {
  if (kind.tensor)
    return makeTensorProduct(e, *kind.tensor, kind.tileRows, kind.factors);
  return makeFusedProduct(e, element, kind.tileRows, kind.factors);
}

bool isShared(Value pointer) { return cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() == kSharedMemory; }

} // namespace

GemmEmitter::GemmEmitter(tile::GemmOp op, BlockEmitter &emitter, KernelCache &cache, ValueRange arguments, ValueRange captured,
                         GemmKind kind)
    : op(op), e(emitter), kind(kind), element(cast<MemRefType>(op.getC().getType()).getElementType()),
      product(makeProduct(e, element, kind)), layout(product->layout) {
  shared = cache.shared(e, "panels", element, layout.size());
  unsigned next = 0;
  for (Value *value : {&a, &b, &c, &aRow, &aColumn, &bRow, &cRow, &rows, &depth, &columns})
    *value = arguments[next++];
  if (kind.bias)
    bias = arguments[next++];
  for (Value value : captured)
    outside.map(value, arguments[next++]);
  if (kind.factors.contiguousA)
    aColumn = e.constant(1);
  else if (kind.wideA)
    aRow = e.constant(1);
}

void GemmEmitter::emit() {
  e.loop(e.constant(0), rows, layout.rows, [&](Value row) {
    e.loop(e.constant(0), columns, kTileColumns, [&](Value column) { emitTile(row, column); });
  });
}

void GemmEmitter::emitTile(Value firstRow, Value firstColumn) {
  e.barrier(); // What is copied has been written, and the tile before this one, which lies where the panels go, has been read.
  Value panels = e.divide(e.add(depth, e.constant(kDepth - 1)), e.constant(kDepth));
  auto start = [&](Value panel) {
    e.when(e.isLess(panel, panels), [&] { startPanels(firstRow, firstColumn, panel); });
    // Where nothing is left to copy the group is empty, and the number of groups to wait for the same.
    NVVM::CpAsyncCommitGroupOp::create(e.builder, e.loc);
  };
  int64_t ahead = hasPanels() ? layout.stages - 1 : 0;
  for (int64_t panel = 0; panel < ahead; ++panel)
    start(e.constant(panel));
  SmallVector<Value> sums = e.loop(e.constant(0), panels, 1, product->zeros(e), [&](Value panel, ValueRange carried) {
    if (hasPanels()) {
      NVVM::CpAsyncWaitGroupOp::create(e.builder, e.loc, ahead - 1);
      e.barrier(); // All threads' copies are there, and nobody reads the stage that the next ones go to.
      start(e.add(panel, e.constant(ahead)));
    }
    auto [left, right] = factors(firstRow, firstColumn, panel);
    return product->multiply(left, right, carried);
  });
  e.barrier();
  product->write(sums, shared);
  e.barrier();
  writeTile(firstRow, firstColumn);
}

std::pair<Value, Value> GemmEmitter::factors(Value firstRow, Value firstColumn, Value panel) {
  Value k = e.multiply(panel, kDepth), here = hasPanels() ? stage(panel) : Value();
  Value left = kind.factors.aPitch ? e.address(a, element, e.add(e.multiply(firstRow, layout.aRow), k)) : here;
  Value right = kind.factors.bPitch ? e.address(b, element, e.add(e.multiply(k, layout.bStep), firstColumn))
                                    : e.address(here, element, e.constant(layout.aSize));
  return {left, right};
}

void GemmEmitter::startPanels(Value firstRow, Value firstColumn, Value panel) {
  Value k = e.multiply(panel, kDepth), deep = e.subtract(depth, k), down = e.subtract(rows, firstRow), target = stage(panel);
  Value corner = e.address(a, element, e.add(e.multiply(firstRow, aRow), e.multiply(k, aColumn)));
  if (layout.aSize && kind.factors.contiguousA)
    startCopies({corner, aRow, aColumn, down, deep, target, layout.rows, kDepth, layout.aRow, kind.wideA});
  else if (layout.aSize)
    startCopies({corner, aColumn, aRow, deep, down, target, kDepth, layout.rows, layout.aStep, kind.wideA});
  if (layout.bSize)
    startCopies({e.address(b, element, e.add(e.multiply(k, bRow), firstColumn)), bRow, e.constant(1), deep,
                 e.subtract(columns, firstColumn), e.address(target, element, e.constant(layout.aSize)), kDepth, kTileColumns,
                 layout.bStep, kind.wideB});
}

void GemmEmitter::startCopies(const Lines &lines) {
  // No instruction copies from shared memory to shared memory; there it takes a register.
  bool isAsync = !isShared(lines.source);
  int64_t width = lines.wide && isAsync ? layout.wide : 1, perLine = lines.length / width;
  int32_t bytes = width * targets::elementBytes(element);
  Type word = e.builder.getI32Type();
  auto copy = [&](Value place) {
    Value line = e.divide(place, e.constant(perLine)), first = e.multiply(e.remainder(place, e.constant(perLine)), width);
    // How many of the numbers there are; where there is none the address must still be one.
    Value left = e.select(e.isLess(line, lines.lineCount), e.subtract(lines.count, first), e.constant(0));
    Value there = e.minimum(e.maximum(left, e.constant(0)), e.constant(width)), any = e.isLess(e.constant(0), there);
    Value offset = e.add(e.multiply(line, lines.lineStride), e.multiply(first, lines.apart));
    Value source = e.address(lines.source, element, e.select(any, offset, e.constant(0)));
    Value target = e.address(lines.target, element, e.add(e.multiply(line, lines.pitch), first));
    if (!isAsync)
      return e.when(any, [&] { e.store(e.load(element, source), target); }, [&] { e.store(e.constant(element, 0.0), target); });
    Value size = arith::TruncIOp::create(e.builder, e.loc, word, e.multiply(there, targets::elementBytes(element)));
    NVVM::CpAsyncOp::create(e.builder, e.loc, target, source, bytes, NVVM::LoadCacheModifierKind::CA, size);
  };
  // Written out, as it is for whole tiles: what does not change from panel to panel is then computed once.
  int64_t count = lines.lines * perLine;
  if (count % e.threads)
    return e.share(e.constant(count), copy);
  for (int64_t first = 0; first < count; first += e.threads)
    copy(e.add(e.thread, e.constant(first)));
}

void GemmEmitter::writeTile(Value firstRow, Value firstColumn) {
  int64_t width = kind.wideC && kind.epilogue <= kWideEpilogueOps ? layout.wide : 1, perRow = kTileColumns / width;
  e.share(e.constant(layout.rows * perRow), [&](Value place) {
    Value down = e.divide(place, e.constant(perRow)), across = e.multiply(e.remainder(place, e.constant(perRow)), width);
    Value row = e.add(firstRow, down), column = e.add(firstColumn, across);
    auto emit = [&] {
      Value target = e.address(e.address(c, element, e.multiply(row, cRow)), element, column);
      Value sums = e.address(shared, element, e.add(e.multiply(down, layout.pitch), across));
      SmallVector<Value> values = e.loadWide(element, width, sums), before;
      Value added = kind.bias ? e.load(element, e.address(bias, element, row)) : Value();
      if (kind.accumulate)
        before = e.loadWide(element, width, target);
      for (auto [j, value] : llvm::enumerate(values)) {
        if (added)
          value = e.addFloats(value, added);
        if (kind.accumulate)
          value = e.addFloats(before[j], value);
        if (kind.epilogue)
          value = cloneBody(e.builder, op.getEpilogue().front(), value, outside, 0).front();
      }
      e.storeWide(values, target);
    };
    e.when(e.isLess(row, rows), [&] { e.when(e.isLess(column, columns), emit); });
  });
}

/// The pitch of a factor that can be multiplied where it lies, or 0.
static int64_t pitchInPlace(Value buffer, bool isWhole) {
  bool inShared = cast<MemRefType>(buffer.getType()).getMemorySpaceAsInt() == kSharedMemory;
  return inShared && isWhole ? rowStride(buffer) : 0;
}

/// Products of f64 are exact to f64; what is f32 may be asked to be, too.
static std::optional<Matmul> tensorKind(Type element, Matmul asked) {
  return element.isF32() && asked != Matmul::F32 ? std::optional(asked) : std::nullopt;
}

void flowc::cuda::lowerGemm(tile::GemmOp op, KernelCache &cache) {
  auto aType = cast<MemRefType>(op.getA().getType()), cType = cast<MemRefType>(op.getC().getType());
  Type element = cType.getElementType();
  int64_t rows = cType.getShape()[0], columns = cType.getShape()[1], wide = 16 / targets::elementBytes(element);
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
  auto isWide = [&](Value buffer, int64_t next, int64_t stride) {
    return next == 1 && stride % wide == 0 && cache.isAligned(buffer, wide);
  };
  // Products of few rows are levels of an autoregressive inverse, or what a gradient makes of them. Each begins elsewhere in the same
  // matrices; where one function serves them all, their calls become a loop.
  bool isLevel = rows < kLevelRows;
  std::optional<Matmul> tensor = tensorKind(element, cache.matmul());
  int64_t threads = cache.threadsPerBlock();
  int64_t tileRows = tensor ? tensorTileRows(threads, rows) : fusedTileRows(threads, rows), depth = aType.getShape()[1];
  bool wideA = !isLevel && isWide(op.getA(), aStrides[contiguous], aStrides[!contiguous]);
  bool wideB = isWide(op.getB(), 1, rowStride(op.getB())), wholePanels = !isLevel && depth % kDepth == 0;
  Factors factors{contiguous, pitchInPlace(op.getA(), wholePanels && contiguous && wideA && rows % tileRows == 0),
                  pitchInPlace(op.getB(), wholePanels && wideB && columns % kTileColumns == 0)};
  GemmKind kind{factors,
                op.getAccumulate(),
                bool(op.getBias()),
                op.getEpilogue().empty() ? 0 : static_cast<int64_t>(op.getEpilogue().front().getOperations().size()),
                wideA,
                wideB,
                !isLevel && isWide(op.getC(), 1, rowStride(op.getC())) && columns % wide == 0,
                tensor,
                tileRows};
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "gemm " << element << ' ' << contiguous << kind.accumulate << kind.bias << kind.wideA << kind.wideB << kind.wideC
         << kind.tileRows << ' ' << factors.aPitch << ' ' << factors.bPitch;
  if (kind.epilogue)
    stream << bodyFingerprint(op.getEpilogue().front(), captured);
  cache.call(builder, op.getLoc(), "gemm", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    GemmEmitter(op, e, cache, values, captured, kind).emit();
    return {};
  });
}

Accesses flowc::cuda::accessesOf(tile::GemmOp op) {
  auto type = cast<MemRefType>(op.getC().getType());
  Accesses accesses;
  if (type.getNumElements() == 0)
    return accesses;
  accesses.waits = true;
  // Every tile of c has its own panels.
  accesses.add(op.getA(), false, llvm::divideCeil(type.getShape()[1], kTileColumns));
  accesses.add(op.getB(), false, llvm::divideCeil(type.getShape()[0], kMostTileRows));
  if (op.getBias())
    accesses.add(op.getBias(), false);
  accesses.add(op.getC(), true, op.getAccumulate() ? 2 : 1);
  return accesses;
}

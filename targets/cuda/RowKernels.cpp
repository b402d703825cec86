// SPDX-License-Identifier: MIT
//
// The kernels around a model's own: rows to tiles and back, labels, random numbers. They know no model; sizes are arguments.
// What they take is listed in runtime/abi/flowrt_device.h.

#include "targets/cuda/KernelMaker.h"
#include "targets/cuda/LowerTile.h"

#include <array>

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

namespace {

/// The row kernels of one element type.
class RowKernels {
public:
  RowKernels(Block *home, Location loc, int64_t threads, Type element)
      : maker(home, loc, threads), element(element), prefix(element.isF32() ? "flow_f32_" : "flow_f64_") {}

  void makeAll() {
    makeRowsToTiles();
    makeLabelsToTiles();
    makeTilesToRows();
    makeUniformTiles();
  }

private:
  using Body = function_ref<void(BlockEmitter &e, ArrayRef<Value> arguments)>;

  void make(StringRef name, unsigned pointers, unsigned numbers, Body body) {
    gpu::GPUFuncOp kernel = maker.open(prefix + name, pointers, numbers);
    BlockEmitter e(maker.builder, maker.loc, maker.threads);
    SmallVector<Value> arguments(kernel.getArguments().take_front(pointers + numbers));
    body(e, arguments);
    maker.close();
  }

  Value at(BlockEmitter &e, Value pointer, Value index) { return e.address(pointer, element, index); }
  static Value tilesOf(BlockEmitter &e, Value count, Value tile) {
    return e.divide(e.subtract(e.add(count, tile), e.constant(1)), tile);
  }

  /// body(place, row, column) for every place in `columns` rows of all tiles, behind the first `first` of `height`. The row of a lane past
  /// the end is the last one there is.
  void forTiles(BlockEmitter &e, Value count, Value columns, Value first, Value height, Value tile,
                function_ref<void(Value place, Value row, Value column)> body) {
    shareInGrid(e, e.multiply(e.multiply(tilesOf(e, count, tile), columns), tile), [&](Value i) {
      Value sample = e.remainder(i, tile), rest = e.divide(i, tile), column = e.remainder(rest, columns), index = e.divide(rest, columns);
      Value row = e.minimum(e.add(e.multiply(index, tile), sample), e.subtract(count, e.constant(1)));
      Value line = e.add(e.add(e.multiply(index, height), first), column);
      body(e.add(e.multiply(line, tile), sample), row, column);
    });
  }

  void makeRowsToTiles() {
    make("rows_to_tiles", 2, 5, [&](BlockEmitter &e, ArrayRef<Value> a) {
      Value rows = a[0], tiles = a[1], columns = a[3];
      forTiles(e, a[2], columns, a[4], a[5], a[6], [&](Value place, Value row, Value column) {
        e.store(e.load(element, at(e, rows, e.add(e.multiply(row, columns), column))), at(e, tiles, place));
      });
    });
  }

  void makeLabelsToTiles() {
    make("labels_to_tiles", 2, 5, [&](BlockEmitter &e, ArrayRef<Value> a) {
      Value labels = a[0], tiles = a[1];
      forTiles(e, a[2], a[3], a[4], a[5], a[6], [&](Value place, Value row, Value column) {
        Value label = arith::FPToSIOp::create(e.builder, e.loc, e.builder.getI64Type(), e.load(element, at(e, labels, row)));
        e.store(e.select(e.isEqual(label, column), e.constant(element, 1.0), e.constant(element, 0.0)), at(e, tiles, place));
      });
    });
  }

  void makeTilesToRows() {
    make("tiles_to_rows", 2, 3, [&](BlockEmitter &e, ArrayRef<Value> a) {
      Value tiles = a[0], rows = a[1], columns = a[3], tile = a[4];
      shareInGrid(e, e.multiply(a[2], columns), [&](Value i) {
        Value row = e.divide(i, columns), column = e.remainder(i, columns);
        Value line = e.add(e.multiply(e.divide(row, tile), columns), column);
        e.store(e.load(element, at(e, tiles, e.add(e.multiply(line, tile), e.remainder(row, tile)))), at(e, rows, i));
      });
    });
  }

  //===- random numbers: the bits of runtime/Philox.h -----------------------------------------------------------------===//

  Value word(BlockEmitter &e, uint32_t value) {
    return arith::ConstantOp::create(e.builder, e.loc, e.builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  Value low(BlockEmitter &e, Value wide) { return arith::TruncIOp::create(e.builder, e.loc, e.builder.getI32Type(), wide); }
  Value high(BlockEmitter &e, Value wide) {
    return low(e, arith::ShRUIOp::create(e.builder, e.loc, wide, e.constant(32)));
  }
  Value wide(BlockEmitter &e, Value narrow) { return arith::ExtUIOp::create(e.builder, e.loc, e.builder.getI64Type(), narrow); }
  Value mix(BlockEmitter &e, Value a, Value b) { return arith::XOrIOp::create(e.builder, e.loc, a, b); }

  std::array<Value, 4> philox(BlockEmitter &e, Value seed, Value index, Value stream, Value draw) {
    std::array<Value, 4> c = {low(e, index), high(e, index), low(e, stream), low(e, draw)};
    Value key0 = low(e, seed), key1 = high(e, seed);
    for (int round = 0; round < 10; ++round) {
      Value product0 = e.multiply(wide(e, c[0]), e.constant(0xD2511F53)), product1 = e.multiply(wide(e, c[2]), e.constant(0xCD9E8D57));
      c = {mix(e, mix(e, high(e, product1), c[1]), key0), low(e, product1), mix(e, mix(e, high(e, product0), c[3]), key1),
           low(e, product0)};
      key0 = e.add(key0, word(e, 0x9E3779B9));
      key1 = e.add(key1, word(e, 0xBB67AE85));
    }
    return c;
  }

  /// No step rounds, so that the number is the CPU's in every bit.
  Value uniformFrom(BlockEmitter &e, Value upper, Value lower) {
    Value bits = upper, unused = word(e, 9);
    if (!element.isF32()) {
      Value shifted = arith::ShLIOp::create(e.builder, e.loc, wide(e, upper), e.constant(32));
      bits = arith::OrIOp::create(e.builder, e.loc, shifted, wide(e, lower));
      unused = e.constant(12);
    }
    Value whole = arith::UIToFPOp::create(e.builder, e.loc, element, arith::ShRUIOp::create(e.builder, e.loc, bits, unused));
    Value middle = e.addFloats(whole, e.constant(element, 0.5));
    return arith::MulFOp::create(e.builder, e.loc, middle, e.constant(element, element.isF32() ? 0x1p-23 : 0x1p-52));
  }

  void makeUniformTiles() {
    make("uniform_tiles", 1, 7, [&](BlockEmitter &e, ArrayRef<Value> a) {
      Value tiles = a[0], seed = a[1], first = a[2], columns = a[4], height = a[5], tile = a[6], stream = a[7];
      Value pairs = e.divide(e.add(columns, e.constant(1)), e.constant(2));
      shareInGrid(e, e.multiply(e.multiply(a[3], pairs), tile), [&](Value i) {
        Value sample = e.remainder(i, tile), rest = e.divide(i, tile), pair = e.remainder(rest, pairs), index = e.divide(rest, pairs);
        Value number = e.add(first, e.add(e.multiply(index, tile), sample));
        std::array<Value, 4> words = philox(e, seed, number, stream, pair);
        Value column = e.multiply(pair, 2), next = e.add(column, e.constant(1));
        auto place = [&](Value column) {
          return at(e, tiles, e.add(e.multiply(e.add(e.multiply(index, height), column), tile), sample));
        };
        e.store(uniformFrom(e, words[0], words[1]), place(column));
        e.when(e.isLess(next, columns), [&] { e.store(uniformFrom(e, words[2], words[3]), place(next)); });
      });
    });
  }

  KernelMaker maker;
  Type element;
  std::string prefix;
};

struct RowKernelsPass : PassWrapper<RowKernelsPass, OperationPass<gpu::GPUModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RowKernelsPass)
  explicit RowKernelsPass(int64_t threads) : threads(threads) {}
  StringRef getArgument() const final { return "cuda-add-row-kernels"; }
  StringRef getDescription() const final { return "add the kernels between rows and tiles, for the element types that a model has"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<LLVM::LLVMDialect, arith::ArithDialect, gpu::GPUDialect, scf::SCFDialect>();
  }

  void runOnOperation() final {
    gpu::GPUModuleOp device = getOperation();
    Builder builder(&getContext());
    for (Type element : {Type(builder.getF32Type()), Type(builder.getF64Type())})
      if (device.lookupSymbol(element.isF32() ? "flow_f32_log_prob" : "flow_f64_log_prob"))
        RowKernels(device.getBody(), device.getLoc(), threads, element).makeAll();
  }

  int64_t threads;
};

} // namespace

std::unique_ptr<Pass> flowc::cuda::createRowKernelsPass(int64_t threads) { return std::make_unique<RowKernelsPass>(threads); }

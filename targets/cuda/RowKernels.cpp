// SPDX-License-Identifier: MIT
//
// The kernels around a model's own: rows to tiles and back, labels, weights, random numbers. They know no model; sizes are arguments.
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
    makeWeightsToTiles();
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

  Value isGiven(BlockEmitter &e, Value pointer) {
    return e.isLess(e.constant(0), LLVM::PtrToIntOp::create(e.builder, e.loc, e.builder.getI64Type(), pointer));
  }

  /// body(row) with the row that is number `place` of the order; of the rows as they lie, where there is no order.
  void withRow(BlockEmitter &e, Value order, Value place, function_ref<void(Value row)> body) {
    Type number = e.builder.getI64Type();
    e.when(isGiven(e, order), [&] { body(e.load(number, e.address(order, number, place))); }, [&] { body(place); });
  }

  /// What rows and labels become: body(row, column) at every place of `columns` rows of all tiles, behind the first `first` of `height`.
  /// Arguments are those of rows_to_tiles. A lane past the end shows the last row.
  void forTiles(BlockEmitter &e, ArrayRef<Value> a, function_ref<Value(Value row, Value column)> body) {
    Value order = a[1], tiles = a[2], from = a[3], count = a[4], columns = a[5], first = a[6], height = a[7], tile = a[8];
    shareInGrid(e, e.multiply(e.multiply(tilesOf(e, count, tile), columns), tile), [&](Value i) {
      Value sample = e.remainder(i, tile), rest = e.divide(i, tile), column = e.remainder(rest, columns), index = e.divide(rest, columns);
      Value place = e.minimum(e.add(e.multiply(index, tile), sample), e.subtract(count, e.constant(1)));
      Value line = e.add(e.add(e.multiply(index, height), first), column), target = at(e, tiles, e.add(e.multiply(line, tile), sample));
      withRow(e, order, e.add(from, place), [&](Value row) { e.store(body(row, column), target); });
    });
  }

  void makeRowsToTiles() {
    make("rows_to_tiles", 3, 6, [&](BlockEmitter &e, ArrayRef<Value> a) {
      forTiles(e, a, [&](Value row, Value column) { return e.load(element, at(e, a[0], e.add(e.multiply(row, a[5]), column))); });
    });
  }

  void makeLabelsToTiles() {
    make("labels_to_tiles", 3, 6, [&](BlockEmitter &e, ArrayRef<Value> a) {
      forTiles(e, a, [&](Value row, Value column) {
        Value label = arith::FPToSIOp::create(e.builder, e.loc, e.builder.getI64Type(), e.load(element, at(e, a[0], row)));
        return e.select(e.isEqual(label, column), e.constant(element, 1.0), e.constant(element, 0.0));
      });
    });
  }

  void makeWeightsToTiles() {
    make("weights_to_tiles", 3, 3, [&](BlockEmitter &e, ArrayRef<Value> a) {
      Value weights = a[0], order = a[1], from = a[3], count = a[4], tile = a[5];
      shareInGrid(e, e.multiply(tilesOf(e, count, tile), tile), [&](Value i) {
        Value target = at(e, a[2], i);
        auto ofRow = [&] { withRow(e, order, e.add(from, i), [&](Value row) { e.store(e.load(element, at(e, weights, row)), target); }); };
        auto one = [&] { e.store(e.constant(element, 1.0), target); };
        e.when(e.isLess(i, count), [&] { e.when(isGiven(e, weights), ofRow, one); }, [&] { e.store(e.constant(element, 0.0), target); });
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

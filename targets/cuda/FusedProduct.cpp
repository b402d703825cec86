// SPDX-License-Identifier: MIT
//
// Products by fused multiplications and additions. Eight threads stand side by side; each keeps a few rows of eight columns. Every sum goes
// over k from the first to the last with one rounding a step, as the CPU's does: the bits do not depend on tiles, threads or launch.

#include "targets/cuda/GemmTile.h"

using namespace mlir;
using namespace flowc::cuda;

namespace {

constexpr int64_t kThreadsAlongN = 8, kColumnsPerThread = kTileColumns / kThreadsAlongN;

int64_t rowsPerThread(int64_t threads, int64_t rows) {
  int64_t down = threads / kThreadsAlongN, count = 1;
  while (count < 4 && down * count < rows && down * count * 2 <= kMostTileRows)
    count *= 2;
  return count;
}

class FusedProduct : public Product {
public:
  FusedProduct(BlockEmitter &e, Type element, int64_t rows, const Factors &factors)
      : Product(TileLayout(element, fusedTileRows(e.threads, rows), factors), rowsPerThread(e.threads, rows) * kColumnsPerThread),
        e(e), rowCount(rowsPerThread(e.threads, rows)), down(e.threads / kThreadsAlongN),
        threadRow(e.divide(e.thread, e.constant(kThreadsAlongN))), threadColumn(e.remainder(e.thread, e.constant(kThreadsAlongN))) {}

  SmallVector<Value> multiply(Value aPanel, Value bPanel, ValueRange sums) final {
    Value a = e.address(aPanel, layout.element, e.multiply(threadRow, layout.aRow));
    Value b = e.address(bPanel, layout.element, e.multiply(threadColumn, layout.wide));
    return e.loop(e.constant(0), e.constant(kDepth), 1, sums, [&](Value step, ValueRange carried) {
      Value left = e.address(a, layout.element, e.multiply(step, layout.aStep));
      Value right = e.address(b, layout.element, e.multiply(step, layout.bStep));
      SmallVector<Value> y, next;
      for (int64_t group = 0; group < groups(); ++group)
        llvm::append_range(y, e.loadWide(layout.element, layout.wide, e.address(right, layout.element, e.constant(columnOf(group)))));
      for (int64_t i = 0; i < rowCount; ++i) {
        Value x = e.load(layout.element, e.address(left, layout.element, e.constant(i * down * layout.aRow)));
        for (Value factor : y)
          next.push_back(e.fusedMultiplyAdd(x, factor, carried[next.size()]));
      }
      return next;
    });
  }

  void write(ValueRange sums, Value tile) final {
    Value mine = e.add(e.multiply(threadRow, layout.pitch), e.multiply(threadColumn, layout.wide));
    for (int64_t i = 0; i < rowCount; ++i)
      for (int64_t group = 0; group < groups(); ++group)
        e.storeWide(sums.slice(i * kColumnsPerThread + group * layout.wide, layout.wide),
                    e.address(tile, layout.element, e.add(mine, e.constant(i * down * layout.pitch + columnOf(group)))));
  }

private:
  /// A thread's columns are some of 16 bytes each; neighbours in the block have neighbouring ones.
  int64_t groups() const { return kColumnsPerThread / layout.wide; }
  int64_t columnOf(int64_t group) const { return group * kThreadsAlongN * layout.wide; }

  BlockEmitter &e;
  int64_t rowCount, down;
  Value threadRow, threadColumn;
};

} // namespace

int64_t flowc::cuda::fusedTileRows(int64_t threads, int64_t rows) { return threads / kThreadsAlongN * rowsPerThread(threads, rows); }

std::unique_ptr<Product> flowc::cuda::makeFusedProduct(BlockEmitter &e, Type element, int64_t rows, const Factors &factors) {
  return std::make_unique<FusedProduct>(e, element, rows, factors);
}

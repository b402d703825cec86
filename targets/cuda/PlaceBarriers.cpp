// SPDX-License-Identifier: MIT
//
// Threads must wait for each other where one touches what another has written, or writes what another has read. That is so between most
// ops, but not where they touch different buffers, or where every number stays with its thread, as between maps over the same rows.

#include "targets/cuda/Accesses.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

//===- Accesses -----------------------------------------------------------------------------------------------------===//

/// A buffer as a part of what it is a slice of; everything, where that is not known.
static Access wholeOf(Value buffer, bool isWrite, int64_t times = 1) {
  auto slice = buffer.getDefiningOp<memref::ReinterpretCastOp>();
  if (!slice)
    return {buffer, buffer, 0, std::numeric_limits<int64_t>::max(), isWrite, times, {}};
  int64_t first = slice.getStaticOffsets()[0], end = first + 1;
  auto type = cast<MemRefType>(buffer.getType());
  if (ShapedType::isDynamic(first))
    return {buffer, slice.getSource(), 0, std::numeric_limits<int64_t>::max(), isWrite, times, {}};
  for (auto [size, stride] : llvm::zip_equal(type.getShape(), tile::bufferStrides(type)))
    end += (size - 1) * stride;
  return {buffer, slice.getSource(), first, type.getNumElements() ? end : first, isWrite, times, {}};
}

void Accesses::add(Value buffer, bool isWrite, int64_t times) { list.push_back(wholeOf(buffer, isWrite, times)); }

void Accesses::add(Value buffer, bool isWrite, ArrayRef<int64_t> rows, int64_t count, int64_t width) {
  Access access = wholeOf(buffer, isWrite);
  auto type = cast<MemRefType>(buffer.getType());
  int64_t stride = tile::bufferStrides(type).front(), columns = type.getRank() > 1 ? type.getShape()[1] : 1;
  int64_t from = rows.empty() ? 0 : rows[0], step = rows.size() > 1 ? rows[1] - rows[0] : 1;
  bool regular = access.end != std::numeric_limits<int64_t>::max() || !buffer.getDefiningOp<memref::ReinterpretCastOp>();
  for (auto [i, row] : llvm::enumerate(rows))
    regular &= row == from + static_cast<int64_t>(i) * step;
  // A single row has no step, and its threads are those of its samples.
  if (regular && std::abs(step * stride) >= columns)
    access.threads = {access.first + from * stride, count > 1 ? step * stride : stride, count > 1 ? width : 0};
  list.push_back(access);
}

Accesses flowc::cuda::accessesOf(Operation *op) {
  return TypeSwitch<Operation *, Accesses>(op)
      .Case<tile::MapOp, tile::GemmOp, tile::SolveOp, tile::EliminateOp, tile::SubstituteOp, tile::TransposeOp, tile::FillOp,
            tile::RepeatOp>([](auto op) { return accessesOf(op); })
      .Default(Accesses());
}

//===- Barriers -----------------------------------------------------------------------------------------------------===//

namespace {

class BarrierPlacer {
public:
  explicit BarrierPlacer(int64_t threads) : threads(threads) {}

  void run(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto repeat = dyn_cast<tile::RepeatOp>(op)) {
        // Its lowering has a barrier behind every round.
        if (!since.empty())
          wait(&op);
        run(repeat.getBody().front());
        since.clear();
      } else if (isa<tile::TileDialect>(op.getDialect()))
        enter(&op);
    }
  }

private:
  void enter(Operation *op) {
    Accesses accesses = accessesOf(op);
    auto meets = [&](const Access &access) {
      return llvm::any_of(since, [&](const Access &before) { return conflict(before, access); });
    };
    if (accesses.waits)
      since.clear();
    else if (since.size() > kMost || llvm::any_of(accesses.list, meets))
      wait(op);
    llvm::append_range(since, accesses.list);
  }

  void wait(Operation *op) {
    OpBuilder builder(op);
    gpu::BarrierOp::create(builder, op->getLoc());
    since.clear();
  }

  bool conflict(const Access &a, const Access &b) const {
    if (a.origin != b.origin || a.end <= b.first || b.end <= a.first || !(a.isWrite || b.isWrite))
      return false;
    return !a.threads || !b.threads || !isSame(*a.threads, *b.threads);
  }

  /// Whether both give every number to the same thread.
  bool isSame(const ThreadMap &a, const ThreadMap &b) const {
    if (a.pitch != b.pitch || a.width != b.width)
      return false;
    int64_t period = a.width ? threads / std::gcd(threads, a.width) : 1;
    return (a.first - b.first) % (a.pitch * period) == 0;
  }

  /// How many accesses are looked back at; there are thousands where what many parameters become is computed.
  static constexpr size_t kMost = 100;

  int64_t threads;
  SmallVector<Access> since; ///< What has been touched since the last barrier.
};

} // namespace

void flowc::cuda::placeBarriers(func::FuncOp function, int64_t threads) {
  Block &block = function.getBody().front();
  BarrierPlacer(threads).run(block);
  // The next tile finds what this one leaves in the workspace.
  OpBuilder builder(block.getTerminator());
  gpu::BarrierOp::create(builder, function.getLoc());
}

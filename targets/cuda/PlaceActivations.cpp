// SPDX-License-Identifier: MIT
//
// The schedule gives every buffer of a tile a place in the workspace, which a GPU has in its global memory. Here some of them, whole, get
// one in shared memory: those whose numbers are read and written most often first, each wherever there is room for as long as it is in
// use. A buffer of rows of samples gets longer rows there, so that what tensor cores take of it at a time lies in different banks.

#include "targets/cuda/PlaceActivations.h"

#include "compiler/Dialect/Tile/Arguments.h"
#include "targets/cuda/Accesses.h"
#include "targets/cuda/GemmTile.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

int64_t flowc::cuda::sharedBytesOfBlock(StringRef chip) {
  int64_t number = 0;
  chip.consume_front("sm_");
  chip.consumeInteger(10, number);
  // Of a multiprocessor, in KiB: the CUDA C++ Programming Guide's table of compute capabilities. Every block takes one beside its own.
  int64_t all = number == 80 || number == 87 ? 164 : number >= 90 && number < 120 ? 228 : 100;
  return (all / 2 - 1) << 10;
}

namespace {

constexpr int64_t kAlignment = 16;

/// What a block has beside panels: votes, and what alignment takes.
constexpr int64_t kOtherBytes = 64;

/// A buffer of the workspace.
struct Held {
  SmallVector<memref::ReinterpretCastOp> slices;
  int64_t first = std::numeric_limits<int64_t>::max(), end = 0; ///< Its numbers in the workspace.
  int64_t from = std::numeric_limits<int64_t>::max(), to = 0;   ///< Where it is in use: from which op of the function to which.
  int64_t touched = 0;                                          ///< How many numbers are read and written in all.
  int64_t pitch = 1, newPitch = 1; ///< From one row to the next in the workspace, and in shared memory.
  int64_t place = 0;

  int64_t size() const { return llvm::alignTo(llvm::divideCeil(end - first, pitch) * newPitch, kAlignment); }
  bool isBeside(const Held &other) const { return from <= other.to && other.from <= to; }
  /// Touched more often, number by number; of two equals the one that is there first.
  bool isBetter(const Held &other) const {
    int64_t mine = touched * other.size(), its = other.touched * size();
    return mine != its ? mine > its : std::pair(from, first) < std::pair(other.from, other.first);
  }
};

class ActivationPlacer {
public:
  ActivationPlacer(func::FuncOp function, Type element, int64_t numbers)
      : function(function), element(element), wide(16 / targets::elementBytes(element)), numbers(numbers / kAlignment * kAlignment) {}

  BlockArgument run() {
    collect();
    SmallVector<Held *> order;
    for (auto &[number, buffer] : buffers) {
      choosePitch(buffer);
      order.push_back(&buffer);
    }
    llvm::sort(order, [](const Held *a, const Held *b) { return a->isBetter(*b); });
    for (Held *buffer : order)
      place(*buffer);
    if (placed.empty())
      return {};
    auto type = MemRefType::get({extent}, element, MemRefLayoutAttrInterface(), memory());
    (void)function.insertArgument(function.getNumArguments(), type, {}, function.getLoc());
    BlockArgument activations = function.getArguments().back();
    for (Held *buffer : placed)
      move(*buffer, activations);
    return activations;
  }

private:
  void collect() {
    int64_t position = 0;
    for (Operation &op : function.getBody().front()) {
      op.walk([&](Operation *inner) { note(inner, position); });
      ++position;
    }
  }

  void note(Operation *op, int64_t position) {
    auto bufferOf = [&](Value value) -> Held * {
      auto slice = value.getDefiningOp<memref::ReinterpretCastOp>();
      auto number = slice ? slice->getAttrOfType<IntegerAttr>(tile::kBuffer) : IntegerAttr();
      return number ? &buffers[number.getInt()] : nullptr;
    };
    for (Value operand : op->getOperands())
      if (Held *buffer = bufferOf(operand)) {
        buffer->from = std::min(buffer->from, position);
        buffer->to = position;
      }
    if (auto slice = dyn_cast<memref::ReinterpretCastOp>(op))
      if (Held *buffer = bufferOf(slice)) {
        auto type = cast<MemRefType>(slice.getType());
        int64_t first = slice.getStaticOffsets()[0], end = first + 1;
        for (auto [size, stride] : llvm::zip_equal(type.getShape(), tile::bufferStrides(type)))
          end += (size - 1) * stride;
        buffer->slices.push_back(slice);
        buffer->first = std::min(buffer->first, first);
        buffer->end = std::max(buffer->end, type.getNumElements() ? end : first);
      }
    int64_t rounds = 1;
    for (auto repeat = op->getParentOfType<tile::RepeatOp>(); repeat; repeat = repeat->getParentOfType<tile::RepeatOp>())
      rounds *= repeat.getRounds();
    for (const Access &access : accessesOf(op).list)
      if (Held *buffer = bufferOf(access.buffer))
        buffer->touched += rounds * access.times * cast<MemRefType>(access.buffer.getType()).getNumElements();
  }

  /// Rows may be moved apart where every slice consists of parts of them.
  void choosePitch(Held &buffer) {
    int64_t row = std::numeric_limits<int64_t>::max();
    for (memref::ReinterpretCastOp slice : buffer.slices)
      if (slice.getStaticStrides().size() == 2)
        row = std::min(row, slice.getStaticStrides()[0]);
    bool apart = row > 0 && llvm::all_of(buffer.slices, [&](memref::ReinterpretCastOp slice) {
      auto sizes = slice.getStaticSizes(), strides = slice.getStaticStrides();
      return sizes.size() == 2 && strides[1] == 1 && strides[0] % row == 0 &&
             (slice.getStaticOffsets()[0] - buffer.first) % row + sizes[1] <= row;
    });
    if (apart) {
      buffer.pitch = row;
      buffer.newPitch = pitchWithoutConflicts(row, wide);
    }
  }

  /// The first gap that is free as long as the buffer is in use.
  void place(Held &buffer) {
    SmallVector<std::pair<int64_t, int64_t>> taken;
    for (const Held *other : placed)
      if (buffer.isBeside(*other))
        taken.push_back({other->place, other->place + other->size()});
    llvm::sort(taken);
    int64_t at = 0;
    for (auto [begin, end] : taken) {
      if (at + buffer.size() <= begin)
        break;
      at = std::max(at, end);
    }
    if (buffer.touched == 0 || at + buffer.size() > numbers)
      return;
    buffer.place = at;
    extent = std::max(extent, at + buffer.size());
    placed.push_back(&buffer);
  }

  void move(Held &buffer, BlockArgument activations) {
    for (memref::ReinterpretCastOp slice : buffer.slices) {
      OpBuilder builder(slice);
      int64_t distance = slice.getStaticOffsets()[0] - buffer.first;
      int64_t offset = buffer.place + distance / buffer.pitch * buffer.newPitch + distance % buffer.pitch;
      SmallVector<int64_t> strides(slice.getStaticStrides());
      strides.front() = strides.front() / buffer.pitch * buffer.newPitch;
      auto layout = StridedLayoutAttr::get(builder.getContext(), offset, strides);
      auto type = MemRefType::get(slice.getStaticSizes(), element, layout, memory());
      Value moved =
          memref::ReinterpretCastOp::create(builder, slice.getLoc(), type, activations, offset, slice.getStaticSizes(), strides);
      slice.getResult().replaceAllUsesWith(moved);
      slice.erase();
    }
  }

  Attribute memory() { return IntegerAttr::get(IntegerType::get(function.getContext(), 64), kSharedMemory); }

  func::FuncOp function;
  Type element;
  int64_t wide, numbers, extent = 0;
  std::map<int64_t, Held> buffers; ///< By their numbers in the schedule.
  SmallVector<Held *> placed;
};

} // namespace

BlockArgument flowc::cuda::placeActivations(func::FuncOp function, int64_t bytes) {
  auto workspace = cast<MemRefType>(function.getArguments().back().getType());
  bool multiplies = false;
  function.walk([&](tile::GemmOp) { multiplies = true; });
  int64_t left = bytes - (multiplies ? mostPanelBytes(workspace.getElementType()) : 0) - kOtherBytes;
  return ActivationPlacer(function, workspace.getElementType(), left / targets::elementBytes(workspace.getElementType())).run();
}

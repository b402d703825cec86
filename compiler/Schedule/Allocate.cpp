// SPDX-License-Identifier: MIT
//
// Places the workspace buffers: in the order of the plan, each takes the smallest free gap that holds it, and gives it back after its
// last use.

#include "compiler/Schedule/Plan.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace flowc::schedule {
namespace {

/// 64 bytes in f32, and so in f64.
constexpr int64_t kAlignment = 16;

int64_t sizeOf(const Plan &plan, const Buffer &buffer) {
  return llvm::alignTo(buffer.uniform ? buffer.rows : buffer.rows * plan.tile, kAlignment);
}

bool inWorkspace(const Plan &plan, const Buffer &buffer) {
  return !buffer.constant && plan.signature->slots[buffer.slot].role == Role::Workspace;
}

struct BuffersOf {
  const Plan &plan;
  llvm::SmallVectorImpl<unsigned> &used;

  void operator()(const MapNode &map) {
    for (Value input : mapInputs(map))
      used.push_back(plan.views.lookup(input).buffer);
    for (const MapOutput &output : map.outputs)
      used.push_back(output.target.buffer);
  }
  void operator()(const GemmNode &gemm) {
    used.append({gemm.a.buffer, gemm.b.buffer, gemm.c.buffer});
    if (gemm.bias)
      used.push_back(gemm.bias->buffer);
  }
  void operator()(const SolveNode &solve) {
    used.append({solve.a.buffer, solve.y.buffer, solve.x.buffer});
    if (solve.diagonal)
      used.push_back(solve.diagonal->buffer);
  }
  void operator()(const EliminateNode &eliminate) { used.push_back(eliminate.matrix.buffer); }
  void operator()(const SubstituteNode &substitute) { used.append({substitute.triangles.buffer, substitute.x.buffer}); }
  void operator()(const TransposeNode &transpose) { used.append({transpose.input.buffer, transpose.output}); }
  void operator()(const FillNode &fill) { used.push_back(fill.buffer); }
  /// Its buffers live through all rounds.
  void operator()(const LoopNode &loop) {
    used.append({loop.current, loop.next});
    for (const PlacedNode &placed : loop.body)
      std::visit(*this, placed.node);
  }
};

/// Free gaps by offset; the end of the workspace is always free.
class FreeList {
public:
  int64_t take(int64_t size) {
    auto best = gaps.end();
    for (auto it = gaps.begin(); it != gaps.end(); ++it)
      if (it->second >= size && (best == gaps.end() || it->second < best->second))
        best = it;
    if (best == gaps.end()) {
      int64_t offset = end;
      end += size;
      return offset;
    }
    auto [offset, length] = *best;
    gaps.erase(best);
    if (length > size)
      gaps[offset + size] = length - size;
    return offset;
  }

  void give(int64_t offset, int64_t size) {
    auto next = gaps.lower_bound(offset);
    if (next != gaps.end() && offset + size == next->first) {
      size += next->second;
      next = gaps.erase(next);
    }
    if (next != gaps.begin()) {
      auto previous = std::prev(next);
      if (previous->first + previous->second == offset) {
        previous->second += size;
        return;
      }
    }
    gaps[offset] = size;
  }

  int64_t extent() const { return end; }

private:
  std::map<int64_t, int64_t> gaps;
  int64_t end = 0;
};

} // namespace

llvm::SmallVector<Value> mapInputs(const MapNode &map) {
  llvm::SmallPtrSet<Operation *, 16> inside(map.ops.begin(), map.ops.end());
  llvm::SetVector<Value> inputs;
  auto add = [&](Value value) {
    if (!(value.getDefiningOp() && inside.contains(value.getDefiningOp())) && !flow::constantValue(value))
      inputs.insert(value);
  };
  for (Operation *op : map.ops)
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!op->isAncestor(operand.getParentBlock()->getParentOp()))
          add(operand);
    });
  for (const MapOutput &output : map.outputs)
    add(output.value);
  return inputs.takeVector();
}

void allocateWorkspace(Plan &plan) {
  llvm::SmallVector<unsigned> lastUse(plan.buffers.size(), 0);
  std::vector<llvm::SmallVector<unsigned>> usedBy(plan.nodes.size());
  for (auto [position, placed] : llvm::enumerate(plan.nodes)) {
    std::visit(BuffersOf{plan, usedBy[position]}, placed.node);
    for (unsigned buffer : usedBy[position])
      lastUse[buffer] = position;
  }
  FreeList space;
  llvm::BitVector placedAlready(plan.buffers.size());
  for (size_t position = 0; position < plan.nodes.size(); ++position) {
    llvm::SetVector<unsigned> used(usedBy[position].begin(), usedBy[position].end());
    for (unsigned index : used) {
      Buffer &buffer = plan.buffers[index];
      if (!inWorkspace(plan, buffer) || placedAlready.test(index))
        continue;
      placedAlready.set(index);
      buffer.offset = space.take(sizeOf(plan, buffer));
    }
    for (unsigned index : used)
      if (inWorkspace(plan, plan.buffers[index]) && lastUse[index] == position)
        space.give(plan.buffers[index].offset, sizeOf(plan, plan.buffers[index]));
  }
  plan.workspace = space.extent();
}

} // namespace flowc::schedule

// SPDX-License-Identifier: MIT

#include "compiler/Schedule/ApartMaps.h"

#include "compiler/Dialect/Flow/Reads.h"

#include "llvm/ADT/EquivalenceClasses.h"

using namespace mlir;

namespace flowc::schedule {
namespace {

/// Fewer ops than these take less than reading again what they share with others.
constexpr size_t kLargePart = 8;

/// The ops of a map, joined where one reads what the other computes.
llvm::EquivalenceClasses<Operation *> joined(llvm::ArrayRef<Operation *> ops) {
  llvm::EquivalenceClasses<Operation *> parts;
  llvm::DenseSet<Operation *> inside(ops.begin(), ops.end());
  for (Operation *op : ops) {
    parts.insert(op);
    for (Value operand : flow::readsOf(op))
      if (Operation *producer = operand.getDefiningOp(); producer && inside.contains(producer))
        parts.unionSets(op, producer);
  }
  return parts;
}

} // namespace

std::vector<MapNode> apart(MapNode map) {
  if (map.ops.size() < 4 * kLargePart)
    return {std::move(map)};
  llvm::EquivalenceClasses<Operation *> parts = joined(map.ops);
  llvm::DenseMap<Operation *, size_t> sizes;
  for (Operation *op : map.ops)
    ++sizes[parts.getLeaderValue(op)];
  // By the first op of each, so that the order is that of the program.
  std::vector<MapNode> made;
  MapNode rest{map.rows, map.uniform, {}, {}};
  llvm::DenseMap<Operation *, size_t> places;
  auto partOf = [&](Operation *op) -> MapNode & {
    if (!op || !parts.contains(op) || sizes[parts.getLeaderValue(op)] < kLargePart)
      return rest;
    auto [place, isFirst] = places.try_emplace(parts.getLeaderValue(op), made.size());
    if (isFirst)
      made.push_back(MapNode{map.rows, map.uniform, {}, {}});
    return made[place->second];
  };
  for (Operation *op : map.ops)
    partOf(op).ops.push_back(op);
  for (MapOutput &output : map.outputs)
    partOf(output.value.getDefiningOp()).outputs.push_back(std::move(output));
  made.push_back(std::move(rest));
  return made;
}

} // namespace flowc::schedule

// SPDX-License-Identifier: MIT
//
// Exact element-level dependency propagation, then peeling: an equation all of whose unknowns but one are solved gives the next
// unknown. For 1x1 blocks that is the block triangular form; larger blocks (Dulmage-Mendelsohn, Tarjan) belong here too.

#include "compiler/Derive/Structure.h"

#include "compiler/Derive/Cycle.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The element of the value that y[index] is a moved copy of.
std::pair<Value, int64_t> traceMoves(Value value, int64_t index) {
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  while (Operation *op = value.getDefiningOp()) {
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    source.clear();
    if (!dependency || !dependency.movedFrom(source))
      break;
    auto [operand, element] = source[index];
    value = op->getOperand(operand);
    index = element;
  }
  return {value, index};
}

} // namespace

llvm::SetVector<Operation *> neededOps(LayerOp layer) {
  llvm::SetVector<Operation *> needed;
  for (Operation &op : llvm::reverse(layer.getBody().front()))
    if (&op == layer.getBody().front().getTerminator() ||
        llvm::any_of(op.getUsers(), [&](Operation *user) { return needed.contains(user); }))
      needed.insert(&op);
  return llvm::SetVector<Operation *>(needed.rbegin(), needed.rend());
}

bool LayerStructure::isUniform(Value value) const {
  return llvm::all_of(dependencies(value), [](SetId set) { return set == 0; });
}

LogicalResult LayerStructure::propagate(LayerOp layer, llvm::ArrayRef<Value> held) {
  Value input = layer.input();
  for (int64_t i = 0; i < elementCount(input); ++i)
    sets[input].push_back(pool.singleton(i));
  sets.try_emplace(input);
  bool bounded = layer.getLower() && !layer.getGenerative();
  ranges[input] = bounded ? Interval::open(layer.getLower()->convertToDouble(), layer.getUpper()->convertToDouble())
                          : Interval::all();
  for (Operation *op : neededOps(layer)) {
    if (isa<ReturnOp>(op))
      continue;
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    auto range = dyn_cast<RangeOpInterface>(op);
    if (!dependency || !range)
      return op->emitError("an op of a layer must say what its result depends on, and its range");
    llvm::SmallVector<ElementSets> operandSets;
    llvm::SmallVector<Interval> operandRanges;
    for (Value operand : op->getOperands()) {
      operandSets.push_back(sets[operand]);
      operandRanges.push_back(ranges[operand]);
    }
    sets[op->getResult(0)] = dependency.dependencies(operandSets, pool);
    ranges[op->getResult(0)] = range.inferRange(operandRanges);
    if (llvm::is_contained(held, op->getResult(0)))
      llvm::fill(sets[op->getResult(0)], SetId(0));
  }
  return success();
}

LogicalResult LayerStructure::reportCycle(LayerOp layer, llvm::ArrayRef<int64_t> waiting,
                                          const llvm::BitVector &solved) {
  InFlightDiagnostic diagnostic =
      layer.emitError("`") << layer.getLayerType() << "` cannot be inverted one element at a time: " << waiting.size()
                           << " of its outputs depend on several unknown inputs each [not-triangular]";
  for (int64_t output : waiting.take_front(3)) {
    auto [value, element] = traceMoves(layer.output(), output);
    std::string inputs;
    for (int64_t input : pool.elements(dependencies(value)[element]))
      if (!solved.test(input) && inputs.size() < 60)
        inputs += (inputs.empty() ? "" : ", ") + std::to_string(input);
    Value meeting = meetingPoint(*this, value, element, solved), named = nextNamed(meeting, layer.output());
    std::string through = named ? (" through `" + cast<NameLoc>(named.getLoc()).getName().getValue() + "`").str() : "";
    diagnostic.attachNote((named ? named : meeting).getLoc()) << "output " << output << " needs inputs " << inputs << through
                                                              << ", none of which is known before";
  }
  return diagnostic;
}

LogicalResult LayerStructure::order(LayerOp layer) {
  int64_t features = elementCount(layer.input());
  llvm::BitVector solved(features);
  llvm::SmallVector<int64_t> waiting = llvm::to_vector(llvm::seq<int64_t>(0, features));
  while (!waiting.empty()) {
    llvm::MapVector<Value, BlockGroup> groups;
    llvm::SmallVector<int64_t> stillWaiting;
    llvm::BitVector solvedHere(features);
    for (int64_t output : waiting) {
      auto [value, element] = traceMoves(layer.output(), output);
      llvm::SmallVector<int64_t, 2> unknown;
      for (int64_t input : pool.elements(dependencies(value)[element]))
        if (!solved.test(input) && unknown.size() < 2)
          unknown.push_back(input);
      if (unknown.size() != 1 || solvedHere.test(unknown[0])) {
        stillWaiting.push_back(output);
        continue;
      }
      solvedHere.set(unknown[0]);
      BlockGroup &group = groups[value];
      group.value = value;
      group.elements.push_back(element);
      group.inputs.push_back(unknown[0]);
      group.outputs.push_back(output);
    }
    if (groups.empty())
      return reportCycle(layer, stillWaiting, solved);
    solved |= solvedHere;
    waiting = stillWaiting;
    levelGroups.emplace_back();
    for (auto &[value, group] : groups)
      levelGroups.back().push_back(std::move(group));
  }
  return success();
}

FailureOr<LayerStructure> LayerStructure::analyze(LayerOp layer, llvm::ArrayRef<Value> held) {
  LayerStructure structure;
  if (failed(structure.propagate(layer, held)) || failed(structure.order(layer)))
    return failure();
  return structure;
}

FailureOr<LayerStructure> LayerStructure::propagated(LayerOp layer) {
  LayerStructure structure;
  if (failed(structure.propagate(layer, {})))
    return failure();
  return structure;
}

} // namespace flowc

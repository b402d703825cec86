// SPDX-License-Identifier: MIT
//
// Exact element-level dependency propagation, then peeling: an equation all of whose unknowns but one are solved gives
// the next unknown. For 1x1 blocks that is the block triangular form; larger blocks (Dulmage-Mendelsohn, Tarjan) belong
// here too.

#include "compiler/Derive/Structure.h"

#include "compiler/Derive/Cycle.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// What y[index] is a moved copy of, for every index.
class Moves {
public:
  std::pair<Value, int64_t> trace(Value value, int64_t index) {
    while (Operation *op = value.getDefiningOp()) {
      const Sources &source = sourcesOf(op);
      if (source.empty())
        break;
      auto [operand, element] = source[index];
      value = op->getOperand(operand);
      index = element;
    }
    return {value, index};
  }

private:
  using Sources = llvm::SmallVector<std::pair<unsigned, int64_t>>;

  /// Empty if the op does more than move.
  const Sources &sourcesOf(Operation *op) {
    auto [it, inserted] = known.try_emplace(op);
    if (!inserted)
      return it->second;
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    if (dependency && !dependency.movedFrom(it->second))
      it->second.clear();
    return it->second;
  }

  llvm::DenseMap<Operation *, Sources> known;
};

} // namespace

llvm::SetVector<Operation *> neededOps(LayerOp layer, bool orAssumed) {
  llvm::SetVector<Operation *> needed;
  for (Operation &op : llvm::reverse(layer.getBody().front()))
    if (&op == layer.getBody().front().getTerminator() || (orAssumed && isa<AssumeOp>(op)) ||
        llvm::any_of(op.getUsers(), [&](Operation *user) { return needed.contains(user); }))
      needed.insert(&op);
  return llvm::SetVector<Operation *>(needed.rbegin(), needed.rend());
}

LogicalResult LayerStructure::propagate(LayerOp layer) {
  Value input = layer.input();
  llvm::SmallVector<SetId> single;
  for (int64_t i = 0; i < elementCount(input); ++i)
    single.push_back(pool.singleton(i));
  sets[input] = ElementSets(std::move(single));
  ranges[input] = layer.getLower() ? Interval::open(layer.getLower()->convertToDouble(), layer.getUpper()->convertToDouble())
                                   : Interval::all();
  for (Operation *op : neededOps(layer, /*orAssumed=*/true)) {
    if (isa<ReturnOp, AssumeOp>(op))
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
    if (op->getResult(0) == heldValue)
      sets[op->getResult(0)] = ElementSets(elementCount(op->getResult(0)), 0);
  }
  return success();
}

/// value[element], which is y[output], depends on the elements of x that `set` names.
struct LayerStructure::Equation {
  Value value;
  int64_t element;
  SetId set;
};

LogicalResult LayerStructure::reportCycle(LayerOp layer, llvm::ArrayRef<Equation> equations, const llvm::BitVector &done,
                                          const llvm::BitVector &solved) {
  InFlightDiagnostic diagnostic = layer.emitError("`")
                                  << layer.getLayerType() << "` cannot be inverted one element at a time: " << done.size() - done.count()
                                  << " of its outputs depend on several unknown inputs each [not-triangular]";
  int shown = 0;
  for (auto [output, equation] : llvm::enumerate(equations)) {
    if (done.test(output))
      continue;
    std::string inputs;
    for (int64_t input : pool.elements(equation.set))
      if (!solved.test(input) && inputs.size() < 60)
        inputs += (inputs.empty() ? "" : ", ") + std::to_string(input);
    Value meeting = meetingPoint(*this, equation.value, equation.element, solved), named = nextNamed(meeting, layer.output());
    std::string through = named ? (" through `" + cast<NameLoc>(named.getLoc()).getName().getValue() + "`").str() : "";
    diagnostic.attachNote((named ? named : meeting).getLoc()) << "output " << output << " needs inputs " << inputs << through
                                                              << ", none of which is known before";
    if (++shown == 3)
      break;
  }
  return diagnostic;
}

/// Counts, per set of inputs, those that are unknown, and keeps the sum of their numbers: when one is left, the sum is its number.
/// Every membership of an input in a set is looked at twice, whatever the number of levels.
LogicalResult LayerStructure::order(LayerOp layer) {
  int64_t features = elementCount(layer.input());
  Moves moves;
  std::vector<Equation> equations;
  llvm::DenseMap<SetId, llvm::SmallVector<int64_t, 1>> outputsOf;
  for (int64_t output = 0; output < features; ++output) {
    auto [value, element] = moves.trace(layer.output(), output);
    equations.push_back({value, element, dependencies(value)[element]});
    outputsOf[equations.back().set].push_back(output);
  }
  struct Unknowns {
    int64_t count = 0, sum = 0;
  };
  std::vector<Unknowns> unknowns(pool.size());
  std::vector<llvm::SmallVector<SetId, 1>> setsOf(features);
  llvm::SmallVector<int64_t> ready;
  auto release = [&](SetId set) { llvm::append_range(ready, outputsOf[set]); };
  for (auto &[set, outputs] : outputsOf) {
    for (int64_t input : pool.elements(set)) {
      ++unknowns[set].count;
      unknowns[set].sum += input;
      setsOf[input].push_back(set);
    }
    if (unknowns[set].count == 1)
      release(set);
  }
  llvm::BitVector solved(features), done(features);
  while (!ready.empty()) {
    llvm::sort(ready);
    llvm::MapVector<Value, BlockGroup> groups;
    llvm::SmallVector<int64_t> solvedHere;
    for (int64_t output : ready) {
      const Equation &equation = equations[output];
      int64_t input = unknowns[equation.set].sum;
      if (solved.test(input)) // by another output
        continue;
      solved.set(input);
      done.set(output);
      solvedHere.push_back(input);
      BlockGroup &group = groups[equation.value];
      group.value = equation.value;
      group.elements.push_back(equation.element);
      group.inputs.push_back(input);
      group.outputs.push_back(output);
    }
    ready.clear();
    for (int64_t input : solvedHere)
      for (SetId set : setsOf[input]) {
        unknowns[set].sum -= input;
        if (--unknowns[set].count == 1)
          release(set);
      }
    llvm::erase_if(ready, [&](int64_t output) { return unknowns[equations[output].set].count != 1; });
    levelGroups.emplace_back();
    for (auto &[value, group] : groups)
      levelGroups.back().push_back(std::move(group));
  }
  return done.all() ? success() : reportCycle(layer, equations, done, solved);
}

llvm::SmallVector<BlockGroup> LayerStructure::groups(size_t begin, size_t end) const {
  struct Entry {
    int64_t element, input, output;
  };
  llvm::MapVector<Value, llvm::SmallVector<Entry>> byValue;
  for (const auto &level : levels().slice(begin, end - begin))
    for (const BlockGroup &group : level)
      for (auto [element, input, output] : llvm::zip_equal(group.elements, group.inputs, group.outputs))
        byValue[group.value].push_back({element, input, output});
  llvm::SmallVector<BlockGroup> merged;
  for (auto &[value, entries] : byValue) {
    llvm::sort(entries, [](const Entry &a, const Entry &b) { return a.element < b.element; });
    BlockGroup &group = merged.emplace_back();
    group.value = value;
    for (const Entry &entry : entries) {
      group.elements.push_back(entry.element);
      group.inputs.push_back(entry.input);
      group.outputs.push_back(entry.output);
    }
  }
  return merged;
}

FailureOr<LayerStructure> LayerStructure::analyze(LayerOp layer, Value held) {
  LayerStructure structure;
  structure.heldValue = held;
  if (failed(structure.propagate(layer)) || failed(structure.order(layer)))
    return failure();
  return structure;
}

FailureOr<LayerStructure> LayerStructure::propagated(LayerOp layer) {
  LayerStructure structure;
  if (failed(structure.propagate(layer)))
    return failure();
  return structure;
}

} // namespace flowc

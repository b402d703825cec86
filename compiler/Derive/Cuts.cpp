// SPDX-License-Identifier: MIT
//
// Composition. Going through the body in order, the elements that are computed by now and needed later are what the
// rest of the body sees of the input. Where there are n of them, as many as the layer has features, they are a cut: the
// body is a map of n elements to those n, followed by a map of those n to the output. For the whole to be a bijection
// both must be; each is a layer of its own. Elements that are only moved are no new elements, so a part that passes by
// on the side belongs to the cut.

#include "compiler/Derive/Cuts.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Inline.h"
#include "compiler/Derive/Rules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// An element that an op computes (or the layer's input brings), not one that is moved there.
using Element = std::pair<Value, int64_t>;

/// The elements that a stage is handed, in the order of its input vector.
using Cut = llvm::SmallVector<Element>;

class Cutter {
public:
  Cutter(LayerOp layer, const LayerStructure &structure) : layer(layer), structure(structure) {
    for (Operation *op : neededOps(layer))
      ops.push_back(op);
    for (auto [time, op] : llvm::enumerate(ops))
      if (op->getNumResults())
        madeAt[op->getResult(0)] = time;
  }

  /// The cuts of the body, first to last: what is there after the op `times[k]`.
  void findCuts() {
    llvm::MapVector<Element, int64_t> lastUse;
    for (auto [time, op] : llvm::enumerate(ops))
      if (!isMove(op))
        for (Value operand : op->getOperands())
          for (const Element &element : origins(operand))
            if (varies(element))
              lastUse[element] = time;
    // How many elements are there after each op: a running sum of the changes.
    llvm::SmallVector<int64_t> change(ops.size() + 1);
    for (auto &[element, last] : lastUse) {
      ++change[made(element) + 1];
      --change[last + 1];
    }
    int64_t count = change[0];
    cuts.emplace_back();
    for (int64_t element = 0; element < features(); ++element)
      cuts[0].push_back({layer.input(), element});
    times.push_back(-1);
    Cut end = origins(layer.output());
    sort(end);
    for (int64_t time = 0; time + 1 < static_cast<int64_t>(ops.size()); ++time) {
      count += change[time + 1];
      if (count != features())
        continue;
      Cut live;
      for (auto &[element, last] : lastUse)
        if (made(element) <= time && time < last)
          live.push_back(element);
      sort(live);
      if (withoutFacts(live) == withoutFacts(cuts.back()) || live == end)
        continue;
      cuts.push_back(std::move(live));
      times.push_back(time);
    }
  }

  int64_t stageCount() const { return cuts.size(); }

  /// Builds stage k as a layer behind the whole one: from cut k to cut k + 1, or to the output.
  LayerOp buildStage(int64_t k) {
    OpBuilder builder(layer->getContext());
    builder.setInsertionPointAfter(layer);
    FloatAttr lower, upper;
    std::tie(lower, upper) = domainOf(cuts[k], builder);
    auto stage = LayerOp::create(builder, layer.getLoc(), (layer.getSymName() + "." + llvm::Twine(k)).str(), layer.getLayerType(), false,
                                 false, lower, upper);
    Location loc = cuts[k].empty() ? layer.getLoc() : cuts[k][0].first.getLoc();
    Block *body = builder.createBlock(&stage.getBody(), {}, layer.input().getType(), loc);
    builder.setInsertionPointToEnd(body);
    from = times[k];
    open(builder, body->getArgument(0), cuts[k]);
    Value output = k + 1 < stageCount() ? gather(builder, cuts[k + 1], layer.getLoc()) : get(builder, layer.output());
    ReturnOp::create(builder, layer.getLoc(), output);
    return stage;
  }

private:
  int64_t features() { return elementCount(layer.input()); }
  int64_t made(const Element &element) { return madeAt.lookup_or(element.first, -1); }
  void sort(Cut &cut) {
    llvm::sort(cut,
               [&](const Element &a, const Element &b) { return std::make_pair(made(a), a.second) < std::make_pair(made(b), b.second); });
  }
  bool varies(const Element &element) { return structure.dependencies(element.first)[element.second] != 0; }

  static bool isMove(Operation *op) {
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    auto dependency = dyn_cast<DependencyOpInterface>(op);
    return dependency && dependency.movedFrom(source);
  }

  /// The elements that facts are stated of, in the place of the facts: to state one is no map.
  Cut withoutFacts(llvm::ArrayRef<Element> cut) {
    Cut result(cut);
    for (Element &element : result)
      while (auto fact = element.first.getDefiningOp<ConstrainedOp>()) {
        Element stated = origins(fact.getValue())[element.second];
        element = stated;
      }
    sort(result);
    return result;
  }

  /// Where each element of a value is computed.
  const Cut &origins(Value value) {
    if (auto known = originsOf.find(value); known != originsOf.end())
      return known->second;
    Cut result;
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    auto dependency = dyn_cast_or_null<DependencyOpInterface>(value.getDefiningOp());
    if (dependency && dependency.movedFrom(source))
      for (auto [operand, element] : source)
        result.push_back(origins(dependency->getOperand(operand))[element]);
    else
      for (int64_t element = 0; element < elementCount(value); ++element)
        result.push_back({value, element});
    return originsOf[value] = std::move(result);
  }

  /// The open interval that all elements of a cut lie in, as the bounds of a layer.
  std::pair<FloatAttr, FloatAttr> domainOf(const Cut &cut, OpBuilder &builder) {
    if (cut.empty())
      return {};
    Interval all = structure.range(cut[0].first);
    for (const Element &element : cut)
      all = hull(all, structure.range(element.first));
    double low = all.lowOpen ? all.low : std::nextafter(all.low, -kInfinity);
    double high = all.highOpen ? all.high : std::nextafter(all.high, kInfinity);
    if (!(low < high) || (low == -kInfinity && high == kInfinity))
      return {};
    return {builder.getF64FloatAttr(low), builder.getF64FloatAttr(high)};
  }

  //===- one stage ----------------------------------------------------------------------------------------------===//

  /// Makes the elements of `cut` what the stage's input brings. Elements of the same values that are not in the cut are
  /// needed by nothing any more; they become zeros.
  void open(OpBuilder &builder, Value input, const Cut &cut) {
    here.clear();
    llvm::MapVector<Value, std::pair<llvm::SmallVector<int64_t>, llvm::SmallVector<int64_t>>> places;
    for (auto [place, element] : llvm::enumerate(cut)) {
      places[element.first].first.push_back(element.second);
      places[element.first].second.push_back(place);
    }
    for (auto &[value, at] : places) {
      Value piece = extractElements(builder, value.getLoc(), input, at.second);
      piece = withFact(builder, piece, structure.range(value));
      here[value] = shapedLike(builder, withZeros(builder, piece, at.first, elementCount(value)), value);
    }
  }

  /// What the stage's own domain does not say: it is one for all elements.
  static Value withFact(OpBuilder &builder, Value piece, const Interval &range) {
    if (range == Interval::all())
      return piece;
    return ConstrainedOp::create(builder, piece.getLoc(), piece.getType(), piece, builder.getF64FloatAttr(range.low),
                                 builder.getF64FloatAttr(range.high), builder.getBoolAttr(range.lowOpen),
                                 builder.getBoolAttr(range.highOpen));
  }

  Value withZeros(OpBuilder &builder, Value piece, llvm::ArrayRef<int64_t> at, int64_t size) {
    if (at == llvm::ArrayRef<int64_t>(allElements(size)))
      return piece;
    llvm::BitVector missing(size, true);
    for (int64_t element : at)
      missing.reset(element);
    auto rest = llvm::to_vector(llvm::map_range(missing.set_bits(), [](unsigned k) { return int64_t(k); }));
    Type element = builder.getF64Type();
    Location loc = piece.getLoc();
    Value zeros = constantOf(builder, loc, RankedTensorType::get({int64_t(rest.size())}, element), 0);
    return MergeOp::create(builder, loc, RankedTensorType::get({size}, element), ValueRange{piece, zeros},
                           builder.getArrayAttr({builder.getDenseI64ArrayAttr(at), builder.getDenseI64ArrayAttr(rest)}));
  }

  /// `value` within the stage.
  Value get(OpBuilder &builder, Value value) {
    if (Value known = here.lookup(value))
      return known;
    Operation *op = value.getDefiningOp();
    if (isMove(op) && !structure.isUniform(value)) {
      Cut elements = origins(value);
      return here[value] = shapedLike(builder, gather(builder, elements, op->getLoc()), value);
    }
    IRMapping mapping;
    for (Value operand : op->getOperands())
      mapping.map(operand, get(builder, operand));
    return here[value] = builder.clone(*op, mapping)->getResult(0);
  }

  /// A vector of elements, wherever each is computed; zero for those of no use to the stage.
  Value gather(OpBuilder &builder, llvm::ArrayRef<Element> elements, Location loc) {
    llvm::MapVector<Value, std::pair<llvm::SmallVector<int64_t>, llvm::SmallVector<int64_t>>> taken;
    for (auto [place, element] : llvm::enumerate(elements))
      if (here.contains(element.first) || !varies(element) || made(element) > from) {
        taken[element.first].first.push_back(element.second);
        taken[element.first].second.push_back(place);
      }
    llvm::SmallVector<Value> pieces;
    llvm::SmallVector<Attribute> indices;
    llvm::SmallVector<int64_t> all;
    auto vector = [&](int64_t size) { return RankedTensorType::get({size}, builder.getF64Type()); };
    for (auto &[value, at] : taken) {
      Value whole = get(builder, value);
      if (cast<RankedTensorType>(whole.getType()).getRank() == 0)
        whole = SplatOp::create(builder, value.getLoc(), vector(1), whole);
      pieces.push_back(extractElements(builder, loc, whole, at.first));
      indices.push_back(builder.getDenseI64ArrayAttr(at.second));
      llvm::append_range(all, at.second);
    }
    int64_t size = elements.size();
    if (pieces.size() == 1 && llvm::ArrayRef<int64_t>(all) == llvm::ArrayRef<int64_t>(allElements(size)))
      return pieces[0];
    if (static_cast<int64_t>(all.size()) == size)
      return MergeOp::create(builder, loc, vector(size), pieces, builder.getArrayAttr(indices));
    Value known = MergeOp::create(builder, loc, vector(all.size()), pieces, contiguous(builder, indices));
    return withZeros(builder, known, all, size);
  }

  /// Index lists of the same lengths, one after the other.
  static ArrayAttr contiguous(OpBuilder &builder, llvm::ArrayRef<Attribute> lists) {
    llvm::SmallVector<Attribute> result;
    int64_t next = 0;
    for (Attribute list : lists) {
      int64_t size = cast<DenseI64ArrayAttr>(list).size();
      result.push_back(builder.getDenseI64ArrayAttr(llvm::to_vector(llvm::seq(next, next + size))));
      next += size;
    }
    return builder.getArrayAttr(result);
  }

  LayerOp layer;
  const LayerStructure &structure;
  llvm::SmallVector<Operation *> ops;
  llvm::DenseMap<Value, int64_t> madeAt;
  llvm::DenseMap<Value, Cut> originsOf;
  llvm::SmallVector<Cut> cuts;
  llvm::SmallVector<int64_t> times;
  /// The time of the cut that the stage under construction begins with, and the values there are in it.
  int64_t from = -1;
  llvm::DenseMap<Value, Value> here;
};

/// Runs `value` through functions and sums their log-determinants.
std::pair<Value, Value> runThrough(OpBuilder &builder, llvm::ArrayRef<func::FuncOp> functions, Value value) {
  Value total = constantOf(builder, value.getLoc(), RankedTensorType::get({}, builder.getF64Type()), 0);
  for (func::FuncOp function : functions) {
    auto results = inlineBody(builder, function, value);
    value = results[0];
    total = arith::AddFOp::create(builder, function.getLoc(), total, results[1]);
  }
  return {value, total};
}

/// The functions of the stages, in the order in which they run.
struct StagedFunctions {
  llvm::SmallVector<func::FuncOp> there, back;

  /// `named` gives the name of a function from that of the exact one.
  void add(ModelOp model, LayerOp stage, llvm::function_ref<std::string(const std::string &)> named) {
    there.push_back(cast<func::FuncOp>(model.lookupSymbol(named(forwardName(stage.getSymName())))));
    back.insert(back.begin(), cast<func::FuncOp>(model.lookupSymbol(named(inverseName(stage.getSymName())))));
  }

  LogicalResult compose(LayerOp layer, bool isEstimate) const {
    return buildDirections(
        layer, [&](OpBuilder &builder, Value input) -> DirectionResult { return runThrough(builder, there, input); },
        [&](OpBuilder &builder, Value output) -> DirectionResult { return runThrough(builder, back, output); }, isEstimate);
  }
};

} // namespace

llvm::SmallVector<LayerOp> buildStages(LayerOp layer) {
  FailureOr<LayerStructure> structure = LayerStructure::propagated(layer);
  if (failed(structure))
    return {};
  Cutter cutter(layer, *structure);
  cutter.findCuts();
  llvm::SmallVector<LayerOp> stages;
  if (cutter.stageCount() > 1)
    for (int64_t k = 0; k < cutter.stageCount(); ++k)
      stages.push_back(cutter.buildStage(k));
  return stages;
}

std::optional<LogicalResult> composeLayer(LayerOp layer, llvm::function_ref<LogicalResult(LayerOp)> derive) {
  llvm::SmallVector<LayerOp> stages = buildStages(layer);
  if (stages.empty())
    return std::nullopt;
  auto model = cast<ModelOp>(layer->getParentOp());
  StagedFunctions exact, estimated;
  bool anyEstimated = false;
  LogicalResult result = success();
  int64_t levels = 0;
  for (LayerOp stage : stages) {
    if (succeeded(result))
      result = derive(stage);
    if (succeeded(result)) {
      levels += stage->getAttrOfType<IntegerAttr>("levels").getInt();
      exact.add(model, stage, [](const std::string &name) { return name; });
      bool isEstimated = model.lookupSymbol(estimatedName(forwardName(stage.getSymName())));
      estimated.add(model, stage, [&](const std::string &name) { return isEstimated ? estimatedName(name) : name; });
      anyEstimated |= isEstimated;
    }
    stage.erase();
  }
  if (succeeded(result)) {
    setLevels(layer, levels);
    result = exact.compose(layer, /*isEstimate=*/false);
    if (anyEstimated)
      result = estimated.compose(layer, /*isEstimate=*/true);
  }
  llvm::SetVector<func::FuncOp> ofStages;
  for (const StagedFunctions *functions : {&exact, &estimated})
    for (func::FuncOp function : llvm::concat<const func::FuncOp>(functions->there, functions->back))
      ofStages.insert(function);
  for (func::FuncOp function : ofStages)
    function.erase();
  return result;
}

} // namespace flowc

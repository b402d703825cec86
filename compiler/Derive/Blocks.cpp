// SPDX-License-Identifier: MIT
//
// Walks from a group's value down to its unknown. At every op, the operands that depend on the unknown decide: one, and the op can
// be undone (or its derivative taken alone); several, and what is left is one formula of one unknown.

#include "compiler/Derive/Blocks.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Prove/Pieces.h"
#include "compiler/Prove/Sign.h"

#include <set>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// A part of a group on its way down: value[elements[k]] depends on x[inputs[k]]; `places` are the part's places in the group.
struct Part {
  Value value;
  llvm::SmallVector<int64_t> elements, inputs, places;
  /// Whether the prover found that the value rises (or falls) with its unknowns.
  std::optional<bool> rises = std::nullopt;
};

/// Moves `part` to `operand`, keeping the entries that `keep` names.
Part subPart(const Part &part, Value operand, llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<int64_t> keep) {
  Part sub{operand, {}, {}, {}, part.rises};
  for (int64_t k : keep) {
    sub.elements.push_back(elements[k]);
    sub.inputs.push_back(part.inputs[k]);
    sub.places.push_back(part.places[k]);
  }
  return sub;
}

/// What the next op makes of a part: parts of its operands if it moves elements; else, for every set of operands that depend on
/// the unknown, the entries for which it is that set.
struct Step {
  llvm::SmallVector<Part> moved;
  llvm::MapVector<uint64_t, llvm::SmallVector<int64_t>> byOperands;
  bool elementwise = false;
};

Step inspect(const LayerStructure &structure, const Part &part) {
  Step step;
  Operation *op = part.value.getDefiningOp();
  auto dependency = cast<DependencyOpInterface>(op);
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  if (dependency.movedFrom(source)) {
    llvm::SmallVector<int64_t> elements;
    llvm::MapVector<unsigned, llvm::SmallVector<int64_t>> byOperand;
    for (auto [k, element] : llvm::enumerate(part.elements)) {
      elements.push_back(source[element].second);
      byOperand[source[element].first].push_back(k);
    }
    for (auto &[operand, keep] : byOperand)
      step.moved.push_back(subPart(part, op->getOperand(operand), elements, keep));
    return step;
  }
  step.elementwise = dependency.isElementwise();
  for (int64_t k = 0; k < static_cast<int64_t>(part.elements.size()); ++k) {
    uint64_t mask = 0;
    for (auto [o, operand] : llvm::enumerate(op->getOperands()))
      if (step.elementwise && structure.depends(operand, part.elements[k], part.inputs[k]))
        mask |= uint64_t(1) << o;
    step.byOperands[mask].push_back(k);
  }
  return step;
}

bool isSingle(uint64_t mask) { return mask && !(mask & (mask - 1)); }

/// Tangents of a part's value by its own unknowns, forward mode.
class TangentBuilder {
public:
  TangentBuilder(Evaluator &known, const Part &part) : known(known), part(part) {}

  /// d value[elements[k]] / d x[part.inputs[k]]; null if zero; failure if the value mixes unknowns of the part.
  FailureOr<Value> of(Value value, llvm::ArrayRef<int64_t> elements) {
    const LayerStructure &structure = known.getStructure();
    bool depends = false;
    for (auto [element, input] : llvm::zip_equal(elements, part.inputs))
      depends |= structure.depends(value, element, input);
    if (!depends)
      return Value();
    if (value == known.getLayer().input())
      return seed(elements);
    Operation *op = value.getDefiningOp();
    auto dependency = cast<DependencyOpInterface>(op);
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    bool moved = dependency.movedFrom(source);
    if (!moved && !dependency.isElementwise())
      return mixed(op);
    if (moved)
      return ofMoved(op, elements, source);
    llvm::SmallVector<Value> operands, tangents;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> tangent = of(operand, elements);
      if (failed(tangent))
        return failure();
      operands.push_back(known.at(operand, elements));
      tangents.push_back(*tangent);
    }
    return differentiable(op).tangent(known.getBuilder(), operands, known.at(value, elements), tangents);
  }

private:
  static DifferentiateOpInterface differentiable(Operation *op) { return cast<DifferentiateOpInterface>(op); }

  Value seed(llvm::ArrayRef<int64_t> elements) {
    llvm::SmallVector<double> ones;
    for (auto [element, input] : llvm::zip_equal(elements, part.inputs))
      ones.push_back(element == input ? 1 : 0);
    auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, known.getBuilder().getF64Type());
    return arith::ConstantOp::create(known.getBuilder(), known.getLayer().getLoc(),
                                     DenseElementsAttr::get(type, llvm::ArrayRef<double>(ones)));
  }

  FailureOr<Value> ofMoved(Operation *op, llvm::ArrayRef<int64_t> elements,
                           llvm::ArrayRef<std::pair<unsigned, int64_t>> source) {
    llvm::SmallVector<int64_t> below;
    for (int64_t element : elements) {
      if (source[element].first != source[elements[0]].first)
        return mixed(op);
      below.push_back(source[element].second);
    }
    FailureOr<Value> tangent = of(op->getOperand(source[elements[0]].first), below);
    if (failed(tangent) || !*tangent || elements.size() > 1)
      return tangent;
    return shapedLike(known.getBuilder(), *tangent, op->getResult(0));
  }

  FailureOr<Value> mixed(Operation *op) {
    return op->emitError("cannot yet solve for an input that passes through this operation [no-inverse-rule]");
  }

  Evaluator &known;
  const Part part;
};

/// Builds what a formula is made of and what does not depend on its unknown, so that no network stands inside of an iteration.
void buildAhead(Evaluator &known, const Part &part, Value value, llvm::ArrayRef<int64_t> elements,
                std::set<std::pair<void *, std::vector<int64_t>>> &seen) {
  if (!seen.insert({value.getAsOpaquePointer(), elements.vec()}).second)
    return;
  const LayerStructure &structure = known.getStructure();
  bool depends = false;
  for (auto [element, input] : llvm::zip_equal(elements, part.inputs))
    depends |= structure.depends(value, element, input);
  if (!depends) {
    known.at(value, elements);
    return;
  }
  Operation *op = value.getDefiningOp();
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  if (!op || cast<DependencyOpInterface>(op).movedFrom(source) || !cast<DependencyOpInterface>(op).isElementwise())
    return;
  for (Value operand : op->getOperands())
    buildAhead(known, part, operand, elements, seen);
}

/// Where the two sides of a comparison are equal, a derivative is what the rule of max, min or `where` chose. If the layer was proved to
/// be a bijection, such points are isolated, and say nothing of monotony.
llvm::SmallVector<prove::Tie> isolatedTies(LayerOp layer, Value derivative) {
  llvm::SmallVector<prove::Tie> ties;
  auto verdict = layer->getAttrOfType<StringAttr>("verdict");
  if (verdict && (verdict.getValue() == "proved" || verdict.getValue() == "assumed"))
    for (Value comparison : prove::comparisonsOf(derivative))
      ties.push_back({comparison.getDefiningOp()->getOperand(0), comparison.getDefiningOp()->getOperand(1)});
  return ties;
}

/// Solves value[elements] = rhs by a root: the formula from the unknown to the value becomes the root's body.
LogicalResult solveByRoot(Evaluator &known, const Part &part, Value rhs, llvm::SmallVectorImpl<SolvedPiece> &solved) {
  LayerOp layer = known.getLayer();
  Location loc = part.value.getLoc();
  Interval domain = known.getStructure().range(layer.input());
  OpBuilder &builder = known.getBuilder();
  std::set<std::pair<void *, std::vector<int64_t>>> seen;
  buildAhead(known, part, part.value, part.elements, seen);
  auto root = RootOp::create(builder, loc, rhs.getType(), rhs, builder.getF64FloatAttr(domain.low),
                             builder.getF64FloatAttr(domain.high), UnitAttr());
  Block *body = new Block;
  root.getBody().push_back(body);
  Value unknown = body->addArgument(rhs.getType(), layer.input().getLoc());

  OpBuilder inside = OpBuilder::atBlockEnd(body);
  Evaluator within = known.within(inside, part.inputs, shapedLike(inside, unknown, layer.input()));
  Value value = within.at(part.value, part.elements);
  FailureOr<Value> derivative = TangentBuilder(within, part).of(part.value, part.elements);
  if (failed(derivative))
    return failure();
  YieldOp::create(inside, loc, {shapedLike(inside, value, unknown), shapedLike(inside, *derivative, unknown)});

  std::optional<prove::ProvenSign> sign;
  if (part.rises)
    sign = {*part.rises, prove::Method::Intervals};
  else
    sign = prove::proveSign(*derivative, unknown, {{unknown, domain}}, isolatedTies(layer, *derivative));
  if (!sign)
    return layer.emitError("cannot prove that `")
           << layer.getLayerType() << "` is increasing or decreasing [not-monotone]";
  if (!sign->positive)
    root.setDecreasing(true);
  // What does not depend on the unknown is computed once, not in every step of the iteration.
  for (Operation &op : llvm::make_early_inc_range(body->without_terminator()))
    if (llvm::none_of(op.getOperands(), [&](Value v) { return v.getParentBlock() == body; }))
      op.moveBefore(root);
  solved.push_back({part.inputs, shapedLike(builder, root.getResult(), layer.input())});
  return success();
}

/// A right side in the shape of the part's value, where that is one number.
Value shaped(OpBuilder &builder, Value rhs, const Part &part) {
  return part.elements.size() == 1 && elementCount(part.value) == 1 ? shapedLike(builder, rhs, part.value) : rhs;
}

LogicalResult solvePart(Evaluator &known, Part part, Value rhs, llvm::SmallVectorImpl<SolvedPiece> &solved) {
  OpBuilder &builder = known.getBuilder();
  if (part.value == known.getLayer().input()) {
    solved.push_back({part.inputs, rhs});
    return success();
  }
  Operation *op = part.value.getDefiningOp();
  Step step = inspect(known.getStructure(), part);
  llvm::DenseMap<int64_t, int64_t> rowOf;
  for (auto [row, place] : llvm::enumerate(part.places))
    rowOf[place] = row;
  auto restrict = [&](const Part &sub) {
    llvm::SmallVector<int64_t> rows;
    for (int64_t place : sub.places)
      rows.push_back(rowOf[place]);
    return extractElements(builder, op->getLoc(), rhs, rows);
  };
  for (Part &sub : step.moved)
    if (failed(solvePart(known, sub, shaped(builder, restrict(sub), sub), solved)))
      return failure();
  for (auto &[mask, keep] : step.byOperands) {
    Part here = subPart(part, part.value, part.elements, keep);
    Value target = restrict(here), operandValue;
    unsigned unknown = llvm::countr_zero(mask);
    if (isSingle(mask)) {
      llvm::SmallVector<Value> operands;
      llvm::SmallVector<Interval> ranges;
      for (auto [o, operand] : llvm::enumerate(op->getOperands())) {
        operands.push_back(o == unknown ? Value() : known.at(operand, here.elements));
        ranges.push_back(known.getStructure().range(operand));
      }
      if (auto solvable = dyn_cast<SolveOpInterface>(op))
        operandValue = solvable.solve(builder, unknown, target, operands, ranges);
    }
    if (!operandValue) {
      if (failed(solveByRoot(known, here, target, solved)))
        return failure();
      continue;
    }
    Part next = here;
    next.value = op->getOperand(unknown);
    next.rises.reset();
    if (failed(solvePart(known, next, operandValue, solved)))
      return failure();
  }
  return success();
}

LogicalResult logPart(Evaluator &known, const Part &part, llvm::SmallVectorImpl<Value> &terms) {
  if (part.value == known.getLayer().input())
    return success();
  Operation *op = part.value.getDefiningOp();
  Step step = inspect(known.getStructure(), part);
  for (const Part &sub : step.moved)
    if (failed(logPart(known, sub, terms)))
      return failure();
  for (auto &[mask, keep] : step.byOperands) {
    Part here = subPart(part, part.value, part.elements, keep);
    unsigned unknown = llvm::countr_zero(mask);
    Value logarithm;
    if (isSingle(mask)) {
      llvm::SmallVector<Value> operands;
      for (Value operand : op->getOperands())
        operands.push_back(known.at(operand, here.elements));
      logarithm = cast<DifferentiateOpInterface>(op).logDerivative(known.getBuilder(), unknown, operands,
                                                                   known.at(part.value, here.elements));
    }
    if (!logarithm) {
      FailureOr<Value> tangent = TangentBuilder(known, here).of(part.value, here.elements);
      if (failed(tangent))
        return failure();
      Expr slope(known.getBuilder(), op->getLoc(), *tangent);
      terms.push_back(log(abs(slope)));
      continue;
    }
    terms.push_back(logarithm);
    Part next = here;
    next.value = op->getOperand(unknown);
    if (failed(logPart(known, next, terms)))
      return failure();
  }
  return success();
}

Part wholeGroup(const BlockGroup &group) {
  return {group.value, group.elements, group.inputs, allElements(group.elements.size())};
}

} // namespace

LogicalResult solveGroup(Evaluator &known, const BlockGroup &group, Value rhs,
                         llvm::SmallVectorImpl<SolvedPiece> &solved) {
  Part part = wholeGroup(group);
  auto rises = known.getLayer()->getAttrOfType<DenseI8ArrayAttr>("rises");
  if (rises && !rises.empty() && llvm::all_of(group.outputs, [&](int64_t output) { return rises[output] == rises[group.outputs[0]]; }) &&
      rises[group.outputs[0]] >= 0)
    part.rises = rises[group.outputs[0]] == 1;
  return solvePart(known, part, shaped(known.getBuilder(), rhs, part), solved);
}

LogicalResult logDerivatives(Evaluator &known, const BlockGroup &group, llvm::SmallVectorImpl<Value> &terms) {
  return logPart(known, wholeGroup(group), terms);
}

FailureOr<Value> groupSlope(Evaluator &known, const BlockGroup &group) {
  return TangentBuilder(known, wholeGroup(group)).of(group.value, group.elements);
}

} // namespace flowc

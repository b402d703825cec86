// SPDX-License-Identifier: MIT
//
// Walks from a group's value down to its unknown. At every op, the operands that depend on the unknown decide: one, and the op can
// be undone (or its derivative taken alone); several, and what is left is one formula of one unknown.

#include "compiler/Derive/Blocks.h"

#include "compiler/Derive/Inline.h"
#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Prove/Direction.h"

#include "mlir/IR/IRMapping.h"

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
  explicit TangentBuilder(Evaluator &known) : known(known) {}

  /// d value[elements[k]] / d x[inputs[k]]; null if zero; failure if the value mixes unknowns.
  FailureOr<Value> of(Value value, llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<int64_t> inputs) {
    const LayerStructure &structure = known.getStructure();
    bool depends = false;
    for (auto [element, input] : llvm::zip_equal(elements, inputs))
      depends |= structure.depends(value, element, input);
    if (!depends)
      return Value();
    if (value == known.getLayer().input())
      return seed(elements, inputs);
    Operation *op = value.getDefiningOp();
    auto dependency = cast<DependencyOpInterface>(op);
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    if (dependency.movedFrom(source))
      return ofMoved(op, elements, inputs, source);
    if (!dependency.isElementwise())
      return op->emitError("cannot yet solve for an input that passes through this operation [no-inverse-rule]");
    llvm::SmallVector<Value> operands, tangents;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> tangent = of(operand, elements, inputs);
      if (failed(tangent))
        return failure();
      operands.push_back(known.at(operand, elements));
      tangents.push_back(*tangent);
    }
    Value result = known.at(value, elements);
    auto rule = cast<DifferentiateOpInterface>(op);
    OpBuilder &builder = known.getBuilder();
    return unnamed(builder, known.getLayer().getLoc(), [&] { return rule.tangent(builder, operands, result, tangents); });
  }

private:
  Value seed(llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<int64_t> inputs) {
    llvm::SmallVector<double> ones;
    for (auto [element, input] : llvm::zip_equal(elements, inputs))
      ones.push_back(element == input ? 1 : 0);
    return arith::ConstantOp::create(known.getBuilder(), known.getLayer().getLoc(),
                                     DenseElementsAttr::get(vectorOf(elements.size()), llvm::ArrayRef<double>(ones)));
  }

  /// Operand by operand, then together again.
  FailureOr<Value> ofMoved(Operation *op, llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<int64_t> inputs,
                           llvm::ArrayRef<std::pair<unsigned, int64_t>> source) {
    struct Taken {
      llvm::SmallVector<int64_t> elements, inputs, places;
    };
    OpBuilder &builder = known.getBuilder();
    llvm::MapVector<unsigned, Taken> byOperand;
    for (auto [place, element, input] : llvm::enumerate(elements, inputs)) {
      Taken &taken = byOperand[source[element].first];
      taken.elements.push_back(source[element].second);
      taken.inputs.push_back(input);
      taken.places.push_back(place);
    }
    llvm::SmallVector<Value> pieces;
    llvm::SmallVector<llvm::SmallVector<int64_t>> places;
    for (auto &[operand, taken] : byOperand) {
      FailureOr<Value> tangent = of(op->getOperand(operand), taken.elements, taken.inputs);
      if (failed(tangent))
        return failure();
      if (byOperand.size() == 1)
        return *tangent && elements.size() == 1 ? shapedLike(builder, *tangent, op->getResult(0)) : *tangent;
      Value zero = constantOf(builder, op->getLoc(), vectorOf(taken.elements.size()), 0);
      pieces.push_back(*tangent ? shapedLike(builder, *tangent, zero) : zero);
      places.push_back(taken.places);
    }
    return mergePieces(builder, op->getLoc(), builder.getF64Type(), elements.size(), pieces, places);
  }

  RankedTensorType vectorOf(int64_t size) { return RankedTensorType::get({size}, known.getBuilder().getF64Type()); }

  Evaluator &known;
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

/// A root whose formula has one slope and no branches needs no search: f(t) = f(0) + f' t. Replaces it; null if it is another.
Value solveLine(OpBuilder &builder, RootOp root) {
  Block &body = root.getBody().front();
  Operation *end = body.getTerminator();
  llvm::DenseSet<Value> onUnknown{body.getArgument(0)};
  for (Operation &op : body.without_terminator()) {
    if (llvm::none_of(op.getOperands(), [&](Value v) { return onUnknown.contains(v); }))
      continue;
    onUnknown.insert(op.getResult(0));
    if (!isa<FloatType>(getElementTypeOrSelf(op.getResult(0).getType())))
      return {};
  }
  if (onUnknown.contains(end->getOperand(1)))
    return {};
  IRMapping mapping;
  Location loc = root.getLoc();
  mapping.map(body.getArgument(0), constantOf(builder, loc, root.getTarget().getType(), 0));
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  Expr target(builder, loc, root.getTarget()), atZero(builder, loc, mapping.lookupOrDefault(end->getOperand(0)));
  Value found = (target - atZero) / Expr(builder, loc, mapping.lookupOrDefault(end->getOperand(1)));
  root.erase();
  return found;
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
  FailureOr<Value> derivative = TangentBuilder(within).of(part.value, part.elements, part.inputs);
  if (failed(derivative))
    return failure();
  YieldOp::create(inside, loc, {shapedLike(inside, value, unknown), shapedLike(inside, *derivative, unknown)});

  std::optional<bool> increasing = part.rises;
  if (!increasing)
    increasing = prove::proveDirection(layer, known.getStructure(), part.value, part.elements, part.inputs);
  if (!increasing)
    return layer.emitError("cannot prove that `")
           << layer.getLayerType() << "` is increasing or decreasing [not-monotone]";
  if (Value line = solveLine(builder, root)) {
    solved.push_back({part.inputs, shapedLike(builder, line, layer.input())});
    return success();
  }
  if (!*increasing)
    root.setDecreasing(true);
  hoistInvariants(root);
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
    std::optional<bool> rises;
    unsigned unknown = llvm::countr_zero(mask);
    if (isSingle(mask)) {
      llvm::SmallVector<Value> operands;
      llvm::SmallVector<Interval> ranges;
      for (auto [o, operand] : llvm::enumerate(op->getOperands())) {
        operands.push_back(o == unknown ? Value() : known.at(operand, here.elements));
        ranges.push_back(known.getStructure().range(operand));
      }
      if (auto solvable = dyn_cast<SolveOpInterface>(op)) {
        operandValue = solvable.solve(builder, unknown, target, operands, ranges);
        rises = solvable.rises(unknown, ranges);
      }
    }
    if (!operandValue) {
      if (failed(solveByRoot(known, here, target, solved)))
        return failure();
      continue;
    }
    Part next = here;
    next.value = op->getOperand(unknown);
    next.rises = here.rises && rises ? std::optional(*here.rises == *rises) : std::nullopt;
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
      Value result = known.at(part.value, here.elements);
      auto rule = cast<DifferentiateOpInterface>(op);
      OpBuilder &builder = known.getBuilder();
      logarithm = unnamed(builder, known.getLayer().getLoc(), [&] { return rule.logDerivative(builder, unknown, operands, result); });
    }
    if (!logarithm) {
      FailureOr<Value> tangent = TangentBuilder(known).of(part.value, here.elements, here.inputs);
      if (failed(tangent))
        return failure();
      Expr slope(known.getBuilder(), known.getLayer().getLoc(), *tangent);
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
  return TangentBuilder(known).of(group.value, group.elements, group.inputs);
}

} // namespace flowc

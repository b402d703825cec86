// SPDX-License-Identifier: MIT
//
// Tearing, and the determinant lemma. Let s = S(x) be a number computed on the way, and y = F(x, s) what the layer is
// with s held.
//
// Inverse. With s held the structure peels, x = X(y, s); then s is the root of t = S(X(y, t)). The equation is
// simplified until it speaks of numbers only, and what depends on y is isolated: g(t) = c(y). If g is linear that is a
// closed form; else it is a flow.root, for which g must be shown to be strictly monotone.
//
// Log-determinant. dy/dx = A + B C with A = dF/dx (triangular, like the structure), B = dF/ds, C = dS/dx, so that
// det(dy/dx) = det(A) (1 + C A^-1 B). A^-1 B is minus the direction v in which x moves with s when y stays: level by
// level, the part of v that keeps that level's outputs where they are. The factor is 1 - C v.

#include "compiler/Derive/Algebra.h"
#include "compiler/Derive/Blocks.h"
#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Inline.h"
#include "compiler/Derive/Rules.h"
#include "compiler/Derive/Separate.h"
#include "compiler/Derive/Simplify.h"
#include "compiler/Derive/Tangents.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Prove/Sign.h"

#include "mlir/IR/Dominance.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

bool isScalar(Value value) { return cast<RankedTensorType>(value.getType()).getRank() == 0; }

/// What is computed from `from`, in a block.
llvm::DenseSet<Value> reachedFrom(Value from, Block &block) {
  llvm::DenseSet<Value> reached{from};
  for (Operation &op : block.without_terminator())
    if (llvm::any_of(op.getOperands(), [&](Value v) { return reached.contains(v); }))
      reached.insert(op.getResults().begin(), op.getResults().end());
  return reached;
}

bool isNamed(Value value) { return isa<NameLoc>(value.getLoc()); }

std::string nameOf(Value value) {
  return isNamed(value) ? ("`" + cast<NameLoc>(value.getLoc()).getName().getValue() + "`").str() : "a number";
}

/// Equal values become one, after the rules of simplification if they are asked for.
void cleanUp(func::FuncOp function, bool simplify) {
  if (simplify) {
    RewritePatternSet patterns(function.getContext());
    populateAllPatterns(patterns);
    populateSumPatterns(patterns);
    (void)applyPatternsGreedily(function, std::move(patterns));
  }
  IRRewriter rewriter(function.getContext());
  DominanceInfo dominance(function);
  eliminateCommonSubExpressions(rewriter, dominance, function);
}

/// The equation g(t) = c(y) whose root is the torn number.
class Equation {
public:
  Equation(LayerOp layer, Value held, const LayerStructure &structure)
      : layer(layer), held(held), structure(structure), range(structure.range(held)) {}
  ~Equation() {
    if (function)
      function.erase();
  }

  /// Builds it; fails, with a report, if it is not one of numbers alone or may have several roots.
  LogicalResult build() {
    OpBuilder builder(layer->getContext());
    builder.setInsertionPointAfter(layer);
    Type vector = layer.input().getType(), scalar = held.getType();
    function = func::FuncOp::create(builder, held.getLoc(), (layer.getSymName() + ".equation").str(),
                                    builder.getFunctionType({vector, scalar}, {scalar, scalar, scalar}));
    Block *entry = function.addEntryBlock();
    entry->getArgument(1).setLoc(held.getLoc());
    builder.setInsertionPointToEnd(entry);
    Value unknown = withRange(builder, entry->getArgument(1)), target;
    Evaluator known(builder, layer, structure);
    known.give(held, unknown);
    if (failed(solveLevels(known, entry->getArgument(0))))
      return failure();
    Value again = evaluate(known, held.getDefiningOp());
    auto end = func::ReturnOp::create(builder, held.getLoc(), ValueRange{unknown, again, again});
    // The user's names are for the values at the root, not for what they are on the way there.
    for (BlockArgument argument : entry->getArguments())
      for (Value value : reachedFrom(argument, *entry))
        if (Operation *op = value.getDefiningOp())
          op->setLoc(layer.getLoc());
    cleanUp(function, /*simplify=*/false);
    separateSums(function, entry->getArgument(1));
    cleanUp(function, /*simplify=*/true);

    builder.setInsertionPoint(end);
    Value left = end->getOperand(0);
    std::tie(left, target) = isolate(builder, left, end->getOperand(1));
    auto itself = [](Value v) { return v; };
    Value one = constantOf(builder, held.getLoc(), scalar, 1);
    FailureOr<Value> derivative = Tangents(builder, itself, {{entry->getArgument(1), one}}).of(left);
    if (failed(derivative))
      return failure();
    if (!*derivative)
      return layer.emitError("`") << layer.getLayerType() << "` has no inverse: " << nameOf(held)
                                  << " does not change with its output [not-monotone]";
    end->setOperands({left, target, *derivative});
    cleanUp(function, /*simplify=*/true);
    return check();
  }

  /// The torn number, given the layer's output.
  Value solve(OpBuilder &builder, Value output) {
    Block &block = function.getBody().front();
    IRMapping mapping;
    mapping.map(block.getArgument(0), output);
    Value target = cloneSlice(builder, end().getOperand(1), mapping);
    if (!reachedFrom(block.getArgument(1), block).contains(end().getOperand(2))) {
      // g(t) = g(0) + g' t.
      mapping.map(block.getArgument(1), static_cast<Value>(constantOf(builder, held.getLoc(), held.getType(), 0)));
      Expr atZero(builder, layer.getLoc(), cloneSlice(builder, end().getOperand(0), mapping));
      Expr right(builder, layer.getLoc(), target);
      return (right - atZero) / Expr(builder, held.getLoc(), cloneSlice(builder, end().getOperand(2), mapping));
    }
    auto root = RootOp::create(builder, held.getLoc(), held.getType(), target, builder.getF64FloatAttr(range.low),
                               builder.getF64FloatAttr(range.high), decreasing ? builder.getUnitAttr() : UnitAttr());
    Block *body = new Block;
    root.getBody().push_back(body);
    mapping.map(block.getArgument(1), body->addArgument(held.getType(), held.getLoc()));
    OpBuilder inside = OpBuilder::atBlockEnd(body);
    llvm::SmallVector<Value> yielded;
    for (unsigned k : {0, 2})
      yielded.push_back(cloneSlice(inside, end().getOperand(k), mapping));
    YieldOp::create(inside, held.getLoc(), yielded);
    hoistInvariants(root);
    return withRange(builder, root.getResult());
  }

  /// The op's result from what its operands are.
  static Value evaluate(Evaluator &known, Operation *op) {
    llvm::SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(known.all(operand));
    return known.clone(op, operands, op->getResult(0).getType());
  }

private:
  func::ReturnOp end() { return cast<func::ReturnOp>(function.getBody().front().getTerminator()); }

  Value withRange(OpBuilder &builder, Value value) {
    if (range == Interval::all())
      return value;
    return ConstrainedOp::create(builder, layer.getLoc(), value.getType(), value, builder.getF64FloatAttr(range.low),
                                 builder.getF64FloatAttr(range.high), builder.getBoolAttr(range.lowOpen),
                                 builder.getBoolAttr(range.highOpen));
  }

  /// From left = right, where the left side does not depend on y: undoes the right side from the outside in, as far as
  /// one operand alone depends on y.
  std::pair<Value, Value> isolate(OpBuilder &builder, Value left, Value right) {
    Block &block = function.getBody().front();
    auto onOutput = reachedFrom(block.getArgument(0), block), onUnknown = reachedFrom(block.getArgument(1), block);
    llvm::DenseMap<Value, Interval> given{{block.getArgument(1), range}};
    while (onUnknown.contains(right) && right.getDefiningOp()) {
      Operation *op = right.getDefiningOp();
      llvm::SmallVector<Value> operands(op->getOperands());
      llvm::SmallVector<Interval> ranges;
      int64_t unknown = -1;
      for (auto [k, operand] : llvm::enumerate(operands)) {
        ranges.push_back(inferRange(operand, given));
        if (onOutput.contains(operand))
          unknown = unknown == -1 ? int64_t(k) : int64_t(operands.size());
      }
      auto rule = dyn_cast<SolveOpInterface>(op);
      if (!rule || unknown < 0 || unknown >= int64_t(operands.size()))
        break;
      Value next = operands[unknown];
      operands[unknown] = {};
      Value undone = isScalar(next) ? rule.solve(builder, unknown, left, operands, ranges) : Value();
      if (!undone)
        break;
      undone.getDefiningOp()->setLoc(layer.getLoc());
      left = undone;
      right = next;
    }
    onUnknown = reachedFrom(block.getArgument(1), block);
    if (onUnknown.contains(right)) {
      left = Expr(builder, layer.getLoc(), left) - Expr(builder, layer.getLoc(), right);
      right = constantOf(builder, layer.getLoc(), held.getType(), 0);
      onUnknown.insert(left);
    }
    return {moveKnownTerms(builder, left, right, onUnknown), right};
  }

  /// Subtracts from both sides the terms of the left one that do not depend on the unknown: returns what is left there.
  Value moveKnownTerms(OpBuilder &builder, Value left, Value &right, const llvm::DenseSet<Value> &onUnknown) {
    Operation *op = left.getDefiningOp();
    if (!isa_and_nonnull<arith::AddFOp, arith::SubFOp>(op))
      return left;
    bool minus = isa<arith::SubFOp>(op);
    Expr side(builder, layer.getLoc(), right);
    for (unsigned k : {0, 1}) {
      Expr term(builder, layer.getLoc(), op->getOperand(k)), other(builder, layer.getLoc(), op->getOperand(1 - k));
      if (onUnknown.contains(term))
        continue;
      right = minus && k == 1 ? side + term : side - term;
      return minus && k == 0 ? -other : moveKnownTerms(builder, other, right, onUnknown);
    }
    if (minus)
      return left;
    Value first = moveKnownTerms(builder, op->getOperand(0), right, onUnknown);
    Value second = moveKnownTerms(builder, op->getOperand(1), right, onUnknown);
    return Expr(builder, layer.getLoc(), first) + Expr(builder, layer.getLoc(), second);
  }

  LogicalResult check() {
    Block &block = function.getBody().front();
    for (Value value : reachedFrom(block.getArgument(1), block))
      if (!isScalar(value))
        return layer.emitError("`") << layer.getLayerType() << "` is coupled through " << nameOf(held)
                                    << ", but the equation for it does not reduce to one of numbers [not-triangular]";
    Algebra algebra({{block.getArgument(1), range}});
    Value derivative = end().getOperand(2);
    if (auto constant = algebra.constant(derivative); constant && *constant != 0) {
      OpBuilder builder(end());
      end().setOperand(2, constantOf(builder, held.getLoc(), held.getType(), *constant));
      decreasing = *constant < 0;
      return success();
    }
    int sign = algebra.sign(derivative);
    decreasing = sign < 0;
    if (sign != 0)
      return success();
    if (auto proved = prove::proveSign(derivative, block.getArgument(1), {{block.getArgument(1), range}})) {
      decreasing = !proved->positive;
      return success();
    }
    InFlightDiagnostic report = layer.emitError("cannot prove that `")
                                << layer.getLayerType() << "` has an inverse: its outputs are coupled through " << nameOf(held)
                                << ", and the equation for it may have several solutions [not-monotone]";
    report.attachNote(held.getLoc()) << "with " << nameOf(held) << " known, every input follows from the output";
    return report;
  }

  LayerOp layer;
  Value held;
  const LayerStructure &structure;
  Interval range;
  bool decreasing = false;
  /// (y, t) to (g(t), c(y), g'(t)).
  func::FuncOp function;
};

/// 1 - C v, all inputs being known; null if it is 1.
FailureOr<Value> lemmaFactor(Evaluator &known, Value held) {
  OpBuilder &builder = known.getBuilder();
  LayerOp layer = known.getLayer();
  auto at = [&](Value value) { return known.all(value); };
  Value one = constantOf(builder, held.getLoc(), held.getType(), 1), moving;
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<Attribute> indices;
  for (const auto &level : known.getStructure().levels()) {
    for (const BlockGroup &group : level) {
      if (group.value == layer.input())
        continue;
      FailureOr<Value> drift = Tangents(builder, at, {{layer.input(), moving}, {held, one}}).of(group.value);
      FailureOr<Value> slope = groupSlope(known, group);
      if (failed(drift) || failed(slope))
        return failure();
      if (!*drift)
        continue;
      Location loc = group.value.getLoc();
      Value taken = shapedLike(builder, extractElements(builder, loc, *drift, group.elements), layer.input());
      Value scale = shapedLike(builder, *slope, layer.input());
      pieces.push_back(-(Expr(builder, loc, taken) / Expr(builder, loc, scale)));
      indices.push_back(builder.getDenseI64ArrayAttr(group.inputs));
    }
    if (pieces.size() == 1 && llvm::equal(cast<DenseI64ArrayAttr>(indices[0]).asArrayRef(), allElements(elementCount(layer.input()))))
      moving = pieces[0];
    else if (!pieces.empty())
      moving = MergeOp::create(builder, layer.getLoc(), layer.input().getType(), pieces, builder.getArrayAttr(indices));
  }
  FailureOr<Value> change = Tangents(builder, at, {{layer.input(), moving}}).through(held.getDefiningOp());
  if (failed(change) || !*change)
    return change;
  return Value(1.0 - Expr(builder, layer.getLoc(), *change));
}

/// log|det A| + log|1 - C v|. `proved` tells whether the sign of the second term's argument shows.
FailureOr<Value> tornLogDeterminant(Evaluator &known, Value held, bool &proved) {
  OpBuilder &builder = known.getBuilder();
  Location loc = known.getLayer().getLoc();
  FailureOr<Value> diagonal = logDeterminant(known);
  if (failed(diagonal))
    return failure();
  Operation *before = static_cast<Value>(*diagonal).getDefiningOp();
  FailureOr<Value> factor = lemmaFactor(known, held);
  // How a value moves is not what the user has given a name.
  for (Operation *op = before; op; op = op->getNextNode())
    op->setLoc(loc);
  proved = succeeded(factor) && (!*factor || Algebra().sign(*factor) != 0);
  if (failed(factor) || !*factor)
    return succeeded(factor) ? diagonal : factor;
  Expr value(builder, loc, *factor), sum(builder, loc, *diagonal);
  if (auto constant = Algebra().constant(*factor))
    value = value.constant(*constant);
  return Value(sum + log(abs(value)));
}

/// Leaves what a person would have written: simplified until equal values have met, and without bars where the lemma's factor has
/// one sign.
void tidy(func::FuncOp function) {
  constexpr int kRounds = 3;
  for (int k = 0; k < kRounds; ++k)
    cleanUp(function, /*simplify=*/true);
  for (auto absolute : llvm::to_vector(function.getOps<math::AbsFOp>())) {
    int sign = isScalar(absolute.getResult()) ? Algebra().sign(absolute.getOperand()) : 0;
    OpBuilder builder(absolute);
    Expr operand(builder, absolute.getLoc(), absolute.getOperand());
    if (sign != 0)
      absolute.getResult().replaceAllUsesWith(sign > 0 ? operand : -operand);
  }
}

/// The number as the input gives it, everything else from it.
Evaluator evaluatorAt(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value input) {
  Evaluator known(builder, layer, structure);
  known.define(allElements(elementCount(input)), input);
  known.give(held, Equation::evaluate(known, held.getDefiningOp()));
  return known;
}

DirectionResult applyTorn(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value input) {
  Evaluator known = evaluatorAt(layer, held, structure, builder, input);
  Value output = known.all(layer.output());
  bool proved = false;
  FailureOr<Value> logDet = tornLogDeterminant(known, held, proved);
  if (failed(logDet))
    return failure();
  return std::make_pair(output, *logDet);
}

DirectionResult invertTorn(LayerOp layer, Value held, const LayerStructure &structure, OpBuilder &builder, Value output) {
  Equation equation(layer, held, structure);
  if (failed(equation.build()))
    return failure();
  Evaluator known(builder, layer, structure);
  known.give(held, equation.solve(builder, output));
  if (failed(solveLevels(known, output)))
    return failure();
  Value input = known.all(layer.input());
  bool proved = false;
  FailureOr<Value> logDet = tornLogDeterminant(known, held, proved);
  if (succeeded(logDet) && !proved) {
    // How the number is made of the input may matter (a norm and its square): it is not taken from the root then.
    Evaluator again = evaluatorAt(layer, held, structure, builder, input);
    logDet = tornLogDeterminant(again, held, proved);
  }
  if (failed(logDet))
    return failure();
  return std::make_pair(input, (Value)arith::NegFOp::create(builder, layer.getLoc(), *logDet));
}

/// The numbers on the way from the input to the output: those that may be anything first, of these the last computed
/// first. (A number that is already squashed makes a worse equation than what was squashed.)
llvm::SmallVector<Value> candidates(LayerOp layer, const LayerStructure &structure) {
  llvm::SmallVector<Value> found;
  llvm::SetVector<Operation *> ops = neededOps(layer);
  for (Operation *op : llvm::reverse(ops))
    if (op->getNumResults() && isa<FloatType>(getElementTypeOrSelf(op->getResult(0).getType())) && isScalar(op->getResult(0)) &&
        !structure.isUniform(op->getResult(0)))
      found.push_back(op->getResult(0));
  llvm::stable_sort(found,
                    [&](Value a, Value b) { return structure.range(a) == Interval::all() && structure.range(b) != Interval::all(); });
  return found;
}

} // namespace

std::optional<LogicalResult> tearLayer(LayerOp layer) {
  MLIRContext *context = layer->getContext();
  FailureOr<LayerStructure> whole = LayerStructure::propagated(layer);
  if (failed(whole))
    return failure();
  std::vector<Diagnostic> ignored, whyNot;
  bool named = false;
  for (Value held : candidates(layer, *whole)) {
    FailureOr<LayerStructure> structure = failure();
    if (failed(quietly(context, ignored, [&] { return structure = LayerStructure::analyze(layer, held), structure; })))
      continue;
    std::vector<Diagnostic> reports;
    LogicalResult derived = quietly(context, reports, [&] {
      return buildDirections(
          layer, [&](OpBuilder &builder, Value input) { return applyTorn(layer, held, *structure, builder, input); },
          [&](OpBuilder &builder, Value output) { return invertTorn(layer, held, *structure, builder, output); });
    });
    if (succeeded(derived)) {
      for (const std::string &name : {forwardName(layer.getSymName()), inverseName(layer.getSymName())})
        tidy(cast<func::FuncOp>(cast<ModelOp>(layer->getParentOp()).lookupSymbol(name)));
      setLevels(layer, structure->levels().size() + 1);
      return success();
    }
    // What the user has given a name says more.
    if (whyNot.empty() || (isNamed(held) && !named)) {
      whyNot = std::move(reports);
      named = isNamed(held);
    }
  }
  if (whyNot.empty())
    return std::nullopt;
  for (Diagnostic &diagnostic : whyNot)
    context->getDiagEngine().emit(std::move(diagnostic));
  return failure();
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/TornEquation.h"

#include "compiler/Derive/Algebra.h"
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

/// What is computed from `from`, in a block.
llvm::DenseSet<Value> reachedFrom(Value from, Block &block) {
  llvm::DenseSet<Value> reached{from};
  for (Operation &op : block.without_terminator())
    if (llvm::any_of(op.getOperands(), [&](Value v) { return reached.contains(v); }))
      reached.insert(op.getResults().begin(), op.getResults().end());
  return reached;
}

std::string nameOf(Value value) {
  return isNamed(value) ? ("`" + cast<NameLoc>(value.getLoc()).getName().getValue() + "`").str() : "a number";
}

} // namespace

bool isScalar(Value value) { return cast<RankedTensorType>(value.getType()).getRank() == 0; }

bool isNamed(Value value) { return isa<NameLoc>(value.getLoc()); }

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

Value evaluateOnce(Evaluator &known, Operation *op) {
  llvm::SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(known.all(operand));
  return known.clone(op, operands, op->getResult(0).getType());
}

TornEquation::~TornEquation() {
  if (function)
    function.erase();
}

LogicalResult TornEquation::build() {
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
  Value again = evaluateOnce(known, held.getDefiningOp());
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

Value TornEquation::solve(OpBuilder &builder, Value output) {
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

Value TornEquation::withRange(OpBuilder &builder, Value value) {
  if (range == Interval::all())
    return value;
  return ConstrainedOp::create(builder, layer.getLoc(), value.getType(), value, builder.getF64FloatAttr(range.low),
                               builder.getF64FloatAttr(range.high), builder.getBoolAttr(range.lowOpen),
                               builder.getBoolAttr(range.highOpen));
}

/// From left = right, where the left side does not depend on y: undoes the right side from the outside in, as far as
/// one operand alone depends on y.
std::pair<Value, Value> TornEquation::isolate(OpBuilder &builder, Value left, Value right) {
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
Value TornEquation::moveKnownTerms(OpBuilder &builder, Value left, Value &right, const llvm::DenseSet<Value> &onUnknown) {
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

LogicalResult TornEquation::check() {
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

LayerOp TornEquation::asLayer() {
  OpBuilder builder(layer->getContext());
  builder.setInsertionPointAfter(layer);
  std::string name = (layer.getSymName() + ".equation").str();
  auto vector = RankedTensorType::get({1}, builder.getF64Type());
  Block &block = function.getBody().front();
  Value left = end().getOperand(0);
  bool seesOutput = reachedFrom(block.getArgument(0), block).contains(left);
  if (seesOutput)
    ParameterOp::create(builder, layer.getLoc(), outputName(layer), layer.input().getType(), builder.getDictionaryAttr({}),
                        /*frozen=*/false);
  auto result = LayerOp::create(builder, layer.getLoc(), name, layer.getLayerType(), false, false, FloatAttr(), FloatAttr());
  Block *body = builder.createBlock(&result.getBody(), {}, vector, held.getLoc());
  builder.setInsertionPointToEnd(body);
  IRMapping mapping;
  if (seesOutput)
    mapping.map(block.getArgument(0), ReadOp::create(builder, layer.getLoc(), layer.input().getType(), outputName(layer)).getResult());
  mapping.map(block.getArgument(1), SumOp::create(builder, held.getLoc(), held.getType(), body->getArgument(0)).getResult());
  left = cloneSlice(builder, left, mapping);
  ReturnOp::create(builder, layer.getLoc(), SplatOp::create(builder, layer.getLoc(), vector, left).getResult());
  return result;
}

Interval TornEquation::targetRange() {
  llvm::DenseMap<Value, Interval> given;
  Interval range = inferRange(end().getOperand(1), given);
  // Nobody maps onto a number; what maps onto all numbers has it.
  return range.low == range.high ? Interval::all() : range;
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// Straight-line reverse mode over DifferentiateOpInterface. Roots are differentiated by the implicit function theorem: one Newton
// step is written out behind each,
//     x = detach(t) - (f(detach(t)) - y) / detach(f'(t)),
// whose value is t and whose derivative is that of the root; the iteration itself is never entered. Fixed points likewise, by one solve,
//     x = t + (1 - F'(t))^-1 (F(t) - t) with t and the matrix detached.
// The power series of a log-determinant is differentiated by the one of its derivative, whose terms it has gathered (flow.log_det_series).

#include "compiler/Stage/Differentiate.h"

#include "compiler/Derive/Tangents.h"
#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/MatrixOps.h"
#include "compiler/Stage/Segments.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

void exposeRoot(RootOp root) {
  OpBuilder builder(root->getContext());
  builder.setInsertionPointAfter(root);
  Location loc = root.getLoc();
  auto detach = [&](Value value) { return Expr(builder, loc, DetachOp::create(builder, loc, value.getType(), value)); };
  Expr found = detach(root.getResult());
  Block &body = root.getBody().front();
  IRMapping mapping;
  mapping.map(body.getArgument(0), static_cast<Value>(found));
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  auto yielded = cast<YieldOp>(body.getTerminator()).getValues();
  Expr value(builder, loc, mapping.lookupOrDefault(yielded[0])), target(builder, loc, root.getTarget());
  Value step = found - (value - target) / detach(mapping.lookupOrDefault(yielded[1]));
  llvm::SmallPtrSet<Operation *, 1> keep{static_cast<Value>(found).getDefiningOp()};
  root.getResult().replaceAllUsesExcept(step, keep);
}

/// Writes out what the body computes from `argument`.
Value cloneBody(OpBuilder &builder, Block &body, Value argument, IRMapping &mapping) {
  mapping.map(body.getArgument(0), argument);
  for (Operation &op : body.without_terminator())
    builder.clone(op, mapping);
  return mapping.lookupOrDefault(body.getTerminator()->getOperand(0));
}

/// The value of the sum stays; its derivative is that of v . J w, with v and w held.
void exposeSeries(LogDetSeriesOp series) {
  OpBuilder builder(series->getContext());
  builder.setInsertionPointAfter(series);
  Location loc = series.getLoc();
  Type vector = series.getProbe().getType();
  int64_t size = elementCount(series.getProbe());
  auto number = RankedTensorType::get({1}, builder.getF64Type()), scalar = RankedTensorType::get({}, builder.getF64Type());
  auto detach = [&](Value value) { return DetachOp::create(builder, loc, value.getType(), value).getResult(); };
  Value found = detach(series);
  Value solution = ExtractOp::create(builder, loc, vector, found, llvm::to_vector(llvm::seq<int64_t>(1, size + 1)));
  IRMapping mapping;
  Value product = cloneBody(builder, series.getBody().front(), solution, mapping);
  Value slope = SumOp::create(builder, loc, scalar, arith::MulFOp::create(builder, loc, detach(series.getProbe()), product));
  Expr moving(builder, loc, SplatOp::create(builder, loc, number, slope)), still(builder, loc, detach(moving));
  Expr sum(builder, loc, ExtractOp::create(builder, loc, number, found, llvm::ArrayRef<int64_t>{0}));
  Value exposed = concatenate(builder, loc, {sum + (moving - still), solution});
  llvm::SmallPtrSet<Operation *, 1> keep{found.getDefiningOp()};
  series.getResult().replaceAllUsesExcept(exposed, keep);
}

LogicalResult exposeFixedPoint(FixedPointOp point) {
  OpBuilder builder(point->getContext());
  builder.setInsertionPointAfter(point);
  Location loc = point.getLoc();
  auto detach = [&](Value value) { return Expr(builder, loc, DetachOp::create(builder, loc, value.getType(), value)); };
  Expr found = detach(point.getResult());
  Block &body = point.getBody().front();
  IRMapping mapping;
  Expr again(builder, loc, cloneBody(builder, body, found, mapping));
  Value next = body.getTerminator()->getOperand(0);
  FailureOr<Value> drift = jacobian(builder, [&](Value v) { return mapping.lookupOrDefault(v); }, next, body.getArgument(0));
  if (failed(drift))
    return failure();
  Expr rest = again - found;
  if (*drift) {
    Expr unit(builder, loc, identityMatrix(builder, loc, builder.getF64Type(), elementCount(point.getResult())));
    Expr matrix = detach(unit - Expr(builder, loc, *drift));
    rest = Expr(builder, loc, SolveOp::create(builder, loc, matrix, rest, /*transposed=*/false));
  }
  Value step = found + rest;
  llvm::SmallPtrSet<Operation *, 1> keep{static_cast<Value>(found).getDefiningOp()};
  point.getResult().replaceAllUsesExcept(step, keep);
  return success();
}

/// Writes out, behind everything that is found by iteration, how it moves.
LogicalResult exposeIterations(Block &body) {
  for (Operation &op : llvm::make_early_inc_range(body)) {
    if (auto root = dyn_cast<RootOp>(op))
      exposeRoot(root);
    else if (auto series = dyn_cast<LogDetSeriesOp>(op))
      exposeSeries(series);
    else if (auto point = dyn_cast<FixedPointOp>(op); point && failed(exposeFixedPoint(point)))
      return failure();
  }
  return success();
}

/// The adjoints of a block's values, swept from its end to its beginning.
class ReverseSweep {
public:
  /// `input`, if there is one, is a value of the block that a gradient must reach beside the parameters.
  ReverseSweep(Block &block, ModelOp model, Value input = {}) : block(block), model(model) {
    if (input)
      active.insert(input);
    for (Operation &op : block)
      if (leadsToParameter(&op))
        active.insert(op.getResults().begin(), op.getResults().end());
  }

  bool isActive(Value value) const { return active.contains(value); }

  /// What has been gathered for a value; zero if nothing has.
  Value adjointOf(OpBuilder &builder, Value value) const {
    Value found = adjoints.lookup(value);
    return found ? found : constantOf(builder, value.getLoc(), value.getType(), 0);
  }

  void seed(OpBuilder &builder, Value value, Value adjoint) {
    if (!isActive(value))
      return;
    Value &total = adjoints[value];
    total = total ? (Value)arith::AddFOp::create(builder, value.getLoc(), total, adjoint) : adjoint;
  }

  /// Builds at `builder` the accumulation of all parameters' gradients. `forward` are the block's ops ahead of it.
  LogicalResult run(OpBuilder &builder, llvm::ArrayRef<Operation *> forward) {
    for (Operation *op : llvm::reverse(forward)) {
      if (op->getNumResults() != 1)
        continue;
      auto found = adjoints.find(op->getResult(0));
      if (found == adjoints.end())
        continue;
      if (failed(visit(builder, op, found->second)))
        return failure();
    }
    return success();
  }

private:
  /// Whether a gradient must pass through the op's result: it reads a parameter that is trained, or computes with what does.
  bool leadsToParameter(Operation *op) {
    if (isa<DetachOp, RootOp, FixedPointOp, LogDetSeriesOp>(op))
      return false;
    if (auto read = dyn_cast<ReadOp>(op)) {
      Operation *symbol = model.lookupSymbol(read.getParameter());
      auto staged = dyn_cast<StagedOp>(symbol);
      return staged ? !staged.getFixed() : !cast<ParameterOp>(symbol).getFrozen();
    }
    return llvm::any_of(op->getOperands(), [&](Value v) { return isActive(v); });
  }

  LogicalResult visit(OpBuilder &builder, Operation *op, Value adjoint) {
    if (auto read = dyn_cast<ReadOp>(op)) {
      AccumulateOp::create(builder, op->getLoc(), read.getParameterAttr(), adjoint);
      return success();
    }
    auto rule = dyn_cast<DifferentiateOpInterface>(op);
    if (!rule)
      return op->emitError("has no derivative rule");
    BitVector wanted(op->getNumOperands());
    for (auto [k, operand] : llvm::enumerate(op->getOperands()))
      if (isActive(operand))
        wanted.set(k);
    llvm::SmallVector<Value> operands(op->getOperands()), results(op->getNumOperands());
    rule.adjoints(builder, operands, op->getResult(0), adjoint, wanted, results);
    for (auto [operand, result] : llvm::zip_equal(operands, results))
      if (result)
        seed(builder, operand, result);
    return success();
  }

  Block &block;
  ModelOp model;
  llvm::DenseSet<Value> active;
  llvm::DenseMap<Value, Value> adjoints;
};

llvm::SmallVector<Operation *> opsOf(Block &block) {
  return llvm::map_to_vector(block.without_terminator(), [](Operation &op) { return &op; });
}

/// The gradient of a segment: given the adjoint of what it returns (of the last one, the sample's weight), it adds to the staged values'
/// gradient, and returns the objective if it is the last, then the adjoint of what it began from if that is another segment's.
LogicalResult buildGradient(ModelOp model, func::FuncOp segment, const std::string &name, bool isFirst, bool isLast) {
  OpBuilder builder(segment->getContext());
  builder.setInsertionPointAfter(segment);
  auto gradient = cast<func::FuncOp>(builder.clone(*segment));
  gradient.setName(name);
  Block &body = gradient.getBody().front();
  if (failed(exposeIterations(body)))
    return failure();
  Operation *end = body.getTerminator();
  Value value = end->getOperand(0), input = isFirst ? Value() : body.getArgument(0);
  Value arrived = body.addArgument(value.getType(), model.getLoc());

  ReverseSweep sweep(body, model, input);
  llvm::SmallVector<Operation *> forward = opsOf(body);
  builder.setInsertionPoint(end);
  sweep.seed(builder, value, arrived);
  if (failed(sweep.run(builder, forward)))
    return failure();
  llvm::SmallVector<Value> results;
  if (isLast)
    results.push_back(value);
  if (input)
    results.push_back(sweep.adjointOf(builder, input));
  if (results.size() == 2)
    results = {concatenate(builder, model.getLoc(), results)};
  end->setOperands(results);
  gradient.setFunctionType(builder.getFunctionType(body.getArgumentTypes(), ValueRange(results).getTypes()));
  return success();
}

LogicalResult buildGradients(ModelOp model, llvm::StringSet<> &accumulated) {
  llvm::SmallVector<func::FuncOp> segments = segmentsOf(model);
  for (auto [k, segment] : llvm::enumerate(segments)) {
    std::string name = segments.size() == 1 ? "gradient" : numberedName(kSegmentGradientName, k);
    if (failed(buildGradient(model, segment, name, k == 0, k + 1 == segments.size())))
      return failure();
    model.lookupSymbol<func::FuncOp>(name).walk([&](AccumulateOp op) { accumulated.insert(op.getSymbol()); });
  }
  return success();
}

/// `accumulated`: what only the other functions use has no gradient.
LogicalResult buildStageAdjoint(ModelOp model, const llvm::StringSet<> &accumulated) {
  auto stage = model.lookupSymbol<func::FuncOp>("stage");
  OpBuilder builder(stage->getContext());
  builder.setInsertionPointAfter(stage);
  auto adjoint = cast<func::FuncOp>(builder.clone(*stage));
  adjoint.setName("stage_adjoint");
  Block &body = adjoint.getBody().front();
  if (failed(exposeIterations(body)))
    return failure();
  ReverseSweep sweep(body, model);
  llvm::SmallVector<Operation *> forward = opsOf(body);
  builder.setInsertionPoint(body.getTerminator());
  for (StoreOp store : llvm::make_early_inc_range(body.getOps<StoreOp>())) {
    if (sweep.isActive(store.getValue()) && accumulated.contains(store.getSymbol())) {
      Value arrived = AdjointOp::create(builder, store.getLoc(), store.getValue().getType(), store.getSymbolAttr());
      sweep.seed(builder, store.getValue(), arrived);
    }
    llvm::erase(forward, store.getOperation());
    store.erase();
  }
  return sweep.run(builder, forward);
}

struct Differentiate : PassWrapper<Differentiate, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Differentiate)
  StringRef getArgument() const final { return "flow-differentiate"; }
  StringRef getDescription() const final { return "add the gradient of what training raises and of the staging"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final {
    getOperation().walk([&](ModelOp model) {
      llvm::StringSet<> accumulated;
      if (failed(buildGradients(model, accumulated)) || failed(buildStageAdjoint(model, accumulated)))
        signalPassFailure();
    });
  }
};

} // namespace

std::unique_ptr<Pass> createDifferentiatePass() { return std::make_unique<Differentiate>(); }

} // namespace flowc

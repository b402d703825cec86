// SPDX-License-Identifier: MIT
//
// Straight-line reverse mode over DifferentiateOpInterface. What is found by iteration says itself what is differentiated in its place
// (HeldOpInterface); the iteration is never entered.

#include "compiler/Stage/Differentiate.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/MatrixOps.h"
#include "compiler/Stage/Segments.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// Writes out, behind everything that is held, what is differentiated in its place.
LogicalResult exposeHeld(Block &body) {
  for (Operation &op : llvm::make_early_inc_range(body)) {
    auto held = dyn_cast<HeldOpInterface>(op);
    if (!held)
      continue;
    OpBuilder builder(op.getContext());
    builder.setInsertionPointAfter(&op);
    auto detached = DetachOp::create(builder, op.getLoc(), op.getResult(0).getType(), op.getResult(0));
    FailureOr<Value> exposed = held.expose(builder, detached);
    if (failed(exposed))
      return failure();
    if (*exposed)
      op.getResult(0).replaceAllUsesExcept(*exposed, detached);
    else
      detached.erase();
  }
  return success();
}

/// The adjoints of a block's values, swept from its end to its beginning.
class ReverseSweep {
public:
  /// `input`, if there is one, is a value of the block that a gradient must reach beside the parameters.
  ReverseSweep(Block &block, ModelOp model, Value input = {}) : model(model) {
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
    if (isa<HeldOpInterface>(op))
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
  if (failed(exposeHeld(body)))
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
  if (failed(exposeHeld(body)))
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

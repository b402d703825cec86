// SPDX-License-Identifier: MIT
//
// Binding-time separation. A value is uniform if no argument of its function reaches it. A uniform value that a sample-dependent
// op uses is a frontier value: it is staged. Equal frontier values of different functions share one place.

#include "compiler/Stage/Stage.h"

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The values of a function that no argument reaches.
llvm::DenseSet<Value> uniformValues(func::FuncOp function) {
  llvm::DenseSet<Value> uniform;
  for (Operation &op : function.getBody().front().without_terminator()) {
    bool isUniform = isPure(&op);
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentRegion() == &function.getBody())
          isUniform &= uniform.contains(operand);
    });
    if (isUniform)
      uniform.insert(op.getResults().begin(), op.getResults().end());
  }
  return uniform;
}

class Stager {
public:
  explicit Stager(ModelOp model) : model(model), builder(model->getContext()) {}

  void run() {
    builder.setInsertionPointToEnd(&model.getBody().front());
    stage = func::FuncOp::create(builder, model.getLoc(), "stage", builder.getFunctionType({}, {}));
    inStage.emplace(OpBuilder::atBlockEnd(stage.addEntryBlock()));
    // The start function has no parameters to depend on.
    for (StringRef name : {"to_latent", "to_data", "log_prob", "sample", "objective", "target", "probe", kTrainingName.data()})
      if (auto function = model.lookupSymbol<func::FuncOp>(name))
        stageFunction(function);
    func::ReturnOp::create(*inStage, model.getLoc(), ValueRange());
    shareEqualValues();
    declare();
  }

private:
  /// Replaces the frontier values of `function` by reads.
  void stageFunction(func::FuncOp function) {
    llvm::DenseSet<Value> uniform = uniformValues(function);
    IRMapping mapping;
    Block &body = function.getBody().front();
    for (Operation &op : llvm::make_early_inc_range(body)) {
      if (op.getNumResults() && uniform.contains(op.getResult(0)))
        continue;
      op.walk([&](Operation *user) {
        for (OpOperand &operand : user->getOpOperands())
          if (uniform.contains(operand.get()))
            operand.set(readStaged(operand.get(), mapping, &op));
      });
    }
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      if (op.use_empty() && op.getNumResults() && uniform.contains(op.getResult(0)))
        op.erase();
  }

  /// The value that stands for the uniform `value` ahead of `user`: a read of its staged place. Constants that are one number and
  /// repetitions of a scalar stay what they are; they cost nothing where they are used. A truth value is no number that could be
  /// stored: its comparison is repeated, of staged numbers.
  Value readStaged(Value value, IRMapping &mapping, Operation *user) {
    if (constantValue(value) || elementCount(value) == 0)
      return value;
    OpBuilder here(user);
    if (auto splat = value.getDefiningOp<SplatOp>())
      return SplatOp::create(here, splat.getLoc(), splat.getType(), readStaged(splat.getScalar(), mapping, user));
    if (auto comparison = value.getDefiningOp<arith::CmpFOp>()) {
      Value left = readStaged(comparison.getLhs(), mapping, user), right = readStaged(comparison.getRhs(), mapping, user);
      return arith::CmpFOp::create(here, comparison.getLoc(), comparison.getPredicate(), left, right);
    }
    Value staged = cloneIntoStage(value, mapping);
    std::string &name = names[staged];
    if (name.empty()) {
      name = "staged." + std::to_string(names.size() - 1);
      StoreOp::create(*inStage, value.getLoc(), name, staged);
    }
    return ReadOp::create(here, value.getLoc(), value.getType(), name);
  }

  Value cloneIntoStage(Value value, IRMapping &mapping) {
    if (Value mapped = mapping.lookupOrNull(value))
      return mapped;
    Operation *op = value.getDefiningOp();
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (operand.getParentRegion() == op->getParentRegion())
          cloneIntoStage(operand, mapping);
    });
    inStage->clone(*op, mapping);
    return mapping.lookup(value);
  }

  /// After CSE, stores of one value under several names become one.
  void shareEqualValues() {
    IRRewriter rewriter(model->getContext());
    DominanceInfo dominance(stage);
    eliminateCommonSubExpressions(rewriter, dominance, stage);
    llvm::DenseMap<Value, FlatSymbolRefAttr> first;
    llvm::DenseMap<StringAttr, FlatSymbolRefAttr> shared;
    for (StoreOp store : llvm::make_early_inc_range(stage.getOps<StoreOp>())) {
      auto [it, inserted] = first.try_emplace(store.getValue(), store.getSymbolAttr());
      shared[store.getSymbolAttr().getAttr()] = it->second;
      if (!inserted)
        store.erase();
    }
    model.walk([&](ReadOp read) {
      if (auto it = shared.find(read.getParameterAttr().getAttr()); it != shared.end())
        read.setParameterAttr(it->second);
    });
  }

  /// Gives every staged value its place.
  void declare() {
    llvm::DenseSet<Value> fixed;
    auto isFixed = [&](Operation &op) {
      if (auto read = dyn_cast<ReadOp>(op))
        return model.lookupSymbol<ParameterOp>(read.getParameter()).getFrozen();
      return llvm::all_of(op.getOperands(), [&](Value v) { return fixed.contains(v); });
    };
    for (Operation &op : stage.getBody().front().without_terminator())
      if (op.getNumResults() && isFixed(op))
        fixed.insert(op.getResults().begin(), op.getResults().end());
    builder.setInsertionPoint(stage);
    int64_t offset = 0;
    for (StoreOp store : stage.getOps<StoreOp>()) {
      StagedOp::create(builder, store.getLoc(), store.getSymbol(), store.getValue().getType(), offset,
                       fixed.contains(store.getValue()));
      offset += llvm::alignTo(elementCount(store.getValue()), kStagedAlignment);
    }
    model->setAttr("staged", builder.getI64IntegerAttr(offset));
  }

  ModelOp model;
  OpBuilder builder;
  func::FuncOp stage;
  std::optional<OpBuilder> inStage;
  llvm::DenseMap<Value, std::string> names;
};

struct Stage : PassWrapper<Stage, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Stage)
  StringRef getArgument() const final { return "flow-stage"; }
  StringRef getDescription() const final { return "separate what depends on parameters alone, once per step"; }
  void runOnOperation() final {
    getOperation().walk([](ModelOp model) { Stager(model).run(); });
  }
};

} // namespace

std::unique_ptr<Pass> createStagePass() { return std::make_unique<Stage>(); }

} // namespace flowc

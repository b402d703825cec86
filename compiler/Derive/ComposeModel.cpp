// SPDX-License-Identifier: MIT

#include "compiler/Derive/ComposeModel.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Evaluator.h"
#include "compiler/Derive/Inline.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

class Composer {
public:
  explicit Composer(ModelOp model) : model(model), builder(OpBuilder::atBlockEnd(&model.getBody().front())) {
    llvm::append_range(layers, model.getOps<LayerOp>());
    vector = RankedTensorType::get({static_cast<int64_t>(model.getFeatures())}, builder.getF64Type());
    scalar = RankedTensorType::get({}, builder.getF64Type());
  }

  void run() {
    withoutBase = llvm::ArrayRef<LayerOp>(layers);
    if (!layers.empty() && layers.back().getBase())
      withoutBase = withoutBase.drop_back();
    buildDirection("to_latent", withoutBase, /*inverse=*/false);
    buildDirection("to_data", withoutBase, /*inverse=*/true);
    buildLogProb();
    buildSample();
    if (auto target = model.lookupSymbol<func::FuncOp>(kTargetName))
      buildObjective(target);
    buildTraining();
    buildProbe();
    buildStart();
    if (model.contextSize())
      for (StringRef name : std::initializer_list<StringRef>{"to_latent", "to_data", "log_prob", "sample", "objective", "target",
                                                             kTrainingName, "probe"})
        if (auto function = model.lookupSymbol<func::FuncOp>(name))
          giveContext(function);
  }

private:
  func::FuncOp begin(StringRef name, llvm::ArrayRef<Type> arguments, llvm::ArrayRef<Type> results) {
    builder.setInsertionPointToEnd(&model.getBody().front());
    auto function = func::FuncOp::create(builder, model.getLoc(), name, builder.getFunctionType(arguments, results));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    return function;
  }

  void finish(ValueRange results) { func::ReturnOp::create(builder, model.getLoc(), results); }

  /// Runs `value` through the layers and sums their log-determinants.
  std::pair<Value, Value> run(llvm::ArrayRef<LayerOp> through, bool inverse, Value value) {
    Value total = constantOf(builder, model.getLoc(), scalar, 0);
    auto apply = [&](LayerOp layer) {
      std::string name = inverse ? inverseName(layer.getSymName()) : forwardName(layer.getSymName());
      auto results = inlineBody(builder, cast<func::FuncOp>(model.lookupSymbol(name)), value);
      value = results[0];
      total = arith::AddFOp::create(builder, layer.getLoc(), total, results[1]);
    };
    if (inverse)
      llvm::for_each(llvm::reverse(through), apply);
    else
      llvm::for_each(through, apply);
    return {value, total};
  }

  /// Makes the context an argument: the sample that the function takes has it behind its features.
  void giveContext(func::FuncOp function) {
    Block &body = function.getBody().front();
    Location loc = model.getLoc();
    int64_t features = model.getFeatures(), size = model.contextSize();
    auto ofSize = [&](int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); };
    Value sample = body.insertArgument(0u, ofSize(features + size), loc);
    builder.setInsertionPointToStart(&body);
    Value x = ExtractOp::create(builder, loc, ofSize(features), sample, allElements(features));
    Value context = ExtractOp::create(builder, NameLoc::get(builder.getStringAttr("context"), loc), ofSize(size), sample,
                                      llvm::to_vector(llvm::seq(features, features + size)));
    body.getArgument(1).replaceAllUsesWith(x);
    body.eraseArgument(1);
    function.walk([&](ContextOp op) {
      op.getResult().replaceAllUsesWith(context);
      op.erase();
    });
    function.setFunctionType(builder.getFunctionType(body.getArgumentTypes(), function.getResultTypes()));
  }

  void buildDirection(StringRef name, llvm::ArrayRef<LayerOp> through, bool inverse) {
    auto function = begin(name, vector, {vector, scalar});
    auto [value, logDet] = run(through, inverse, function.getArgument(0));
    finish({value, logDet});
  }

  void buildLogProb() {
    auto function = begin("log_prob", vector, scalar);
    finish(run(layers, false, function.getArgument(0)).second);
  }

  void buildSample() {
    auto function = begin("sample", vector, {vector, scalar});
    auto [value, logDet] = run(layers, true, function.getArgument(0));
    finish({value, arith::NegFOp::create(builder, model.getLoc(), logDet)});
  }

  /// Of the sample that belongs to uniform numbers: how much likelier it is under the target than under the model. Its mean is minus the
  /// divergence of the model from the target, but for the target's constant.
  void buildObjective(func::FuncOp target) {
    auto function = begin("objective", vector, scalar);
    auto [value, logDet] = run(layers, true, function.getArgument(0));
    Value aim = inlineBody(builder, target, value)[0];
    finish(Value(arith::AddFOp::create(builder, model.getLoc(), aim, logDet)));
  }

  /// The log density where parameters that follow a statistic are that of the batch. A statistic is taken of what enters its layer, so that
  /// it stands ahead of all that reads it.
  void buildTraining() {
    if (llvm::all_of(layers, [](LayerOp layer) { return layer.getOps<RunningOp>().empty(); }))
      return;
    auto function = begin(kTrainingName, vector, scalar);
    Value value = function.getArgument(0), total = constantOf(builder, model.getLoc(), scalar, 0);
    llvm::StringMap<Value> statistics;
    for (LayerOp layer : layers) {
      IRMapping mapping;
      mapping.map(layer.input(), value);
      for (RunningOp running : layer.getOps<RunningOp>())
        statistics[running.getParameter()] = StatisticOp::create(builder, running.getLoc(), running.getParameterAttr(),
                                                                 running.getVarianceAttr(),
                                                                 cloneSlice(builder, running.getValue(), mapping));
      auto [next, logDet] = run(layer, false, value);
      value = next;
      total = arith::AddFOp::create(builder, layer.getLoc(), total, logDet);
    }
    finish(total);
    function.walk([&](ReadOp read) {
      if (Value statistic = statistics.lookup(read.getParameter())) {
        read.replaceAllUsesWith(statistic);
        read.erase();
      }
    });
  }

  /// The rows of every probe one after the other, then those of every assumption, 1 where it holds and 0 elsewhere; the manifest tells
  /// which are whose.
  void buildProbe() {
    auto function = begin("probe", vector, {vector});
    Value value = function.getArgument(0);
    llvm::SmallVector<Value> pieces;
    llvm::SmallVector<Attribute> indices;
    int64_t rows = 0;
    auto addRows = [&](Value piece) {
      pieces.push_back(piece);
      int64_t count = elementCount(piece);
      indices.push_back(builder.getDenseI64ArrayAttr(llvm::to_vector(llvm::seq(rows, rows + count))));
      rows += count;
    };
    llvm::SmallVector<Value> held;
    for (LayerOp layer : layers) {
      Value next = layer.getBase() ? Value() : run(layer, false, value).first;
      IRMapping mapping;
      mapping.map(layer.input(), layer.getGenerative() ? next : value);
      for (ProbeOp probe : layer.getOps<ProbeOp>()) {
        addRows(cloneSlice(builder, probe.getValue(), mapping));
      }
      for (AssumeOp assumption : layer.getOps<AssumeOp>())
        held.push_back(holds(assumption, cloneSlice(builder, assumption.getValue(), mapping)));
      value = next;
    }
    llvm::for_each(held, addRows);
    auto type = RankedTensorType::get({rows}, builder.getF64Type());
    finish(Value(MergeOp::create(builder, model.getLoc(), type, pieces, builder.getArrayAttr(indices))));
    function.setFunctionType(builder.getFunctionType(vector, type));
    probeType = type;
  }

  /// 1 where what is assumed of `value` holds, else 0; also where the value is not a number.
  Value holds(AssumeOp assumption, Value value) {
    Location loc = assumption.getLoc();
    Interval range = assumption.getRange();
    Value one = constantOf(builder, loc, value.getType(), 1), zero = constantOf(builder, loc, value.getType(), 0), result = one;
    auto demand = [&](double bound, bool open, bool above) {
      if (std::isinf(bound))
        return;
      auto predicate = above ? (open ? arith::CmpFPredicate::OGT : arith::CmpFPredicate::OGE)
                             : (open ? arith::CmpFPredicate::OLT : arith::CmpFPredicate::OLE);
      Value met = arith::CmpFOp::create(builder, loc, predicate, value, constantOf(builder, loc, value.getType(), bound));
      result = arith::SelectOp::create(builder, loc, met, result, zero);
    };
    demand(range.low, range.lowOpen, true);
    demand(range.high, range.highOpen, false);
    bool isNumber = cast<RankedTensorType>(value.getType()).getRank() == 0;
    return isNumber ? Value(SplatOp::create(builder, loc, RankedTensorType::get({1}, builder.getF64Type()), result)) : result;
  }

  void buildStart() {
    auto function = begin("start", {probeType, probeType}, {});
    int64_t row = 0;
    for (LayerOp layer : withoutBase) {
      IRMapping mapping;
      for (ProbeOp probe : layer.getOps<ProbeOp>()) {
        auto rows = llvm::to_vector(llvm::seq(row, row + elementCount(probe.getValue())));
        row += rows.size();
        mapping.map(probe.getMean(), extractElements(builder, probe.getLoc(), function.getArgument(0), rows));
        mapping.map(probe.getDeviation(), extractElements(builder, probe.getLoc(), function.getArgument(1), rows));
      }
      for (StartOp start : layer.getOps<StartOp>())
        StoreOp::create(builder, start.getLoc(), start.getParameterAttr(),
                        cloneSlice(builder, start.getValue(), mapping));
    }
    finish({});
  }

  ModelOp model;
  OpBuilder builder;
  llvm::SmallVector<LayerOp> layers;
  llvm::ArrayRef<LayerOp> withoutBase;
  RankedTensorType vector, scalar, probeType;
};

struct ComposeModel : PassWrapper<ComposeModel, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ComposeModel)
  StringRef getArgument() const final { return "flow-compose-model"; }
  StringRef getDescription() const final { return "compose the layers' derived functions into the model's"; }
  void runOnOperation() final {
    getOperation().walk([](ModelOp model) { Composer(model).run(); });
  }
};

} // namespace

std::unique_ptr<Pass> createComposeModelPass() { return std::make_unique<ComposeModel>(); }

} // namespace flowc

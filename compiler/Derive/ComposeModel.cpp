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
    auto target = model.lookupSymbol<func::FuncOp>(kTargetName);
    if (target)
      buildObjective("objective", target);
    buildTraining(target);
    buildProbe();
    buildStart();
    for (StringRef name : std::initializer_list<StringRef>{"to_latent", "to_data", "log_prob", "sample", "objective", "target", kTrainingName,
                                                           "probe"})
      if (auto function = model.lookupSymbol<func::FuncOp>(name))
        widenArgument(function);
  }

private:
  func::FuncOp begin(StringRef name, llvm::ArrayRef<Type> arguments, llvm::ArrayRef<Type> results) {
    builder.setInsertionPointToEnd(&model.getBody().front());
    auto function = func::FuncOp::create(builder, model.getLoc(), name, builder.getFunctionType(arguments, results));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    return function;
  }

  void finish(ValueRange results) { func::ReturnOp::create(builder, model.getLoc(), results); }

  /// Runs `value` through the layers and sums their log-determinants, or what there is in the place of these when `training`.
  std::pair<Value, Value> run(llvm::ArrayRef<LayerOp> through, bool inverse, Value value, bool training = false) {
    Value total = constantOf(builder, model.getLoc(), scalar, 0);
    auto apply = [&](LayerOp layer) {
      std::string name = inverse ? inverseName(layer.getSymName()) : forwardName(layer.getSymName());
      if (training && isEstimated(layer))
        name = estimatedName(name);
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

  bool isEstimated(LayerOp layer) { return model.lookupSymbol(estimatedName(forwardName(layer.getSymName()))); }

  /// Makes what a sample is given beside its features part of the argument: behind these its context, then its random numbers. How many
  /// numbers these are at most is the model's `noise`.
  void widenArgument(func::FuncOp function) {
    Block &body = function.getBody().front();
    Location loc = model.getLoc();
    llvm::SmallVector<NoiseOp> noises;
    function.walk([&](NoiseOp op) { noises.push_back(op); });
    int64_t features = model.getFeatures(), context = model.contextSize(), noise = 0;
    for (NoiseOp op : noises)
      noise += elementCount(op);
    if (context + noise == 0)
      return;
    auto ofSize = [&](int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); };
    Value narrow = body.getArgument(0), sample = body.insertArgument(0u, ofSize(features + context + noise), loc);
    builder.setInsertionPointToStart(&body);
    int64_t taken = 0;
    auto take = [&](int64_t count, Location at) {
      taken += count;
      return ExtractOp::create(builder, at, ofSize(count), sample, llvm::to_vector(llvm::seq(taken - count, taken))).getResult();
    };
    narrow.replaceAllUsesWith(take(features, loc));
    body.eraseArgument(1);
    auto name = [&](StringRef text) { return NameLoc::get(builder.getStringAttr(text), loc); };
    Value given = context ? take(context, name("context")) : Value();
    function.walk([&](ContextOp op) {
      op.getResult().replaceAllUsesWith(given);
      op.erase();
    });
    for (NoiseOp op : noises) {
      op.getResult().replaceAllUsesWith(take(elementCount(op), name("noise")));
      op.erase();
    }
    if (noise)
      model->setAttr("noise", builder.getI64IntegerAttr(noise));
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
  void buildObjective(StringRef name, func::FuncOp target, bool training = false) {
    auto function = begin(name, vector, scalar);
    auto [value, logDet] = run(layers, true, function.getArgument(0), training);
    Value aim = inlineBody(builder, target, value)[0];
    finish(Value(arith::AddFOp::create(builder, model.getLoc(), aim, logDet)));
  }

  /// What training raises, where parameters that follow a statistic are that of the batch, and log-determinants estimates. A statistic is
  /// taken of what enters its layer, so that it stands ahead of all that reads it; with a target there are none.
  void buildTraining(func::FuncOp target) {
    if (llvm::all_of(layers, [&](LayerOp layer) { return layer.getOps<RunningOp>().empty() && !isEstimated(layer); }))
      return;
    if (target) {
      buildObjective(kTrainingName, target, /*training=*/true);
      return;
    }
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
      auto [next, logDet] = run(layer, false, value, /*training=*/true);
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

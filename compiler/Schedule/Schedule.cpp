// SPDX-License-Identifier: MIT

#include "compiler/Schedule/Schedule.h"

#include "compiler/Schedule/ExpandCausal.h"
#include "compiler/Schedule/ExpandOuters.h"
#include "compiler/Schedule/ExpandSums.h"
#include "compiler/Schedule/Plan.h"
#include "compiler/Schedule/Tables.h"
#include "runtime/abi/flowrt_kernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace schedule {

llvm::ArrayRef<Signature> signatures() {
  using enum Role;
  static const Signature all[] = {
      {"stage", true, {{Parameters}, {Staged}, {Workspace}}},
      {"stage_adjoint", true, {{Parameters}, {StagedGradient}, {Gradient}, {Workspace}}},
      {"to_latent", false, {{Staged}, {Argument, 0}, {Result, 0}, {Result, 1}, {Workspace}}},
      {"to_data", false, {{Staged}, {Argument, 0}, {Result, 0}, {Result, 1}, {Workspace}}},
      {"log_prob", false, {{Staged}, {Argument, 0}, {Result, 0}, {Workspace}}},
      {"sample", false, {{Staged}, {Argument, 0}, {Result, 0}, {Result, 1}, {Workspace}}},
      {"objective", false, {{Staged}, {Argument, 0}, {Result, 0}, {Workspace}}},
      {"target", false, {{Staged}, {Argument, 0}, {Result, 0}, {Workspace}}},
      {"gradient",
       false,
       {{Staged}, {Argument, 0}, {Argument, 1}, {Result, 0}, {StagedGradient}, {Workspace}},
       /*numbered=*/false,
       /*training=*/true},
      {"segment", false, {{Staged}, {Argument, 0}, {Result, 0}, {Workspace}}, /*numbered=*/true, /*training=*/true},
      {"segment_gradient",
       false,
       {{Staged}, {Argument, 0}, {Argument, 1}, {Result, 0}, {StagedGradient}, {Workspace}},
       /*numbered=*/true,
       /*training=*/true},
      {"statistics", true, {{Staged}, {Parameters}, {Workspace}}},
      {"probe", false, {{Staged}, {Argument, 0}, {Result, 0}, {Workspace}}},
      {"start", true, {{Argument, 0}, {Argument, 1}, {Parameters}, {Workspace}}},
  };
  return all;
}

namespace {

Layout layoutOf(ModelOp model) {
  Layout layout;
  for (ParameterOp parameter : model.getOps<ParameterOp>()) {
    layout.parameters[parameter.getSymName()] = layout.parameterCount;
    layout.parameterCount += cast<ShapedType>(parameter.getType()).getNumElements();
  }
  for (StagedOp staged : model.getOps<StagedOp>())
    layout.staged[staged.getSymName()] = staged.getOffset();
  layout.stagedCount = cast<IntegerAttr>(model->getAttr("staged")).getInt();
  return layout;
}

void emitNumbers(OpBuilder &builder, Location loc, const std::string &name, llvm::ArrayRef<int64_t> numbers) {
  auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())}, builder.getI64Type());
  memref::GlobalOp::create(builder, loc, name, StringAttr(), MemRefType::get(type.getShape(), type.getElementType()),
                           DenseElementsAttr::get(type, numbers), /*constant=*/true, IntegerAttr());
}

/// The constant flow_P_info: the numbers, laid out as flowrt_kernel_info.
void emitInfo(ModelOp model, ModuleOp module, StringRef prefix, const Layout &layout, int64_t tile, const TrainingSchedule &training,
              int64_t workspace) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  int64_t probes = elementCount(model.lookupSymbol<func::FuncOp>("start").getArgument(0));
  bool isLabel = model.getGivenContextAttr() && model.getGivenContextAttr().contains("label");
  auto noise = model->getAttrOfType<IntegerAttr>("noise");
  int64_t numbers[] = {FLOWRT_KERNEL_ABI,     tile,      static_cast<int64_t>(model.getFeatures()),
                       layout.parameterCount, layout.stagedCount, workspace, probes, model.contextSize(), isLabel,
                       noise ? noise.getInt() : 0, training.tile, training.chunkTiles, training.leastChunks};
  emitNumbers(builder, model.getLoc(), (prefix + "info").str(), numbers);
}

/// NAME_0, NAME_1, ...
llvm::SmallVector<func::FuncOp> numberedFunctions(ModelOp model, StringRef name) {
  llvm::SmallVector<func::FuncOp> functions;
  while (auto function = model.lookupSymbol<func::FuncOp>(numberedName(name, functions.size())))
    functions.push_back(function);
  return functions;
}

/// The model's functions that become kernels of this kind. Only a model with an objective of its own has that and a target, and only one
/// with statistics has segments, in place of `gradient`.
llvm::SmallVector<func::FuncOp> functionsOf(ModelOp model, const Signature &signature) {
  if (signature.numbered)
    return numberedFunctions(model, signature.name);
  auto function = model.lookupSymbol<func::FuncOp>(signature.name);
  return function ? llvm::SmallVector<func::FuncOp>{function} : llvm::SmallVector<func::FuncOp>();
}

/// Where training is cut: flow_P_segments, numbers laid out as flowrt_segment, and flow_P_segment_kernels.
void emitSegments(ModelOp model, ModuleOp module, StringRef prefix) {
  llvm::SmallVector<func::FuncOp> segments = numberedFunctions(model, kSegmentName);
  if (segments.empty())
    return;
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto count = [](Type type) { return cast<ShapedType>(type).getNumElements(); };
  llvm::SmallVector<int64_t> numbers;
  llvm::SmallVector<Attribute> kernels;
  for (auto [k, segment] : llvm::enumerate(segments)) {
    auto mean = model.lookupSymbol<StagedOp>(meanName(k)), variance = model.lookupSymbol<StagedOp>(varianceName(k));
    numbers.push_back(count(segment.getResultTypes()[0]));
    numbers.push_back(mean ? count(mean.getType()) : 0);
    numbers.push_back(mean ? mean.getOffset() : 0);
    numbers.push_back(variance ? variance.getOffset() : 0);
    for (StringRef name : {kSegmentName, kSegmentGradientName})
      kernels.push_back(FlatSymbolRefAttr::get(builder.getContext(), (prefix + numberedName(name, k)).str()));
  }
  numbers.append(4, 0);
  emitNumbers(builder, model.getLoc(), (prefix + "segments").str(), numbers);
  tile::TableOp::create(builder, model.getLoc(), (prefix + "segment_kernels").str(), builder.getArrayAttr(kernels));
}

/// What the options give, or what is chosen from a plan with tiles of the usual size: what samples leave behind is most of its workspace.
FailureOr<TrainingSchedule> trainingScheduleOf(ModelOp model, const Layout &layout, const ScheduleOptions &options) {
  if (options.training)
    return *options.training;
  int64_t perSample = 0;
  for (const Signature &signature : signatures())
    for (func::FuncOp function : signature.training ? functionsOf(model, signature) : llvm::SmallVector<func::FuncOp>()) {
      FailureOr<Plan> plan = planKernel(function, signature, layout, options.tile);
      if (failed(plan))
        return failure();
      allocateWorkspace(*plan);
      perSample = std::max(perSample, plan->workspace / options.tile);
    }
  int64_t bytes = options.f32 ? sizeof(float) : sizeof(double);
  return chooseTrainingSchedule({layout.stagedCount * bytes, perSample * bytes}, options.target);
}

/// Ops that no kernel runs become others.
void expandOps(ModelOp model, const ScheduleOptions &options) {
  expandCausal(model);
  expandSums(model);
  if (options.narrowAsSums)
    expandOuters(model);
}

LogicalResult scheduleModel(ModelOp model, ModuleOp module, const ScheduleOptions &options) {
  expandOps(model, options);
  Layout layout = layoutOf(model);
  FailureOr<TrainingSchedule> training = trainingScheduleOf(model, layout, options);
  if (failed(training))
    return failure();
  std::vector<std::pair<func::FuncOp, Plan>> plans;
  int64_t workspace = 0;
  for (const Signature &signature : signatures()) {
    for (func::FuncOp function : functionsOf(model, signature)) {
      FailureOr<Plan> plan = planKernel(function, signature, layout, signature.training ? training->tile : options.tile);
      if (failed(plan))
        return failure();
      allocateWorkspace(*plan);
      workspace = std::max(workspace, plan->workspace);
      plans.push_back({function, std::move(*plan)});
    }
  }
  Builder builder(module->getContext());
  auto emit = [&](StringRef prefix, Type element) {
    emitInfo(model, module, prefix, layout, options.tile, *training, workspace);
    Tables tables(module, element);
    for (auto &[function, plan] : plans)
      emitKernel(plan, function, layout, tables, module, element, (prefix + function.getName()).str(), workspace);
    emitSegments(model, module, prefix);
  };
  if (options.f32)
    emit("flow_f32_", builder.getF32Type());
  if (options.f64)
    emit("flow_f64_", builder.getF64Type());
  model.erase();
  return success();
}

struct SchedulePass : PassWrapper<SchedulePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SchedulePass)
  SchedulePass() = default;
  explicit SchedulePass(const ScheduleOptions &given) { initial = given; }
  SchedulePass(const SchedulePass &other) : PassWrapper(other), initial(other.initial) {}

  StringRef getArgument() const final { return "flow-schedule"; }
  StringRef getDescription() const final { return "turn a model's functions into kernels over a tile of samples"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<tile::TileDialect, memref::MemRefDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final {
    ScheduleOptions options = initial;
    if (tile.hasValue()) {
      options.tile = tile;
      options.training = {.tile = tile};
    }
    if (batch.hasValue())
      options.target.batch = batch;
    if (processors.hasValue())
      options.target.processors = processors;
    if (dtype.hasValue()) {
      options.f32 = dtype != "f64";
      options.f64 = dtype != "f32";
    }
    for (ModelOp model : llvm::to_vector(getOperation().getOps<ModelOp>()))
      if (failed(scheduleModel(model, getOperation(), options)))
        return signalPassFailure();
  }

  ScheduleOptions initial;
  Option<int64_t> tile{*this, "tile", llvm::cl::desc("samples in a tile")};
  Option<int64_t> batch{*this, "batch", llvm::cl::desc("rows of a step of training")};
  Option<int64_t> processors{*this, "processors", llvm::cl::desc("threads that take steps of training")};
  Option<std::string> dtype{*this, "dtype", llvm::cl::desc("f32, f64 or both")};
};

} // namespace
} // namespace schedule

TrainingSchedule chosenTrainingSchedule(ModuleOp module, const ScheduleOptions &options) {
  auto models = module.getOps<ModelOp>();
  if (models.empty())
    return {};
  schedule::expandOps(*models.begin(), options);
  // A model that cannot be planned is refused by the pass.
  auto chosen = schedule::trainingScheduleOf(*models.begin(), schedule::layoutOf(*models.begin()), options);
  return succeeded(chosen) ? *chosen : TrainingSchedule();
}

std::unique_ptr<Pass> createSchedulePass(const ScheduleOptions &options) {
  return std::make_unique<schedule::SchedulePass>(options);
}

} // namespace flowc

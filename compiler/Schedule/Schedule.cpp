// SPDX-License-Identifier: MIT

#include "compiler/Schedule/Schedule.h"

#include "compiler/Schedule/ExpandCausal.h"
#include "compiler/Schedule/Plan.h"
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
      {"gradient", false, {{Staged}, {Argument, 0}, {Argument, 1}, {Result, 0}, {StagedGradient}, {Workspace}}},
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

/// The constant flow_P_info: the numbers, laid out as flowrt_kernel_info.
void emitInfo(ModelOp model, ModuleOp module, StringRef prefix, const Layout &layout, int64_t tile, int64_t workspace) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  int64_t probes = elementCount(model.lookupSymbol<func::FuncOp>("start").getArgument(0));
  bool isLabel = model.getGivenContextAttr() && model.getGivenContextAttr().contains("label");
  int64_t numbers[] = {FLOWRT_KERNEL_ABI,     tile,      static_cast<int64_t>(model.getFeatures()),
                       layout.parameterCount, layout.stagedCount, workspace, probes, model.contextSize(), isLabel};
  auto type = RankedTensorType::get({std::size(numbers)}, builder.getI64Type());
  memref::GlobalOp::create(builder, model.getLoc(), (prefix + "info").str(), StringAttr(),
                           MemRefType::get(type.getShape(), type.getElementType()),
                           DenseElementsAttr::get(type, llvm::ArrayRef<int64_t>(numbers)), /*constant=*/true,
                           IntegerAttr());
}

LogicalResult scheduleModel(ModelOp model, ModuleOp module, const ScheduleOptions &options) {
  expandCausal(model);
  Layout layout = layoutOf(model);
  std::vector<std::pair<func::FuncOp, Plan>> plans;
  int64_t workspace = 0;
  for (const Signature &signature : signatures()) {
    auto function = model.lookupSymbol<func::FuncOp>(signature.name);
    if (!function) // Only a model with an objective of its own has it and a target.
      continue;
    FailureOr<Plan> plan = planKernel(function, signature, layout, options.tile);
    if (failed(plan))
      return failure();
    allocateWorkspace(*plan);
    workspace = std::max(workspace, plan->workspace);
    plans.push_back({function, std::move(*plan)});
  }
  Builder builder(module->getContext());
  auto emit = [&](StringRef prefix, Type element) {
    emitInfo(model, module, prefix, layout, options.tile, workspace);
    for (auto &[function, plan] : plans)
      emitKernel(plan, function, layout, module, element, (prefix + function.getName()).str(), workspace);
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
    if (tile.hasValue())
      options.tile = tile;
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
  Option<std::string> dtype{*this, "dtype", llvm::cl::desc("f32, f64 or both")};
};

} // namespace
} // namespace schedule

std::unique_ptr<Pass> createSchedulePass(const ScheduleOptions &options) {
  return std::make_unique<schedule::SchedulePass>(options);
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Pipelines/Pipelines.h"

#include "compiler/Derive/ComposeModel.h"
#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Derive/Simplify.h"
#include "compiler/Derive/Teacher.h"
#include "compiler/Stage/Differentiate.h"
#include "compiler/Stage/ExpandNorms.h"
#include "compiler/Stage/ExpandSystems.h"
#include "compiler/Stage/Segments.h"
#include "compiler/Stage/Stage.h"

#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace flowc {

llvm::ArrayRef<PhaseInfo> phases() {
  static const PhaseInfo all[] = {
      {Phase::Tree, "tree", "the syntax tree of the spec"},
      {Phase::Flow, "flow", "the layers as written, one sample at a time"},
      {Phase::Derived, "derived", "both directions and the log-determinant of every layer"},
      {Phase::Staged, "staged", "the model's functions, what depends on parameters alone apart, and the gradients"},
      {Phase::Scheduled, "scheduled", "kernels over a tile of samples, every buffer placed"},
      {Phase::Mlir, "mlir", "the kernels in MLIR's llvm dialect"},
      {Phase::Llvm, "llvm", "LLVM IR, optimized"},
      {Phase::Asm, "asm", "the target's assembly"},
      {Phase::Object, "object", "an object file"},
      {Phase::Ptx, "ptx", "the CUDA target's assembly, which a GPU's driver compiles"},
      {Phase::Cubin, "cubin", "what `ptxas` of the CUDA toolkit makes of it"},
  };
  return all;
}

std::optional<Phase> phaseByName(llvm::StringRef name) {
  for (const PhaseInfo &info : phases())
    if (info.name == name)
      return info.phase;
  return std::nullopt;
}

namespace {

/// Rules of ours to a fixed point, then the upstream ones. Bottom up: top down is quadratic in the length of a block.
void addCleanup(OpPassManager &passes) {
  passes.addPass(createSimplifyPass());
  passes.addPass(createCSEPass());
  GreedyRewriteConfig config;
  config.setUseTopDownTraversal(false);
  config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled); // nothing branches
  passes.addPass(createCanonicalizerPass(config));
  passes.addPass(createSimplifyPass());
  passes.addPass(createCSEPass());
}

} // namespace

void addDerivePipeline(OpPassManager &passes) {
  passes.addPass(createDeriveLayersPass());
  passes.addPass(createTeacherPass());
  addCleanup(passes);
}

void addStagePipeline(OpPassManager &passes) {
  passes.addPass(createComposeModelPass());
  passes.addPass(createStabilizePass());
  passes.addPass(createSimplifyPass());
  // The facts of declared domains have done their work; from here on they would only stand between ops that could meet.
  passes.addPass(createDropFactsPass());
  passes.addPass(createExpandNormsPass());
  addCleanup(passes);
  passes.addPass(createStagePass());
  passes.addPass(createSegmentPass());
  passes.addPass(createDifferentiatePass());
  passes.addPass(createDropDetachedPass());
  passes.addPass(createExpandSystemsPass());
  addCleanup(passes);
}

void addSchedulePipeline(OpPassManager &passes, const ScheduleOptions &options) {
  passes.addPass(createSchedulePass(options));
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// Scheduled IR to the llvm dialect.

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Tile/Arguments.h"
#include "compiler/Transforms/ExpandMath.h"
#include "compiler/Transforms/LowerRoot.h"
#include "compiler/Transforms/RunPasses.h"
#include "targets/common/RollCalls.h"
#include "targets/cpu/CpuTarget.h"
#include "targets/cpu/LowerTile.h"
#include "targets/cpu/Machine.h"
#include "targets/cpu/Profile.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/ConvertToLLVM/ToLLVMPass.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVMPass.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/LLVMIR/Transforms/Passes.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

void flowc::cpu::registerCpuDialects(DialectRegistry &registry) {
  registry
      .insert<flowc::flow::FlowDialect, flowc::tile::TileDialect, LLVM::LLVMDialect, arith::ArithDialect,
              func::FuncDialect, math::MathDialect, memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  registerConvertFuncToLLVMInterface(registry);
  registerConvertMathToLLVMInterface(registry);
  registerConvertMemRefToLLVMInterface(registry);
  vector::registerConvertVectorToLLVMInterface(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

void flowc::cpu::registerCpuPasses() {
  registerPass([] { return createLowerTilePass(); });
  registerPass([] { return targets::createRollCallsPass(); });
  registerPass([] { return createMathFallbackPass(); });
  registerPass([] { return createLowerTablesPass(); });
}

/// Kernels' buffers do not overlap and start on cache lines; LLVM can use both.
static void describeKernelArguments(ModuleOp module) {
  Builder builder(module.getContext());
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal() || function.isPrivate())
      continue;
    for (auto [k, type] : llvm::enumerate(function.getArgumentTypes())) {
      if (!isa<MemRefType>(type))
        continue;
      function.removeArgAttr(k, tile::kSumsOverSamples); // A caller with one tile gives each thread sums of its own.
      function.setArgAttr(k, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
      function.setArgAttr(k, LLVM::LLVMDialect::getAlignAttrName(), builder.getI64IntegerAttr(64));
    }
  }
}

static void addPasses(PassManager &passes, const VectorUnit &unit, const CpuOptions &options) {
  passes.addPass(createLowerTilePass(unit));
  passes.addPass(targets::createRollCallsPass());
  // Functions and roots are expanded on the vectors that the maps were made of; equal subexpressions show after that.
  passes.addNestedPass<func::FuncOp>(flowc::createLowerRootPass());
  passes.addNestedPass<func::FuncOp>(flowc::createExpandMathPass());
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  // What the expansion leaves, before convert-to-llvm gets hold of it.
  passes.addPass(createMathFallbackPass());
  passes.addPass(createSCFToControlFlowPass());
  // First: convert-to-llvm would give the functions memref descriptors where the ABI has pointers.
  ConvertFuncToLLVMPassOptions bare;
  bare.useBarePtrCallConv = true;
  passes.addPass(createConvertFuncToLLVMPass(bare));
  passes.addPass(createConvertToLLVMPass());
  passes.addPass(createLowerTablesPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  if (options.debugInfo)
    passes.addPass(LLVM::createDIScopeForLLVMFuncOpPass());
}

LogicalResult flowc::cpu::lowerToLLVM(ModuleOp module, const CpuOptions &options) {
  auto machine = createTargetMachine(options);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  describeKernelArguments(module);
  if (options.profile)
    addProfile(module);
  PassManager passes(module.getContext());
  addPasses(passes, vectorUnitOf(**machine, options), options);
  return runPasses(passes, module);
}

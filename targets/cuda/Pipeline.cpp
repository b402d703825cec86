// SPDX-License-Identifier: MIT
//
// Scheduled IR to a gpu.module, and that to PTX.

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Tile/TileDialect.h"
#include "compiler/Transforms/ExpandMath.h"
#include "compiler/Transforms/LowerRoot.h"
#include "targets/common/MachineCode.h"
#include "targets/common/RollCalls.h"
#include "targets/cuda/CudaTarget.h"
#include "targets/cuda/KernelBuilder.h"
#include "targets/cuda/LowerTile.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

void flowc::cuda::registerCudaDialects(DialectRegistry &registry) {
  registry.insert<flow::FlowDialect, tile::TileDialect, LLVM::LLVMDialect, arith::ArithDialect, func::FuncDialect, gpu::GPUDialect,
                  math::MathDialect, memref::MemRefDialect, scf::SCFDialect>();
  registerBuiltinDialectTranslation(registry);
  registerGPUDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}

void flowc::cuda::registerCudaPasses() {
  registerPass([] { return createLowerTilePass(); });
  registerPass([] { return createMathCheckPass(); });
  registerPass([] { return createGpuToNvvmPass(); });
}

LogicalResult flowc::cuda::lowerToGpu(ModuleOp module, const CudaOptions &options) {
  PassManager passes(module.getContext());
  passes.addPass(createLowerTilePass(options));
  OpPassManager &device = passes.nest<gpu::GPUModuleOp>();
  device.addPass(createRowKernelsPass(options.threads));
  device.addPass(targets::createRollCallsPass(kGlobalMemory));
  // Each thread has one number where the CPU has a vector; the expansions give both the same bits.
  device.addNestedPass<func::FuncOp>(createLowerRootPass());
  device.addNestedPass<func::FuncOp>(createExpandMathPass());
  device.addNestedPass<func::FuncOp>(createCSEPass());
  device.addPass(createMathCheckPass());
  return passes.run(module);
}

static LogicalResult lowerToNvvm(ModuleOp module) {
  PassManager passes(module.getContext());
  OpPassManager &device = passes.nest<gpu::GPUModuleOp>();
  device.addPass(createSCFToControlFlowPass());
  // These first, as instructions: GPU ops come with patterns that would make calls of NVIDIA's library of some.
  device.addPass(createConvertMathToLLVMPass());
  device.addPass(createArithToLLVMConversionPass());
  device.addPass(createGpuToNvvmPass());
  device.addPass(createReconcileUnrealizedCastsPass());
  return passes.run(module);
}

static const llvm::Triple kTriple("nvptx64-nvidia-cuda");

static const llvm::Target *findTarget() {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  std::string error; // The library that we link has NVPTX.
  return llvm::TargetRegistry::lookupTarget(kTriple, error);
}

static constexpr std::pair<StringRef, Matmul> kMatmulNames[] = {{"tf32", Matmul::Tf32}, {"bf16", Matmul::Bf16}, {"f32", Matmul::F32}};

std::optional<Matmul> flowc::cuda::matmulByName(StringRef wanted) {
  for (auto [name, kind] : kMatmulNames)
    if (name == wanted)
      return kind;
  return std::nullopt;
}

StringRef flowc::cuda::matmulName(Matmul wanted) {
  for (auto [name, kind] : kMatmulNames)
    if (kind == wanted)
      return name;
  llvm_unreachable("every kind has a name");
}

bool flowc::cuda::isKnownChip(StringRef chip) {
  std::unique_ptr<llvm::MCSubtargetInfo> any(findTarget()->createMCSubtargetInfo(kTriple, "", ""));
  return chip.starts_with("sm_") && any->isCPUStringValid(chip);
}

FailureOr<std::string> flowc::cuda::emitPtx(ModuleOp module, const CudaOptions &options) {
  if (!isKnownChip(options.chip))
    return module.emitError("unknown GPU `") << options.chip << "`; expected a name that LLVM knows, such as `sm_80`";
  if (failed(lowerToNvvm(module)))
    return failure();
  auto device = *module.getOps<gpu::GPUModuleOp>().begin();
  std::unique_ptr<llvm::TargetMachine> machine(
      findTarget()->createTargetMachine(kTriple, options.chip, "", llvm::TargetOptions(), std::nullopt, std::nullopt,
                                               targets::codeGenLevel(options.optLevel)));
  FailureOr<targets::Translated> translated =
      targets::translate(device, std::move(machine), options.optLevel, [](llvm::Module &code) {
        // A function may wait for the other threads: LLVM must not move its calls to where not all of them come. It drops the attribute
        // from those that do not.
        for (llvm::Function &function : code)
          function.addFnAttr(llvm::Attribute::Convergent);
      });
  if (failed(translated))
    return failure();
  auto text = targets::generate(device, *translated, llvm::CodeGenFileType::AssemblyFile);
  if (failed(text))
    return failure();
  // A function that nobody has would only be missed by the driver of the machine that runs the model.
  if (llvm::StringRef(text->data(), text->size()).contains(".extern .func"))
    return module.emitError("the PTX calls a function that it does not define");
  return std::string(text->begin(), text->end());
}

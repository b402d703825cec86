// SPDX-License-Identifier: MIT
//
// The llvm dialect to LLVM IR, assembly and objects.

#include "targets/cpu/CpuTarget.h"
#include "targets/cpu/Machine.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace flowc::cpu;

namespace {

/// LLVM IR with what owns it.
struct Translated {
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

} // namespace

/// What LLVM cannot know: nothing unwinds, vectors are as wide as we made them, and the functions that tile ops became
/// stay functions. Inlined into the kernels they would make one function of a whole model.
static void describeFunctions(llvm::Module &module, const CpuOptions &options, int bits) {
  for (llvm::Function &function : module) {
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (function.isDeclaration())
      continue;
    function.addFnAttr("prefer-vector-width", std::to_string(bits));
    if (function.hasLocalLinkage())
      function.addFnAttr(llvm::Attribute::NoInline);
  }
  for (llvm::GlobalValue &global : module.global_values())
    if (!global.isDeclaration() && !global.hasLocalLinkage() && !options.exported)
      global.setVisibility(llvm::GlobalValue::HiddenVisibility);
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine, int level) {
  llvm::PipelineTuningOptions tuning;
  // The code is vectors already.
  tuning.LoopVectorization = tuning.SLPVectorization = tuning.LoopInterleaving = false;
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  auto named = level == 1   ? llvm::OptimizationLevel::O1
               : level == 2 ? llvm::OptimizationLevel::O2
                            : llvm::OptimizationLevel::O3;
  auto passes = level == 0 ? builder.buildO0DefaultPipeline(llvm::OptimizationLevel::O0)
                           : builder.buildPerModuleDefaultPipeline(named);
  passes.run(module, modules);
}

static FailureOr<Translated> translate(ModuleOp module, const CpuOptions &options) {
  auto machine = createTargetMachine(options);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  Translated result{std::move(*machine), std::make_unique<llvm::LLVMContext>(), nullptr};
  result.module = translateModuleToLLVMIR(module, *result.context);
  if (!result.module)
    return failure();
  result.module->setTargetTriple(result.machine->getTargetTriple());
  result.module->setDataLayout(result.machine->createDataLayout());
  describeFunctions(*result.module, options, vectorUnitOf(*result.machine, options).bits);
  optimize(*result.module, *result.machine, options.optLevel);
  return result;
}

static FailureOr<llvm::SmallVector<char, 0>> generate(ModuleOp module, const CpuOptions &options,
                                                      llvm::CodeGenFileType kind) {
  FailureOr<Translated> translated = translate(module, options);
  if (failed(translated))
    return failure();
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (translated->machine->addPassesToEmitFile(passes, stream, nullptr, kind))
    return module.emitError("LLVM cannot emit this kind of file for ") << translated->machine->getTargetCPU();
  passes.run(*translated->module);
  return bytes;
}

FailureOr<llvm::SmallVector<char, 0>> flowc::cpu::emitObject(ModuleOp module, const CpuOptions &options) {
  return generate(module, options, llvm::CodeGenFileType::ObjectFile);
}

FailureOr<std::string> flowc::cpu::emitAssembly(ModuleOp module, const CpuOptions &options) {
  auto text = generate(module, options, llvm::CodeGenFileType::AssemblyFile);
  if (failed(text))
    return failure();
  return std::string(text->begin(), text->end());
}

FailureOr<std::string> flowc::cpu::emitLLVM(ModuleOp module, const CpuOptions &options) {
  FailureOr<Translated> translated = translate(module, options);
  if (failed(translated))
    return failure();
  std::string text;
  llvm::raw_string_ostream stream(text);
  translated->module->print(stream, nullptr);
  return text;
}

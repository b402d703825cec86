// SPDX-License-Identifier: MIT

#include "targets/common/MachineCode.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace flowc::targets;

Translated::Translated(std::unique_ptr<llvm::TargetMachine> machine)
    : machine(std::move(machine)), context(std::make_unique<llvm::LLVMContext>()) {}
Translated::Translated(Translated &&) noexcept = default;
Translated::~Translated() = default;

llvm::CodeGenOptLevel flowc::targets::codeGenLevel(int level) {
  switch (level) {
  case 0:
    return llvm::CodeGenOptLevel::None;
  case 1:
    return llvm::CodeGenOptLevel::Less;
  case 2:
    return llvm::CodeGenOptLevel::Default;
  default:
    return llvm::CodeGenOptLevel::Aggressive;
  }
}

static void describeFunctions(llvm::Module &module) {
  for (llvm::Function &function : module) {
    function.addFnAttr(llvm::Attribute::NoUnwind);
    if (!function.isDeclaration() && function.hasLocalLinkage())
      function.addFnAttr(llvm::Attribute::NoInline);
  }
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine, int level) {
  llvm::PipelineTuningOptions tuning;
  // The code is vectors already, or is for threads that are its lanes.
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

FailureOr<Translated> flowc::targets::translate(Operation *module, std::unique_ptr<llvm::TargetMachine> machine, int optLevel,
                                                function_ref<void(llvm::Module &)> describe) {
  Translated result(std::move(machine));
  result.module = translateModuleToLLVMIR(module, *result.context);
  if (!result.module)
    return failure();
  result.module->setTargetTriple(result.machine->getTargetTriple());
  result.module->setDataLayout(result.machine->createDataLayout());
  describeFunctions(*result.module);
  if (describe)
    describe(*result.module);
  optimize(*result.module, *result.machine, optLevel);
  return result;
}

FailureOr<llvm::SmallVector<char, 0>> flowc::targets::generate(Operation *module, Translated &translated, llvm::CodeGenFileType kind) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager passes;
  if (translated.machine->addPassesToEmitFile(passes, stream, nullptr, kind, /*DisableVerify=*/true))
    return module->emitError("LLVM cannot emit this kind of file for ") << translated.machine->getTargetCPU();
  passes.run(*translated.module);
  return bytes;
}

std::string flowc::targets::printLLVM(const Translated &translated) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  translated.module->print(stream, nullptr);
  return text;
}

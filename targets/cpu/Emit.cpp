// SPDX-License-Identifier: MIT
//
// The llvm dialect to LLVM IR, assembly and objects.

#include "targets/common/MachineCode.h"
#include "targets/cpu/CpuTarget.h"
#include "targets/cpu/Machine.h"
#include "targets/cpu/Profile.h"

#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

/// What LLVM cannot know: vectors are as wide as we made them, and who may see the kernels.
static void describeFunctions(llvm::Module &module, const CpuOptions &options, int bits) {
  for (llvm::Function &function : module)
    if (!function.isDeclaration())
      function.addFnAttr("prefer-vector-width", std::to_string(bits));
  for (llvm::GlobalValue &global : module.global_values())
    if (!global.isDeclaration() && !global.hasLocalLinkage() && !options.exported && !isProfileSymbol(global.getName()))
      global.setVisibility(llvm::GlobalValue::HiddenVisibility);
}

static FailureOr<targets::Translated> translate(ModuleOp module, const CpuOptions &options) {
  auto machine = createTargetMachine(options);
  if (!machine)
    return module.emitError(llvm::toString(machine.takeError()));
  int bits = vectorUnitOf(**machine, options).bits;
  return targets::translate(module, std::move(*machine), options.optLevel,
                            [&](llvm::Module &code) { describeFunctions(code, options, bits); });
}

static FailureOr<llvm::SmallVector<char, 0>> generate(ModuleOp module, const CpuOptions &options,
                                                      llvm::CodeGenFileType kind) {
  FailureOr<targets::Translated> translated = translate(module, options);
  if (failed(translated))
    return failure();
  return targets::generate(module, *translated, kind);
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
  FailureOr<targets::Translated> translated = translate(module, options);
  if (failed(translated))
    return failure();
  return targets::printLLVM(*translated);
}

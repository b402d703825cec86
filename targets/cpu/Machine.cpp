// SPDX-License-Identifier: MIT
//
// CPU names to target machines. The host is described by its name AND its features: a virtual machine may hide some
// that the name promises.

#include "targets/cpu/Machine.h"

#include "targets/common/MachineCode.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace flowc::cpu;

static bool isNative(const CpuOptions &options) { return options.cpu.empty() || options.cpu == "native"; }

std::string flowc::cpu::hostCpuName() { return llvm::sys::getHostCPUName().str(); }

static std::string hostFeatures() {
  llvm::SubtargetFeatures features;
  for (const auto &feature : llvm::sys::getHostCPUFeatures())
    features.AddFeature(feature.first(), feature.second);
  return features.getString();
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> flowc::cpu::createTargetMachine(const CpuOptions &options) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::InitializeNativeTargetAsmParser();
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  std::string cpu = isNative(options) ? hostCpuName() : options.cpu;
  std::unique_ptr<llvm::MCSubtargetInfo> any(target->createMCSubtargetInfo(triple, "", ""));
  if (!any || !any->isCPUStringValid(cpu))
    return llvm::createStringError("unknown CPU `" + cpu +
                                   "`; expected `native` or a name that LLVM knows, such as `x86-64-v3`");
  std::unique_ptr<llvm::TargetMachine> machine(
      target->createTargetMachine(triple, cpu, isNative(options) ? hostFeatures() : "", llvm::TargetOptions(),
                                  llvm::Reloc::PIC_, std::nullopt, flowc::targets::codeGenLevel(options.optLevel)));
  if (!machine)
    return llvm::createStringError("LLVM cannot make code for `" + cpu + "`");
  return machine;
}

VectorUnit flowc::cpu::vectorUnitOf(const llvm::TargetMachine &machine, const CpuOptions &options) {
  const llvm::MCSubtargetInfo &features = *machine.getMCSubtargetInfo();
  if (!machine.getTargetTriple().isX86())
    return {options.vectorBits ? options.vectorBits : 128, 32, true};
  bool avx512 = features.checkFeatures("+avx512f,+avx512vl");
  VectorUnit unit;
  unit.bits = avx512 ? 512 : features.checkFeatures("+avx2") ? 256 : 128;
  unit.registers = avx512 ? 32 : 16;
  unit.fma = features.checkFeatures("+fma");
  if (options.vectorBits)
    unit.bits = options.vectorBits;
  return unit;
}

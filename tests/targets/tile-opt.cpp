// SPDX-License-Identifier: MIT
//
// mlir-opt for the tile dialect and the targets' passes, and `--emit-asm`, `--emit-llvm`, `--emit-ptx` for what becomes of a
// file. The tests' tool; the compiler's own is flow-opt.

#include "targets/cpu/CpuTarget.h"
#include "targets/cuda/CudaTarget.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;

static FailureOr<std::string> emitForCpu(ModuleOp module, char **arguments) {
  flowc::cpu::CpuOptions options;
  options.cpu = arguments[2];
  options.vectorBits = std::atoi(arguments[3]);
  if (failed(flowc::cpu::lowerToLLVM(module, options)))
    return failure();
  bool assembly = std::strcmp(arguments[1], "--emit-asm") == 0;
  return assembly ? flowc::cpu::emitAssembly(module, options) : flowc::cpu::emitLLVM(module, options);
}

static FailureOr<std::string> emitForGpu(ModuleOp module, char **arguments) {
  flowc::cuda::CudaOptions options;
  options.chip = arguments[2];
  options.threads = std::atoi(arguments[3]);
  if (failed(flowc::cuda::lowerToGpu(module, options)))
    return failure();
  return flowc::cuda::emitPtx(module, options);
}

/// tile-opt --emit-asm|--emit-llvm CPU BITS FILE, tile-opt --emit-ptx GPU THREADS FILE
static int emit(DialectRegistry &registry, char **arguments) {
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(arguments[4], sources, ParserConfig(&context));
  if (!module)
    return 1;
  bool ptx = std::strcmp(arguments[1], "--emit-ptx") == 0;
  auto text = ptx ? emitForGpu(*module, arguments) : emitForCpu(*module, arguments);
  if (failed(text))
    return 1;
  llvm::outs() << *text;
  return 0;
}

int main(int argc, char **argv) {
  DialectRegistry registry;
  flowc::cpu::registerCpuDialects(registry);
  flowc::cuda::registerCudaDialects(registry);
  if (argc == 5 && std::strncmp(argv[1], "--emit-", 7) == 0)
    return emit(registry, argv);
  flowc::cpu::registerCpuPasses();
  flowc::cuda::registerCudaPasses();
  registerTransformsPasses();
  return asMainReturnCode(MlirOptMain(argc, argv, "tile dialect tester\n", registry));
}

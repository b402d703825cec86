// SPDX-License-Identifier: MIT
//
// mlir-opt for the tile dialect and the CPU target's passes, and `--emit-asm`, `--emit-llvm` for what becomes of a
// file. The tests' tool; the compiler's own is flow-opt.

#include "targets/cpu/CpuTarget.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace mlir;

/// tile-opt --emit-asm|--emit-llvm CPU BITS FILE
static int emit(DialectRegistry &registry, char **arguments) {
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler handler(sources, &context);
  auto module = parseSourceFile<ModuleOp>(arguments[4], sources, ParserConfig(&context));
  flowc::cpu::CpuOptions options;
  options.cpu = arguments[2];
  options.vectorBits = std::atoi(arguments[3]);
  if (!module || failed(flowc::cpu::lowerToLLVM(*module, options)))
    return 1;
  bool assembly = std::strcmp(arguments[1], "--emit-asm") == 0;
  auto text = assembly ? flowc::cpu::emitAssembly(*module, options) : flowc::cpu::emitLLVM(*module, options);
  if (failed(text))
    return 1;
  llvm::outs() << *text;
  return 0;
}

int main(int argc, char **argv) {
  DialectRegistry registry;
  flowc::cpu::registerCpuDialects(registry);
  if (argc == 5 && (std::strcmp(argv[1], "--emit-asm") == 0 || std::strcmp(argv[1], "--emit-llvm") == 0))
    return emit(registry, argv);
  flowc::cpu::registerCpuPasses();
  registerTransformsPasses();
  return asMainReturnCode(MlirOptMain(argc, argv, "tile dialect tester\n", registry));
}

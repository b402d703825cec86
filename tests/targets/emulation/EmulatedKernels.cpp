// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/EmulatedKernels.h"

#include "targets/cpu/CpuTarget.h"
#include "targets/cuda/CudaTarget.h"
#include "tests/targets/emulation/EmulateGpu.h"
#include "tests/targets/emulation/Emulator.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>

using namespace mlir;

namespace flowc::test {

/// The same as compileEmulation, without the barrier number `forgotten` where that is not negative.
static bool compileLibrary(const std::string &text, int64_t threads, const std::string &matmul, const std::string &chip, int64_t forgotten,
                           const std::string &library, std::string &error) {
  DialectRegistry registry;
  cpu::registerCpuDialects(registry);
  cuda::registerCudaDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream(error) << diagnostic.getLocation() << ": " << diagnostic << '\n';
    return success();
  });
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  cuda::CudaOptions gpu;
  gpu.threads = threads;
  gpu.matmul = *cuda::matmulByName(matmul);
  gpu.chip = chip;
  if (!module || failed(cuda::lowerToGpu(*module, gpu)))
    return false;
  SmallVector<Operation *> barriers;
  module->walk([&](gpu::BarrierOp op) { barriers.push_back(op); });
  if (forgotten >= static_cast<int64_t>(barriers.size()))
    return false;
  if (forgotten >= 0)
    barriers[forgotten]->erase();
  emulateGpu(*module);
  cpu::CpuOptions cpu;
  cpu.optLevel = 1;
  cpu.exported = true;
  if (failed(cpu::lowerToLLVM(*module, cpu)))
    return false;
  auto object = cpu::emitObject(*module, cpu);
  if (failed(object))
    return false;
  llvm::Error failure = cpu::linkModel({{StringRef(object->data(), object->size())}, "", library, ""});
  if (!failure)
    return true;
  error += llvm::toString(std::move(failure));
  return false;
}

bool compileEmulation(const std::string &text, int64_t threads, const std::string &matmul, const std::string &chip, const std::string &library,
                      std::string &error) {
  return compileLibrary(text, threads, matmul, chip, -1, library, error);
}

std::unique_ptr<EmulatedKernels> EmulatedKernels::compile(const std::string &text, int64_t threads, std::string &error,
                                                          const std::string &matmul, const std::string &chip) {
  return make(text, threads, matmul, chip, -1, error);
}

std::unique_ptr<EmulatedKernels> EmulatedKernels::compileWithout(int64_t barrier, const std::string &text, std::string &error) {
  return make(text, 128, "f32", "sm_80", barrier, error);
}

std::unique_ptr<EmulatedKernels> EmulatedKernels::make(const std::string &text, int64_t threads, const std::string &matmul,
                                                       const std::string &chip, int64_t forgotten, std::string &error) {
  llvm::SmallString<128> path;
  if (llvm::sys::fs::createTemporaryFile("kernels", "so", path))
    return nullptr;
  std::unique_ptr<EmulatedKernels> result(new EmulatedKernels);
  result->threads = threads;
  if (compileLibrary(text, threads, matmul, chip, forgotten, path.str().str(), error)) {
    if ((result->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)))
      *static_cast<EmulatorHooks *>(dlsym(result->handle, "flow_emulator")) = emulatorHooks();
    else
      error += dlerror();
  }
  llvm::sys::fs::remove(path);
  return result->handle ? std::move(result) : nullptr;
}

EmulatedKernels::~EmulatedKernels() {
  if (handle)
    dlclose(handle);
}

std::string EmulatedKernels::launch(const std::string &kernel, int64_t blocks, const std::vector<Argument> &arguments) const {
  auto *entry = reinterpret_cast<void (*)(const Argument *)>(dlsym(handle, kernel.c_str()));
  if (!entry)
    return "there is no kernel " + kernel;
  auto *shared = static_cast<const int64_t *>(dlsym(handle, (kernel + kSharedBytes).c_str()));
  return emulate(blocks, threads, [&] { entry(arguments.data()); }, *shared);
}

} // namespace flowc::test

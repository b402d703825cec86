// SPDX-License-Identifier: MIT
//
// The whole way that a model goes: parse, lower, object, link, dlopen.

#include "tests/targets/CompiledTiles.h"

#include "targets/cpu/CpuTarget.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>
#include <dlfcn.h>
#include <unistd.h>

using namespace mlir;
using namespace flowc::cpu;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A path for the library; it may go as soon as it is loaded.
static std::string temporaryLibrary() {
  llvm::SmallString<128> path;
  int descriptor = -1;
  if (llvm::sys::fs::createTemporaryFile("tiles", "so", descriptor, path))
    return "";
  close(descriptor);
  return std::string(path);
}

std::unique_ptr<CompiledTiles> CompiledTiles::compile(const std::string &text, const Options &options,
                                                      std::string &error) {
  DialectRegistry registry;
  registerCpuDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    llvm::raw_string_ostream(error) << diagnostic.getLocation() << ": " << diagnostic << '\n';
    return success();
  });
  CpuOptions cpu{options.cpu, options.vectorBits, options.optLevel, false, options.archive.empty()};
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, ParserConfig(&context));
  std::unique_ptr<CompiledTiles> result(new CompiledTiles);
  double start = now();
  if (!module || failed(lowerToLLVM(*module, cpu)))
    return nullptr;
  double lowered = now();
  auto object = emitObject(*module, cpu);
  if (failed(object))
    return nullptr;
  double emitted = now();
  std::string path = temporaryLibrary();
  llvm::Error failure =
      linkModel({{StringRef(object->data(), object->size())}, options.archive, path, options.modelName});
  result->loweringSeconds = lowered - start;
  result->codeSeconds = emitted - lowered;
  result->linkSeconds = now() - emitted;
  result->objectBytes = object->size();
  if (failure)
    error += llvm::toString(std::move(failure));
  else if (!(result->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)))
    error += dlerror();
  llvm::sys::fs::remove(path);
  return result->handle ? std::move(result) : nullptr;
}

CompiledTiles::~CompiledTiles() {
  if (handle)
    dlclose(handle);
}

void *CompiledTiles::symbol(const char *name) const { return dlsym(handle, name); }

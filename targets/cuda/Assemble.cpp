// SPDX-License-Identifier: MIT
//
// PTX to machine code by NVIDIA's assembler, where there is one.

#include "targets/cuda/CudaTarget.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace flowc::cuda;

static std::string findAssembler() {
  if (auto found = llvm::sys::findProgramByName("ptxas"))
    return *found;
  llvm::SmallVector<llvm::StringRef> toolkits;
  for (const char *name : {"CUDA_HOME", "CUDA_PATH"})
    if (const char *toolkit = std::getenv(name))
      toolkits.push_back(toolkit);
  toolkits.push_back("/usr/local/cuda");
  for (llvm::StringRef toolkit : toolkits) {
    llvm::SmallString<256> path(toolkit);
    llvm::sys::path::append(path, "bin", "ptxas");
    if (llvm::sys::fs::can_execute(path))
      return path.str().str();
  }
  return "";
}

static std::string readAll(llvm::StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  return file ? (*file)->getBuffer().str() : std::string();
}

llvm::Expected<Assembled> flowc::cuda::assemble(llvm::StringRef ptx, const CudaOptions &options) {
  std::string assembler = findAssembler();
  if (assembler.empty())
    return llvm::createStringError("cannot find `ptxas`, which comes with the CUDA toolkit; put it on PATH or set CUDA_HOME, or use the "
                                   "PTX as it is: a GPU's driver compiles it");
  llvm::SmallString<128> input, output, messages;
  int descriptor = -1;
  if (std::error_code error = llvm::sys::fs::createTemporaryFile("flowc", "ptx", descriptor, input))
    return llvm::createStringError(error, "cannot create a temporary file: " + error.message());
  llvm::FileRemover removeInput(input);
  llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
  stream << ptx;
  stream.close();
  if (std::error_code error = stream.error()) {
    stream.clear_error();
    return llvm::createStringError(error, "cannot write " + std::string(input) + ": " + error.message());
  }
  for (auto [suffix, path] : {std::pair("cubin", &output), {"txt", &messages}})
    if (std::error_code error = llvm::sys::fs::createTemporaryFile("flowc", suffix, *path))
      return llvm::createStringError(error, "cannot create a temporary file: " + error.message());
  llvm::FileRemover removeOutput(output), removeMessages(messages);
  std::string arch = "-arch=" + options.chip;
  std::optional<llvm::StringRef> redirects[] = {std::nullopt, messages.str(), messages.str()};
  int code = llvm::sys::ExecuteAndWait(assembler, {assembler, "-v", arch, input, "-o", output}, std::nullopt, redirects);
  std::string report = readAll(messages);
  if (code != 0)
    return llvm::createStringError(assembler + " failed: " + llvm::StringRef(report).trim());
  return Assembled{readAll(output), report};
}

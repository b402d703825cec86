// SPDX-License-Identifier: MIT
//
// emulate-model IN.mlir OUT.so: what `flowc --emit scheduled` prints as the library of emulated kernels that the stand-in for a GPU's driver
// loads.

#include "targets/cuda/CudaTarget.h"
#include "tests/targets/emulation/EmulatedKernels.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    llvm::errs() << "usage: emulate-model IN.mlir OUT.so\n";
    return 2;
  }
  auto text = llvm::MemoryBuffer::getFile(argv[1]);
  std::string error;
  if (!text)
    error = text.getError().message();
  else if (flowc::test::compileEmulation((*text)->getBuffer().str(), flowc::cuda::CudaOptions().threads, argv[2], error))
    return 0;
  llvm::errs() << argv[1] << ": " << error << "\n";
  return 1;
}

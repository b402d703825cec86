// SPDX-License-Identifier: MIT
//
// emulate-model IN.mlir OUT.so [MATMUL [GPU]]: what `flowc --emit scheduled` prints as the library of emulated kernels that the stand-in for
// a GPU's driver loads. Products are the CPU's unless MATMUL says another `--matmul`, and the GPU is an sm_80.

#include "targets/cuda/CudaTarget.h"
#include "tests/targets/emulation/EmulatedKernels.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  std::string matmul = argc > 3 ? argv[3] : "f32", gpu = argc > 4 ? argv[4] : flowc::cuda::CudaOptions().chip;
  if (argc < 3 || argc > 5 || !flowc::cuda::isKnownChip(gpu) || !flowc::cuda::matmulByName(matmul)) {
    llvm::errs() << "usage: emulate-model IN.mlir OUT.so [f32|tf32|bf16 [sm_80]]\n";
    return 2;
  }
  auto text = llvm::MemoryBuffer::getFile(argv[1]);
  std::string error;
  if (!text)
    error = text.getError().message();
  else if (flowc::test::compileEmulation((*text)->getBuffer().str(), flowc::cuda::CudaOptions().threads, matmul, gpu, argv[2], error))
    return 0;
  llvm::errs() << argv[1] << ": " << error << "\n";
  return 1;
}

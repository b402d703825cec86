// SPDX-License-Identifier: MIT
//
// The CUDA target: kernels of tile ops to PTX. No toolkit and no GPU is needed. No function here throws; those that fail have reported
// why on the module.

#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"
#include "llvm/Support/Error.h"

#include <optional>
#include <string>
#include <vector>

namespace flowc::cuda {

/// How products of f32 are computed: on tensor cores with factors rounded to 10 or 7 bits behind the point and sums of f32, or exactly as
/// on the CPU. (Products of f64 always are.)
enum class Matmul { Tf32, Bf16, F32 };

/// `tf32`, `bf16` or `f32`.
std::optional<Matmul> matmulByName(llvm::StringRef name);
llvm::StringRef matmulName(Matmul kind);

struct CudaOptions {
  /// The oldest GPU that the code runs on, by LLVM's name.
  std::string chip = "sm_80";
  /// Of a block: 64, 128 or 256.
  int64_t threads = 128;
  Matmul matmul = Matmul::Tf32;
  /// 0 to 3.
  int optLevel = 3;
};

/// Whether LLVM knows the chip.
bool isKnownChip(llvm::StringRef chip);

/// The dialects, conversion interfaces and translations that the functions below need.
void registerCudaDialects(mlir::DialectRegistry &registry);

/// Makes the target's own passes known by name.
void registerCudaPasses();

/// Scheduled IR to a gpu.module `flow_device`, in place: a kernel for every function. What the kernels take: targets/cuda/README.md.
llvm::LogicalResult lowerToGpu(mlir::ModuleOp module, const CudaOptions &options);

/// The gpu.module that lowerToGpu leaves, as PTX.
mlir::FailureOr<std::string> emitPtx(mlir::ModuleOp module, const CudaOptions &options);

/// What a model library carries for GPUs: runtime/abi/flowrt_device.h.
struct DeviceCode {
  struct Kernel {
    std::string name;
    int64_t threads, shared; ///< Of a block: threads, and bytes of shared memory that it is launched with.
  };
  struct Image {
    int64_t architecture; ///< 80 for sm_80.
    int64_t shared;       ///< Bytes of shared memory that a block may have to have.
    std::string ptx;
    std::vector<Kernel> kernels;
  };
  std::vector<Image> images; ///< The newest first.
  std::vector<std::pair<std::string, std::vector<int64_t>>> infos; ///< By prefix, `f32`: flowrt_kernel_info.
};

/// Scheduled IR, which stays, to code for the options' chip and for newer ones that are worth code of their own.
mlir::FailureOr<DeviceCode> generateDeviceCode(mlir::ModuleOp module, const CudaOptions &options);

/// Adds the code as constants to a module that is to become the model's CPU object.
void embed(const DeviceCode &code, mlir::ModuleOp module);

/// Machine code for one chip, and what ptxas says of it: registers, shared memory and spills of every kernel.
struct Assembled {
  std::string code, report;
};

/// Runs ptxas, which is found on PATH, in the toolkit that CUDA_HOME or CUDA_PATH names, or in /usr/local/cuda.
llvm::Expected<Assembled> assemble(llvm::StringRef ptx, const CudaOptions &options);

} // namespace flowc::cuda

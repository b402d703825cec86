// SPDX-License-Identifier: MIT
//
// Code for GPUs as constants of the model library. They hold offsets, no pointers, so that nothing is relocated when the library is loaded.

#include "runtime/abi/flowrt_device.h"
#include "targets/cuda/CudaTarget.h"
#include "targets/cuda/PlaceActivations.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

/// Newer GPUs for which LLVM chooses other instructions.
static constexpr int64_t kNewerArchitectures[] = {90};

static int64_t architectureOf(StringRef chip) {
  int64_t number = 0;
  chip.drop_front(3).consumeInteger(10, number);
  return number;
}

static std::vector<DeviceCode::Kernel> kernelsOf(ModuleOp module) {
  std::vector<DeviceCode::Kernel> kernels;
  module.walk([&](gpu::GPUFuncOp kernel) {
    auto shared = kernel->getAttrOfType<IntegerAttr>(kActivationBytes);
    if (kernel.isKernel())
      kernels.push_back({kernel.getName().str(), (*kernel.getKnownBlockSize())[0], shared ? shared.getInt() : 0});
  });
  return kernels;
}

FailureOr<DeviceCode> flowc::cuda::generateDeviceCode(ModuleOp module, const CudaOptions &options) {
  DeviceCode code;
  for (StringRef prefix : {"f32", "f64"})
    if (auto info = module.lookupSymbol<memref::GlobalOp>(("flow_" + prefix + "_info").str())) {
      auto numbers = cast<DenseElementsAttr>(*info.getInitialValue()).getValues<int64_t>();
      code.infos.emplace_back(prefix.str(), std::vector<int64_t>(numbers.begin(), numbers.end()));
    }
  SmallVector<CudaOptions> all = {options};
  for (int64_t architecture : kNewerArchitectures)
    if (architecture > architectureOf(options.chip)) {
      all.push_back(options);
      all.back().chip = "sm_" + std::to_string(architecture);
    }
  for (const CudaOptions &one : llvm::reverse(all)) {
    OwningOpRef<ModuleOp> lowered = module.clone();
    if (failed(lowerToGpu(*lowered, one)))
      return failure();
    std::vector<DeviceCode::Kernel> kernels = kernelsOf(*lowered);
    FailureOr<std::string> ptx = emitPtx(*lowered, one);
    if (failed(ptx))
      return failure();
    code.images.push_back({architectureOf(one.chip), sharedBytesOfBlock(one.chip), std::move(*ptx), std::move(kernels)});
  }
  return code;
}

/// Adds the constant `name`.
template <typename T> static void addNumbers(ModuleOp module, const Twine &name, ArrayRef<T> numbers) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Type element = builder.getIntegerType(8 * sizeof(T));
  auto type = RankedTensorType::get({static_cast<int64_t>(numbers.size())}, element);
  memref::GlobalOp::create(builder, module->getLoc(), name.str(), StringAttr(), MemRefType::get(type.getShape(), element),
                           DenseElementsAttr::get(type, numbers), /*constant=*/true, IntegerAttr());
}

void flowc::cuda::embed(const DeviceCode &code, ModuleOp module) {
  SmallVector<int8_t> text;
  auto place = [&](StringRef part) {
    auto where = static_cast<int64_t>(text.size());
    text.append(part.begin(), part.end());
    text.push_back(0);
    return where;
  };
  SmallVector<int64_t> images, kernels;
  constexpr int64_t kernelNumbers = sizeof(flowrt_device_kernel) / sizeof(int64_t);
  static_assert(sizeof(flowrt_device_image) == 4 * sizeof(int64_t) && kernelNumbers == 3);
  for (const DeviceCode::Image &image : code.images) {
    images.append({image.architecture, place(image.ptx), image.shared, static_cast<int64_t>(kernels.size()) / kernelNumbers});
    for (const DeviceCode::Kernel &kernel : image.kernels)
      kernels.append({place(kernel.name), kernel.threads, kernel.shared});
    kernels.append({0, 0, 0});
  }
  images.append({0, 0, 0, 0});
  addNumbers<int64_t>(module, "flow_cuda_abi", {FLOWRT_DEVICE_ABI});
  addNumbers<int64_t>(module, "flow_cuda_images", images);
  addNumbers<int64_t>(module, "flow_cuda_kernels", kernels);
  addNumbers<int8_t>(module, "flow_cuda_text", text);
  for (const auto &[prefix, numbers] : code.infos)
    addNumbers<int64_t>(module, "flow_cuda_" + prefix + "_info", numbers);
}

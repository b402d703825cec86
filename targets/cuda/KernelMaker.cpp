// SPDX-License-Identifier: MIT

#include "targets/cuda/KernelMaker.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

KernelMaker::KernelMaker(Block *home, Location loc, int64_t threads)
    : builder(OpBuilder::atBlockEnd(home)), loc(loc), threads(threads) {}

gpu::GPUFuncOp KernelMaker::open(const Twine &name, unsigned pointers, unsigned numbers) {
  SmallVector<Type> types(pointers, LLVM::LLVMPointerType::get(builder.getContext(), kGlobalMemory));
  types.append(numbers, builder.getI64Type());
  auto kernel = gpu::GPUFuncOp::create(builder, loc, name.str(), builder.getFunctionType(types, {}));
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), builder.getUnitAttr());
  kernel.setKnownBlockSize(llvm::ArrayRef<int32_t>{static_cast<int32_t>(threads), 1, 1});
  builder.setInsertionPointToStart(&kernel.getBody().front());
  return kernel;
}

void KernelMaker::close() {
  gpu::ReturnOp::create(builder, loc);
  builder.setInsertionPointAfter(builder.getInsertionBlock()->getParentOp());
}

void flowc::cuda::shareInGrid(BlockEmitter &e, Value count, function_ref<void(Value)> body) {
  Value first = e.add(e.multiply(blockIndex(e), e.threads), e.thread), all = e.multiply(blockCount(e), e.threads);
  e.loop(first, count, all, body);
}

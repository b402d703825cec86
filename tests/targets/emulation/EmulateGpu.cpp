// SPDX-License-Identifier: MIT

#include "tests/targets/emulation/EmulateGpu.h"

#include "targets/cuda/PlaceActivations.h"
#include "tests/targets/emulation/Emulator.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::test;

namespace {

/// The places of the hooks in EmulatorHooks.
enum Hook {
  Thread,
  Block_,
  Blocks,
  Barrier,
  Shuffle,
  Matrices,
  Product,
  RoundToTf32,
  PackBf16,
  Copy,
  CloseCopies,
  WaitForCopies,
  Activations,
  Read,
  Write,
  HookCount
};
static_assert(sizeof(EmulatorHooks) == HookCount * sizeof(void *));

constexpr StringRef kHooks = "flow_emulator";

class Emulation {
public:
  explicit Emulation(ModuleOp module)
      : module(module), builder(module.getContext()), pointer(LLVM::LLVMPointerType::get(module.getContext())),
        word(builder.getI64Type()) {}

  void run() {
    for (auto device : llvm::to_vector(module.getOps<gpu::GPUModuleOp>())) {
      device.getBody()->walk([&](Operation *op) { rewrite(op); });
      for (Operation *op : finished)
        op->erase();
      finished.clear();
      for (auto kernel : llvm::to_vector(device.getOps<gpu::GPUFuncOp>()))
        makeEntry(kernel);
      device.walk([&](Operation *op) { forgetMemories(op); });
      module.getBody()->getOperations().splice(module.getBody()->end(), device.getBody()->getOperations());
      device.erase();
    }
    builder.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(word, HookCount);
    auto none = DenseElementsAttr::get(RankedTensorType::get(HookCount, word), builder.getI64IntegerAttr(0));
    LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::External, kHooks, none);
  }

private:
  Value number(Location loc, int64_t value) {
    return LLVM::ConstantOp::create(builder, loc, word, builder.getI64IntegerAttr(value));
  }

  /// Calls a hook; the type of its result may be none.
  Value call(Location loc, Hook hook, Type result, ValueRange arguments) {
    SmallVector<Value> operands;
    Value hooks = LLVM::AddressOfOp::create(builder, loc, pointer, kHooks);
    Value place = LLVM::GEPOp::create(builder, loc, pointer, word, hooks, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(hook)});
    operands.push_back(LLVM::LoadOp::create(builder, loc, pointer, place));
    llvm::append_range(operands, arguments);
    Type returned = result ? result : LLVM::LLVMVoidType::get(builder.getContext());
    auto type = LLVM::LLVMFunctionType::get(returned, llvm::to_vector(arguments.getTypes()));
    auto op = LLVM::CallOp::create(builder, loc, type, operands);
    return result ? op.getResult() : Value();
  }

  void replace(Operation *op, Value value) {
    op->getResult(0).replaceAllUsesWith(value);
    finished.push_back(op);
  }
  void replaceIndex(Operation *op, Hook hook) {
    replace(op, arith::IndexCastOp::create(builder, op->getLoc(), builder.getIndexType(), call(op->getLoc(), hook, word, {})));
  }

  void rewrite(Operation *op) {
    builder.setInsertionPoint(op);
    Location loc = op->getLoc();
    if (isa<gpu::ThreadIdOp>(op))
      return replaceIndex(op, Thread);
    if (isa<gpu::BlockIdOp>(op))
      return replaceIndex(op, Block_);
    if (isa<gpu::GridDimOp>(op))
      return replaceIndex(op, Blocks);
    if (isa<gpu::BarrierOp>(op)) {
      call(loc, Barrier, {}, {});
      finished.push_back(op);
    } else if (auto shuffle = dyn_cast<gpu::ShuffleOp>(op))
      replace(op, exchanged(shuffle));
    else if (auto load = dyn_cast<NVVM::LdMatrixOp>(op))
      rewriteMatrices(load);
    else if (auto product = dyn_cast<NVVM::MmaOp>(op))
      rewriteProduct(product);
    else if (auto round = dyn_cast<NVVM::ConvertFloatToTF32Op>(op))
      replace(op, call(loc, RoundToTf32, builder.getI32Type(), round.getSrc()));
    else if (auto pack = dyn_cast<NVVM::ConvertF32x2ToBF16x2Op>(op)) {
      Value packed = call(loc, PackBf16, builder.getI32Type(), {pack.getSrcHi(), pack.getSrcLo()});
      replace(op, LLVM::BitcastOp::create(builder, loc, op->getResult(0).getType(), packed));
    } else if (auto copy = dyn_cast<NVVM::CpAsyncOp>(op)) {
      Value there = LLVM::ZExtOp::create(builder, loc, word, copy.getCpSize());
      call(loc, Copy, {}, {copy.getDst(), copy.getSrc(), number(loc, copy.getSize()), there});
      finished.push_back(op);
    } else if (isa<NVVM::CpAsyncCommitGroupOp>(op)) {
      call(loc, CloseCopies, {}, {});
      finished.push_back(op);
    } else if (auto wait = dyn_cast<NVVM::CpAsyncWaitGroupOp>(op)) {
      call(loc, WaitForCopies, {}, number(loc, wait.getN()));
      finished.push_back(op);
    } else if (auto use = dyn_cast<LLVM::AddressOfOp>(op); use && use.getGlobalName() == cuda::kActivations)
      replace(op, call(loc, Activations, pointer, {}));
    else if (auto global = dyn_cast<LLVM::GlobalOp>(op); global && global.getSymName() == cuda::kActivations)
      finished.push_back(op);
    else if (auto load = dyn_cast<LLVM::LoadOp>(op))
      tell(loc, Read, load.getAddr(), load.getType());
    else if (auto store = dyn_cast<LLVM::StoreOp>(op))
      tell(loc, Write, store.getAddr(), store.getValue().getType());
  }

  /// Room for some numbers, made once a call of the function.
  Value room(Operation *op, Type type, int64_t count) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&op->getParentOfType<FunctionOpInterface>().getFunctionBody().front());
    return LLVM::AllocaOp::create(builder, op->getLoc(), pointer, type, number(op->getLoc(), count));
  }
  Value place(Location loc, Value numbers, Type type, int64_t k) {
    return LLVM::GEPOp::create(builder, loc, pointer, type, numbers, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(k)});
  }
  Value inMemory(Operation *op, ValueRange values) {
    Type type = values.front().getType();
    Value numbers = room(op, type, values.size());
    for (auto [k, value] : llvm::enumerate(values))
      LLVM::StoreOp::create(builder, op->getLoc(), value, place(op->getLoc(), numbers, type, k));
    return numbers;
  }
  void replaceStruct(Operation *op, Value numbers) {
    auto type = cast<LLVM::LLVMStructType>(op->getResult(0).getType());
    Value all = LLVM::PoisonOp::create(builder, op->getLoc(), type);
    for (auto [k, element] : llvm::enumerate(type.getBody())) {
      Value one = LLVM::LoadOp::create(builder, op->getLoc(), element, place(op->getLoc(), numbers, element, k));
      all = LLVM::InsertValueOp::create(builder, op->getLoc(), all, one, k);
    }
    replace(op, all);
  }

  void rewriteMatrices(NVVM::LdMatrixOp op) {
    Value words = room(op, builder.getI32Type(), op.getNum());
    call(op.getLoc(), Matrices, {}, {op.getPtr(), words});
    replaceStruct(op, words);
  }

  void rewriteProduct(NVVM::MmaOp op) {
    Value a = inMemory(op, op.getOperandA()), b = inMemory(op, op.getOperandB()), c = inMemory(op, op.getOperandC());
    Value d = room(op, builder.getF32Type(), 4);
    call(op.getLoc(), Product, {}, {a, b, c, d, number(op.getLoc(), op.getShape().getK())});
    replaceStruct(op, d);
  }

  Value exchanged(gpu::ShuffleOp op) {
    Location loc = op.getLoc();
    Type type = op.getValue().getType(), bits = builder.getI32Type();
    Value mine = LLVM::BitcastOp::create(builder, loc, bits, op.getValue());
    Value other = call(loc, Shuffle, bits, {mine, op.getOffset()});
    return LLVM::BitcastOp::create(builder, loc, type, other);
  }

  void tell(Location loc, Hook hook, Value address, Type type) {
    bool isShared = cast<LLVM::LLVMPointerType>(address.getType()).getAddressSpace() == 3;
    auto vector = dyn_cast<VectorType>(type);
    int64_t bytes = getElementTypeOrSelf(type).getIntOrFloatBitWidth() / 8 * (vector ? vector.getNumElements() : 1);
    call(loc, hook, {}, {address, number(loc, bytes), number(loc, isShared)});
  }

  void makeEntry(gpu::GPUFuncOp kernel) {
    builder.setInsertionPoint(kernel);
    Location loc = kernel.getLoc();
    auto entry = func::FuncOp::create(builder, loc, kernel.getName(), builder.getFunctionType({pointer}, {}));
    entry.getBody().takeBody(kernel.getBody());
    auto bytes = kernel->getAttrOfType<IntegerAttr>(cuda::kActivationBytes);
    LLVM::GlobalOp::create(builder, loc, word, /*isConstant=*/true, LLVM::Linkage::External, (kernel.getName() + kSharedBytes).str(),
                           builder.getI64IntegerAttr(bytes ? bytes.getInt() : 0));
    Block &block = entry.getBody().front();
    builder.setInsertionPointToStart(&block);
    Value arguments = block.insertArgument(0u, pointer, loc);
    for (unsigned k = block.getNumArguments() - 1; k > 0; --k) {
      BlockArgument argument = block.getArgument(k);
      Value place = LLVM::GEPOp::create(builder, loc, pointer, word, arguments, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(k - 1)});
      argument.replaceAllUsesWith(LLVM::LoadOp::create(builder, loc, argument.getType(), place));
      block.eraseArgument(k);
    }
    entry.walk([&](gpu::ReturnOp op) {
      builder.setInsertionPoint(op);
      func::ReturnOp::create(builder, op.getLoc());
      op.erase();
    });
    kernel.erase();
  }

  /// Here all memories are one.
  void forgetMemories(Operation *op) {
    auto plain = [&](Value value) {
      if (isa<LLVM::LLVMPointerType>(value.getType()))
        value.setType(pointer);
    };
    for (Value result : op->getResults())
      plain(result);
    for (Region &region : op->getRegions())
      for (Block &block : region)
        for (Value argument : block.getArguments())
          plain(argument);
    if (auto function = dyn_cast<func::FuncOp>(op))
      function.setType(builder.getFunctionType(function.getBody().front().getArgumentTypes(), function.getResultTypes()));
    auto global = dyn_cast<LLVM::GlobalOp>(op);
    if (!global)
      return;
    global.setAddrSpace(0);
    auto array = dyn_cast<LLVM::LLVMArrayType>(global.getType());
    if (!array)
      return;
    auto tensor = RankedTensorType::get(static_cast<int64_t>(array.getNumElements()), array.getElementType());
    if (!global.getValueOrNull())
      global.setValueAttr(DenseElementsAttr::get(tensor, builder.getZeroAttr(array.getElementType())));
  }

  ModuleOp module;
  OpBuilder builder;
  Type pointer, word;
  SmallVector<Operation *> finished;
};

} // namespace

void flowc::test::emulateGpu(ModuleOp module) { Emulation(module).run(); }

// SPDX-License-Identifier: MIT
//
// The pass that lowers all tile ops, and the one that finds functions that no GPU has.

#include "targets/cuda/LowerTile.h"

#include "targets/cuda/Kernels.h"
#include "targets/cuda/PlaceActivations.h"
#include "targets/cuda/StepKernels.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

namespace {

struct LowerTilePass : PassWrapper<LowerTilePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTilePass)
  LowerTilePass() = default;
  explicit LowerTilePass(const CudaOptions &options) {
    threads = options.threads;
    matmul = options.matmul;
    chip = options.chip;
  }
  LowerTilePass(const LowerTilePass &other) : PassWrapper(other) {}

  StringRef getArgument() const final { return "convert-tile-to-cuda"; }
  StringRef getDescription() const final { return "lower tile ops to what the threads of a block do together"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<LLVM::LLVMDialect, NVVM::NVVMDialect, arith::ArithDialect, func::FuncDialect, gpu::GPUDialect, math::MathDialect,
                    scf::SCFDialect>();
  }

  void runOnOperation() final {
    int64_t count = threads;
    if (count != 64 && count != 128 && count != 256) {
      getOperation().emitError("a block of ") << count << " threads; expected 64, 128 or 256";
      return signalPassFailure();
    }
    OpBuilder builder = OpBuilder::atBlockEnd(getOperation().getBody());
    auto device = gpu::GPUModuleOp::create(builder, getOperation().getLoc(), "flow_device");
    SymbolTableCollection symbols;
    KernelCache cache(device.getBody(), symbols, count, matmul);
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      function->moveBefore(device.getBody(), device.getBody()->end());
      if (failed(lowerFunction(function, cache)))
        return signalPassFailure();
    }
    cache.finish();
    for (auto global : getOperation().getOps<memref::GlobalOp>())
      makeServices(global, device.getBody());
    for (Operation &op : llvm::make_early_inc_range(*getOperation().getBody())) {
      auto global = dyn_cast<memref::GlobalOp>(op);
      // Whoever launches kernels knows them by their names.
      if (isa<tile::TableOp>(op) || (global && global.isPrivate()))
        op.erase();
    }
  }

  /// Where there is a model, flow_PREFIX_info, the kernels of its element type that know no model.
  void makeServices(memref::GlobalOp global, Block *home) {
    StringRef prefix = global.getName();
    if (!prefix.consume_back("_info") || !prefix.starts_with("flow_") || !global.getConstantInitValue())
      return;
    auto info = llvm::to_vector(cast<DenseElementsAttr>(global.getConstantInitValue()).getValues<int64_t>());
    Type element = prefix.ends_with("64") ? Type(Float64Type::get(&getContext())) : Type(Float32Type::get(&getContext()));
    StepKernels(home, global.getLoc(), prefix, element, threads, /*samples=*/info[1]).makeAll();
  }

  LogicalResult lowerFunction(func::FuncOp function, KernelCache &cache) {
    std::string name = function.getName().str();
    SmallVector<KernelArgument> arguments = classifyArguments(function);
    BlockArgument activations;
    if (llvm::any_of(arguments, [](const KernelArgument &argument) { return argument.kind == KernelArgument::PerBlock; }))
      activations = placeActivations(function, sharedBytesOfBlock(chip));
    unsigned count = arguments.size(), buffers = function.getNumArguments();
    auto pointer = LLVM::LLVMPointerType::get(&getContext(), kGlobalMemory);
    for (unsigned k = 0; k < count; ++k) {
      (void)function.insertArgument(buffers + k, pointer, {}, function.getArgument(k).getLoc());
      cache.place(function.getArgument(k), function.getArgument(buffers + k), arguments[k].alignment());
    }
    if (activations)
      cache.placeInShared(activations, kActivations);
    int64_t bytes = 0;
    if (activations)
      bytes = cast<MemRefType>(activations.getType()).getNumElements() * targets::elementBytes(arguments.back().element);
    placeBarriers(function, threads);
    if (failed(lowerOps(function, cache)))
      return failure();
    cache.forgetBuffers();
    (void)function.eraseArguments(llvm::BitVector(buffers + count).set(0, buffers));
    // The kernel has the name; what it calls is its own.
    function.setName(name + "_tile");
    function->setAttr("llvm.linkage", LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
    makeKernels(function, name, arguments, bytes, cache);
    return success();
  }

  LogicalResult lowerOps(func::FuncOp function, KernelCache &cache) {
    SmallVector<Operation *> ops;
    function.walk([&](Operation *op) { // innermost first
      if (isa<tile::TileDialect>(op->getDialect()) && !isa<tile::YieldOp>(op))
        ops.push_back(op);
    });
    bool known = true;
    for (Operation *op : ops) {
      TypeSwitch<Operation *>(op)
          .Case<tile::MapOp>([&](auto map) { lowerMap(map, cache); })
          .Case<tile::GemmOp>([&](auto gemm) { lowerGemm(gemm, cache); })
          .Case<tile::SolveOp>([&](auto solve) { lowerSolve(solve, cache); })
          .Case<tile::EliminateOp>([&](auto eliminate) { lowerEliminate(eliminate, cache); })
          .Case<tile::SubstituteOp>([&](auto substitute) { lowerSubstitute(substitute, cache); })
          .Case<tile::TransposeOp>([&](auto transpose) { lowerTranspose(transpose, cache); })
          .Case<tile::FillOp>([&](auto fill) { lowerFill(fill, cache); })
          .Case<tile::RepeatOp>([&](auto repeat) { lowerRepeat(repeat, cache); })
          .Default([&](Operation *other) {
            other->emitError() << "`" << other->getName() << "` is not there for GPUs yet; compile for the CPU alone";
            known = false;
          });
      if (!known)
        return failure();
      op->erase();
    }
    // Addresses stand for them.
    SmallVector<Operation *> buffers;
    function.walk([&](Operation *op) {
      if (isa<memref::ReinterpretCastOp, memref::GetGlobalOp>(op))
        buffers.push_back(op);
    });
    for (Operation *op : llvm::reverse(buffers))
      op->erase();
    return success();
  }

  Option<int64_t> threads{*this, "threads", llvm::cl::desc("threads of a block"), llvm::cl::init(128)};
  Option<std::string> chip{*this, "chip", llvm::cl::desc("the oldest GPU that the code runs on"), llvm::cl::init("sm_80")};
  Option<Matmul> matmul{*this, "matmul", llvm::cl::desc("how products of f32 are computed"), llvm::cl::init(Matmul::Tf32),
                        llvm::cl::values(clEnumValN(Matmul::Tf32, "tf32", "on tensor cores, factors rounded to tf32"),
                                         clEnumValN(Matmul::Bf16, "bf16", "on tensor cores, factors rounded to bf16"),
                                         clEnumValN(Matmul::F32, "f32", "exactly as on the CPU"))};
};

/// What NVPTX has instructions for, or short sequences. Everything else would become a call of a library that no driver has.
bool isInstruction(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp, math::CtPopOp, math::FloorOp, math::FmaOp, math::IsFiniteOp,
             math::IsInfOp, math::IsNaNOp, math::RoundEvenOp, math::SqrtOp, math::TruncOp>(op);
}

struct MathCheckPass : PassWrapper<MathCheckPass, OperationPass<gpu::GPUModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MathCheckPass)
  StringRef getArgument() const final { return "cuda-check-math"; }
  StringRef getDescription() const final { return "refuse math functions that a GPU has no instruction for"; }

  void runOnOperation() final {
    getOperation().walk([&](Operation *op) {
      if (!isa<math::MathDialect>(op->getDialect()) || isInstruction(op))
        return;
      op->emitError() << "`" << op->getName()
                      << "` cannot be computed on a GPU: it has no expansion; compile for the CPU alone, or write it with others";
      signalPassFailure();
    });
  }
};

} // namespace

std::unique_ptr<Pass> flowc::cuda::createLowerTilePass(const CudaOptions &options) {
  return std::make_unique<LowerTilePass>(options);
}

std::unique_ptr<Pass> flowc::cuda::createMathCheckPass() { return std::make_unique<MathCheckPass>(); }

// SPDX-License-Identifier: MIT
//
// The pass that lowers all tile ops, and the one for the math functions that nobody expanded.

#include "targets/cpu/LowerTile.h"

#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

namespace {

struct LowerTilePass : PassWrapper<LowerTilePass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerTilePass)
  LowerTilePass() = default;
  explicit LowerTilePass(const VectorUnit &unit) {
    bits = unit.bits;
    registers = unit.registers;
    fma = unit.fma;
  }
  LowerTilePass(const LowerTilePass &other) : PassWrapper(other) {}

  StringRef getArgument() const final { return "convert-tile-to-cpu"; }
  StringRef getDescription() const final { return "lower tile ops to loops over vectors of samples"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry
        .insert<LLVM::LLVMDialect, arith::ArithDialect, func::FuncDialect, scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() final {
    KernelCache cache(getOperation(), VectorUnit{bits, registers, fma});
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) { // innermost first
      if (isa<tile::MapOp, tile::GemmOp, tile::SolveOp, tile::EliminateOp, tile::SubstituteOp, tile::TransposeOp, tile::FillOp, tile::RepeatOp>(
              op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      TypeSwitch<Operation *>(op)
          .Case<tile::MapOp>([&](auto map) { lowerMap(map, cache); })
          .Case<tile::GemmOp>([&](auto gemm) { lowerGemm(gemm, cache); })
          .Case<tile::SolveOp>([&](auto solve) { lowerSolve(solve, cache); })
          .Case<tile::EliminateOp>([&](auto eliminate) { lowerEliminate(eliminate, cache); })
          .Case<tile::SubstituteOp>([&](auto substitute) { lowerSubstitute(substitute, cache); })
          .Case<tile::TransposeOp>([&](auto transpose) { lowerTranspose(transpose, cache); })
          .Case<tile::FillOp>([&](auto fill) { lowerFill(fill, cache); })
          .Case<tile::RepeatOp>([&](auto repeat) { lowerRepeat(repeat, cache); });
      op->erase();
    }
    cache.finish();
    eraseUnusedSlices();
  }

  /// Each would become a dozen ops that fill a descriptor.
  void eraseUnusedSlices() {
    getOperation().walk([](memref::ReinterpretCastOp slice) {
      if (slice.use_empty())
        slice.erase();
    });
  }

  Option<int> bits{*this, "vector-bits", llvm::cl::desc("width of a vector register"), llvm::cl::init(256)};
  Option<int> registers{*this, "registers", llvm::cl::desc("number of vector registers"), llvm::cl::init(16)};
  Option<bool> fma{*this, "fma", llvm::cl::desc("whether there is a fused multiply-add"), llvm::cl::init(true)};
};

struct MathFallbackPass : PassWrapper<MathFallbackPass, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(MathFallbackPass)
  StringRef getArgument() const final { return "tile-math-to-libm"; }
  StringRef getDescription() const final { return "call libm for math functions that are no instruction"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<arith::ArithDialect, func::FuncDialect, vector::VectorDialect>();
  }

  // convert-math-to-libm itself would call libm for floor and fma too; and left to convert-math-to-llvm, log1p and
  // expm1 would become log(1 + x) and exp(x) - 1, which are 0 for small x.
  void runOnOperation() final {
    ConversionTarget target(getContext());
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    target.addIllegalOp<math::AcosOp, math::AcoshOp, math::AsinOp, math::AsinhOp, math::AtanOp, math::Atan2Op,
                        math::AtanhOp, math::CbrtOp, math::CosOp, math::CoshOp, math::ErfOp, math::ErfcOp, math::ExpOp,
                        math::Exp2Op, math::ExpM1Op, math::LogOp, math::Log10Op, math::Log1pOp, math::Log2Op,
                        math::PowFOp, math::SinOp, math::SinhOp, math::TanOp, math::TanhOp>();
    RewritePatternSet patterns(&getContext());
    populateMathToLibmConversionPatterns(patterns);
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> flowc::cpu::createLowerTilePass(const VectorUnit &unit) {
  return std::make_unique<LowerTilePass>(unit);
}

std::unique_ptr<Pass> flowc::cpu::createMathFallbackPass() { return std::make_unique<MathFallbackPass>(); }

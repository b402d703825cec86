// SPDX-License-Identifier: MIT

#include "compiler/Derive/Simplify.h"

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace flowc {
namespace {

struct Simplify : PassWrapper<Simplify, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Simplify)
  StringRef getArgument() const final { return "flow-simplify"; }
  StringRef getDescription() const final { return "take logarithms, products and moved elements apart"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<flow::FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  LogicalResult initialize(MLIRContext *context) final {
    RewritePatternSet set(context);
    populateLogPatterns(set);
    populateInversePatterns(set);
    populateArithPatterns(set);
    populateVectorPatterns(set);
    patterns = FrozenRewritePatternSet(std::move(set));
    return success();
  }
  void runOnOperation() final {
    // Bottom up: top down is quadratic in the length of a block.
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(false);
    if (failed(applyPatternsGreedily(getOperation(), patterns, config)))
      signalPassFailure();
  }
  FrozenRewritePatternSet patterns;
};

struct DropFacts : PassWrapper<DropFacts, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropFacts)
  StringRef getArgument() const final { return "flow-drop-facts"; }
  StringRef getDescription() const final { return "remove flow.constrained"; }
  void runOnOperation() final {
    getOperation().walk([](flow::ConstrainedOp op) {
      op.replaceAllUsesWith(op.getValue());
      op.erase();
    });
  }
};

} // namespace

std::unique_ptr<Pass> createSimplifyPass() { return std::make_unique<Simplify>(); }
std::unique_ptr<Pass> createDropFactsPass() { return std::make_unique<DropFacts>(); }

} // namespace flowc

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
    populateAllPatterns(set);
    patterns = FrozenRewritePatternSet(std::move(set));
    return success();
  }
  void runOnOperation() final {
    // Bottom up: top down is quadratic in the length of a block.
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(false);
    config.setRegionSimplificationLevel(GreedySimplifyRegionLevel::Disabled); // nothing branches
    if (failed(applyPatternsGreedily(getOperation(), patterns, config)))
      signalPassFailure();
  }
  FrozenRewritePatternSet patterns;
};

/// Replaces an op that is the identity by its operand.
template <typename... Identity> struct DropIdentity : PassWrapper<DropIdentity<Identity...>, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DropIdentity)
  DropIdentity(StringRef argument, StringRef description) : argument(argument), description(description) {}
  StringRef getArgument() const final { return argument; }
  StringRef getDescription() const final { return description; }
  void runOnOperation() final {
    this->getOperation().walk([](Operation *op) {
      if (!isa<Identity...>(op))
        return;
      op->replaceAllUsesWith(op->getOperands());
      op->erase();
    });
  }
  StringRef argument, description;
};

} // namespace

void populateAllPatterns(RewritePatternSet &patterns) {
  populateLogPatterns(patterns);
  populateInversePatterns(patterns);
  populateArithPatterns(patterns);
  populateVectorPatterns(patterns);
}

std::unique_ptr<Pass> createSimplifyPass() { return std::make_unique<Simplify>(); }
std::unique_ptr<Pass> createDropFactsPass() {
  return std::make_unique<DropIdentity<flow::ConstrainedOp, flow::NormBoundedOp>>("flow-drop-facts",
                                                                                  "remove flow.constrained and flow.norm_bounded");
}
std::unique_ptr<Pass> createDropDetachedPass() {
  return std::make_unique<DropIdentity<flow::DetachOp>>("flow-drop-detached", "remove flow.detach");
}

} // namespace flowc

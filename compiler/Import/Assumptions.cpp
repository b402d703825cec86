// SPDX-License-Identifier: MIT

#include "compiler/Import/Assumptions.h"

#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

void stateAssumptions(LayerOp layer) {
  llvm::SmallVector<AssumeOp> assumptions(layer.getOps<AssumeOp>());
  if (assumptions.empty())
    return;
  IRRewriter rewriter(layer->getContext());
  DominanceInfo dominance;
  eliminateCommonSubExpressions(rewriter, dominance, layer);
  for (AssumeOp assumption : assumptions) {
    Value value = assumption.getValue();
    if (value == layer.input())
      continue;
    rewriter.setInsertionPointAfterValue(value);
    auto fact = ConstrainedOp::create(rewriter, value.getLoc(), value.getType(), value, assumption.getLowAttr(), assumption.getHighAttr(),
                                      assumption.getLowOpenAttr(), assumption.getHighOpenAttr());
    value.replaceUsesWithIf(fact.getResult(), [&](OpOperand &use) { return use.getOwner() != fact && !isa<AssumeOp>(use.getOwner()); });
  }
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Stage/ExpandSystems.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Stage/ExpandSeries.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// The determinant is the product of the pivots, which are U's diagonal.
void expand(LogDetOp op) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  int64_t size = op.size();
  Value triangles = EliminateOp::create(builder, loc, op.getMatrix());
  auto diagonal = llvm::map_to_vector(llvm::seq<int64_t>(0, size), [&](int64_t k) { return k * (size + 1); });
  auto type = RankedTensorType::get({size}, getElementTypeOrSelf(op.getType()));
  Expr pivots(builder, loc, ExtractOp::create(builder, loc, type, triangles, diagonal));
  op.replaceAllUsesWith(Value(SumOp::create(builder, loc, op.getType(), log(pivots))));
  op.erase();
}

void expand(SolveOp op) {
  OpBuilder builder(op);
  Value triangles = EliminateOp::create(builder, op.getLoc(), op.getMatrix());
  op.replaceAllUsesWith(Value(SubstituteOp::create(builder, op.getLoc(), triangles, op.getVector(), op.getTransposed())));
  op.erase();
}

struct ExpandSystems : PassWrapper<ExpandSystems, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandSystems)
  StringRef getArgument() const final { return "flow-expand-systems"; }
  StringRef getDescription() const final { return "write flow.log_det and flow.solve as eliminations, flow.log_det_series as an iteration"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final {
    getOperation().walk([](LogDetSeriesOp op) { expandSeries(op); });
    getOperation().walk([](LogDetOp op) { expand(op); });
    getOperation().walk([](SolveOp op) { expand(op); });
  }
};

} // namespace

std::unique_ptr<Pass> createExpandSystemsPass() { return std::make_unique<ExpandSystems>(); }

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// That the structure of a wide autoregressive layer stays small: sets are shared, levels are found without looking at every equation
// again in every level.

#include "compiler/Derive/Structure.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

using namespace mlir;
using namespace flowc;

namespace {

/// y = x + causal(W2) tanh(causal(W1) x) with twice as many hidden units as features.
OwningOpRef<ModuleOp> autoregressiveLayer(MLIRContext &context, int64_t features) {
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  auto type = [&](llvm::ArrayRef<int64_t> shape) { return RankedTensorType::get(shape, builder.getF64Type()); };
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto model = flow::ModelOp::create(builder, loc, "m", features, FloatAttr(), FloatAttr(), DictionaryAttr());
  builder.createBlock(&model.getBody());
  auto layer = flow::LayerOp::create(builder, loc, "l", "l", false, false, FloatAttr(), FloatAttr());
  Block *body = builder.createBlock(&layer.getBody(), {}, type({features}), loc);
  llvm::SmallVector<int64_t> place(features), before(features), rank(2 * features);
  for (int64_t i = 0; i < features; ++i) {
    place[i] = i * 5 % features; // no order that lies in memory as it is
    before[i] = place[i] - 1;
    rank[i] = rank[features + i] = i;
  }
  auto masked = [&](llvm::StringRef name, llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> columns) -> Value {
    Type matrix = type({static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size())});
    return flow::CausalOp::create(builder, loc, flow::ReadOp::create(builder, loc, matrix, name), rows, columns);
  };
  Value x = body->getArgument(0);
  Value a = flow::MatvecOp::create(builder, loc, type({2 * features}), masked("up", rank, place), x, false);
  Value h = math::TanhOp::create(builder, loc, a);
  Value t = flow::MatvecOp::create(builder, loc, type({features}), masked("down", before, rank), h, false);
  flow::ReturnOp::create(builder, loc, arith::AddFOp::create(builder, loc, x, t));
  return module;
}

} // namespace

TEST_CASE("a wide autoregressive layer has as many sets as levels, and a few") {
  DialectRegistry registry;
  registry.insert<flow::FlowDialect, arith::ArithDialect, math::MathDialect>();
  flow::registerExternalModels(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  const int64_t features = 3072;
  OwningOpRef<ModuleOp> module = autoregressiveLayer(context, features);
  flow::LayerOp layer;
  module->walk([&](flow::LayerOp op) { layer = op; });
  FailureOr<LayerStructure> structure = LayerStructure::analyze(layer);
  REQUIRE(succeeded(structure));
  CHECK(structure->levels().size() == static_cast<size_t>(features));
  // The empty set, every input alone, and what every hidden unit and every output depends on: the first k features of the order.
  CHECK(structure->setCount() <= static_cast<size_t>(2 * features + 1));
  for (const auto &level : structure->levels())
    CHECK(level.size() == 1);
}

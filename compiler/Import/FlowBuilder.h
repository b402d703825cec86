// SPDX-License-Identifier: MIT
//
// Syntax tree -> flow IR: the dsl's GraphBuilder, implemented with MLIR. The only part of the compiler that sees dsl/.

#pragma once

#include "dsl/GraphBuilder.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

#include <functional>

namespace flowc {

namespace flow {
class ModelOp;
}

/// Collects the model that an elaboration describes into a new module.
class FlowBuilder final : public dsl::GraphBuilder {
public:
  /// `fileName` gives the name of a SourceLocation's file, for locations.
  FlowBuilder(mlir::MLIRContext *context, std::function<std::string(uint32_t)> fileName);

  /// The finished module.
  mlir::OwningOpRef<mlir::ModuleOp> takeModule() { return std::move(module); }

  std::vector<dsl::ScalarFunction> scalarFunctions() const override;
  void beginModel(std::string_view name, int64_t features, dsl::SourceLocation loc) override;
  void dataDomain(dsl::Interval domain) override;
  void takesContext(const dsl::ContextInfo &context) override;
  void endModel() override;
  void estimateLogDets(int64_t least, double keep, dsl::SourceLocation loc) override;
  void reverseKl(std::string_view target, bool isFlow) override;
  dsl::Value beginEnergy(int64_t features, dsl::SourceLocation loc) override;
  void endEnergy(dsl::Value result, dsl::SourceLocation loc) override;
  dsl::Value beginLayer(const dsl::LayerInfo &info, dsl::SourceLocation loc) override;
  void layerDomain(dsl::Interval domain) override;
  void endLayer(dsl::Value result, dsl::SourceLocation loc) override;
  dsl::Value context(dsl::SourceLocation loc) override;
  dsl::Value parameter(std::string_view name, const dsl::Shape &shape, const dsl::ParameterInit &init,
                       dsl::SourceLocation loc) override;
  dsl::Value constrained(dsl::Value value, dsl::Interval range, dsl::SourceLocation loc) override;
  dsl::Value normBounded(dsl::Value value, double bound, bool spectral, dsl::SourceLocation loc) override;
  dsl::Value spectralNorm(dsl::Value matrix, double least, dsl::SourceLocation loc) override;
  void assume(dsl::Value value, dsl::Interval range, std::string_view text, dsl::SourceLocation loc) override;
  std::pair<dsl::Value, dsl::Value> startProbe(dsl::Value value, dsl::SourceLocation loc) override;
  void startParameter(std::string_view name, dsl::Value value, dsl::SourceLocation loc) override;
  dsl::Value runningStatistic(std::string_view name, dsl::Value value, const dsl::Shape &shape, const dsl::RunningStatistic &statistic,
                              dsl::SourceLocation loc) override;
  dsl::Value constant(const dsl::Shape &shape, std::vector<double> values, dsl::SourceLocation loc) override;
  dsl::Value apply(std::string_view function, std::span<const dsl::Value> operands, dsl::SourceLocation loc) override;
  dsl::Value matvec(dsl::Value matrix, dsl::Value vector, int64_t columns, dsl::SourceLocation loc) override;
  dsl::Value causal(dsl::Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns,
                    dsl::SourceLocation loc) override;
  dsl::Value extract(dsl::Value vector, std::vector<int64_t> indices, dsl::SourceLocation loc) override;
  dsl::Value merge(std::span<const dsl::Value> pieces, const std::vector<std::vector<int64_t>> &indices, int64_t size,
                   dsl::SourceLocation loc) override;
  dsl::Value sum(dsl::Value vector, dsl::SourceLocation loc) override;
  dsl::Value splat(dsl::Value scalar, const dsl::Shape &shape, dsl::SourceLocation loc) override;
  void name(dsl::Value value, std::string_view userName) override;

private:
  mlir::Location locate(dsl::SourceLocation loc);
  mlir::RankedTensorType tensorType(const dsl::Shape &shape);
  mlir::Value get(dsl::Value handle) const { return values[handle.id]; }
  dsl::Value keep(mlir::Value value);

  mlir::OpBuilder builder;
  std::function<std::string(uint32_t)> fileName;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Where parameters are declared: the model's body, ahead of the layers.
  mlir::OpBuilder::InsertPoint declarations;
  mlir::Block *modelBody = nullptr;
  /// Of the layer that is being built.
  mlir::StringAttr layerName;
  std::vector<mlir::Value> values;
};

} // namespace flowc

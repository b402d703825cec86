// SPDX-License-Identifier: MIT
//
// The program of a model as the language tells it, recorded step by step and evaluated directly: the meaning of a spec,
// without the compiler.

#pragma once

#include "dsl/GraphBuilder.h"
#include "tests/fuzz/Number.h"

#include <map>
#include <memory>
#include <span>

namespace flowc::fuzz {

/// Elements of a value.
using Numbers = std::vector<Number>;

struct Step {
  std::string function;
  std::vector<uint32_t> operands;
  dsl::Shape shape;
  std::vector<double> constants;
  std::vector<std::vector<int64_t>> indices;
  dsl::Interval range{};
  std::string name;
};

struct TapeLayer {
  dsl::LayerInfo info;
  std::optional<dsl::Interval> domain;
  uint32_t input, result;
};

struct TapeParameter {
  std::string name;
  uint32_t step;
  int64_t size;
  bool isContext = false; ///< Not a parameter: what samples are given, which any real numbers stand for.
};

/// One run of a layer.
struct Evaluation {
  Numbers result;
  Mishaps mishaps;
  /// Every comparison's outcomes, in order: where two runs differ, a piece ends.
  std::vector<bool> choices;
  /// A value that the language promised to lie in a range, and does not.
  std::string brokenPromise;
};

class Tape final : public dsl::GraphBuilder {
public:
  const std::vector<TapeLayer> &layers() const { return layerList; }
  const std::vector<TapeParameter> &parameters() const { return parameterList; }
  int64_t parameterCount() const;
  /// The layer's parameters' places in the vector of all raw parameters, and the context's if the layer sees it.
  std::vector<size_t> parametersOf(size_t layer) const;
  /// The context that real numbers stand for, each a 64-bit number of its domain; none if the flow is given nothing.
  std::vector<double> contextOf(std::span<const Number> raw) const;
  /// Whether some value of the layer has that name.
  bool hasName(size_t layer, const std::string &name) const;

  /// `raw` holds all parameters, and what stands for the context, in the order of parameters(). Named values listed in `overrides` take that value
  /// instead of their own.
  Evaluation evaluate(size_t layer, const Numbers &input, const Numbers &raw,
                      const std::map<std::string, double> &overrides = {}, double rounding = 0) const;

  std::vector<dsl::ScalarFunction> scalarFunctions() const override;
  void beginModel(std::string_view, int64_t, dsl::SourceLocation) override {}
  void endModel() override {}
  // What a flow is trained by is no part of a layer: an energy is written down like one's values, and nobody asks for it.
  void reverseKl(std::string_view, bool) override {}
  dsl::Value beginEnergy(int64_t features, dsl::SourceLocation) override { return add({"input", {}, {features}, {}, {}, {}, {}}); }
  void endEnergy(dsl::Value, dsl::SourceLocation) override {}
  dsl::Value beginLayer(const dsl::LayerInfo &info, dsl::SourceLocation) override;
  void layerDomain(dsl::Interval domain) override { layerList.back().domain = domain; }
  void endLayer(dsl::Value result, dsl::SourceLocation) override { layerList.back().result = result.id; }
  void takesContext(const dsl::ContextInfo &info) override;
  dsl::Value context(dsl::SourceLocation) override { return add({"context", {}, {given.size}, {}, {}, {}, {}}); }
  dsl::Value parameter(std::string_view name, const dsl::Shape &shape, const dsl::ParameterInit &,
                       dsl::SourceLocation) override;
  dsl::Value constrained(dsl::Value value, dsl::Interval range, dsl::SourceLocation) override;
  std::pair<dsl::Value, dsl::Value> startProbe(dsl::Value value, dsl::SourceLocation) override;
  void startParameter(std::string_view, dsl::Value, dsl::SourceLocation) override {}
  dsl::Value runningStatistic(std::string_view name, dsl::Value, const dsl::Shape &shape, const dsl::RunningStatistic &,
                              dsl::SourceLocation loc) override {
    return parameter(name, shape, {}, loc);
  }
  /// No random layer has a matrix of bounded norm; any bound of it serves.
  dsl::Value spectralNorm(dsl::Value matrix, double least, dsl::SourceLocation loc) override;
  dsl::Value constant(const dsl::Shape &shape, std::vector<double> values, dsl::SourceLocation) override;
  dsl::Value apply(std::string_view function, std::span<const dsl::Value> operands, dsl::SourceLocation) override;
  dsl::Value matvec(dsl::Value matrix, dsl::Value vector, int64_t columns, dsl::SourceLocation) override;
  dsl::Value causal(dsl::Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns, dsl::SourceLocation) override;
  dsl::Value extract(dsl::Value vector, std::vector<int64_t> indices, dsl::SourceLocation) override;
  dsl::Value merge(std::span<const dsl::Value> pieces, const std::vector<std::vector<int64_t>> &indices, int64_t size,
                   dsl::SourceLocation) override;
  dsl::Value sum(dsl::Value vector, dsl::SourceLocation) override;
  dsl::Value splat(dsl::Value scalar, const dsl::Shape &shape, dsl::SourceLocation) override;
  void name(dsl::Value value, std::string_view userName) override;

private:
  dsl::Value add(Step step);
  void run(const Step &step, std::vector<Numbers> &memory, Evaluation &evaluation) const;
  /// The steps of a layer: from its input to its result.
  std::pair<uint32_t, uint32_t> extent(size_t layer) const;

  std::vector<Step> steps;
  std::vector<TapeLayer> layerList;
  std::vector<TapeParameter> parameterList;
  dsl::ContextInfo given{};
};

} // namespace flowc::fuzz

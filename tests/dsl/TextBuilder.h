// SPDX-License-Identifier: MIT
//
// A GraphBuilder that writes down what it is told, for golden tests.

#pragma once

#include "dsl/GraphBuilder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace flowc::dsl {

class TextBuilder final : public GraphBuilder {
public:
  std::string text;

  std::vector<ScalarFunction> scalarFunctions() const override {
    std::vector<ScalarFunction> functions;
    for (const char *name : {"exp",
                             "log",
                             "log1p",
                             "expm1",
                             "sqrt",
                             "tanh",
                             "atanh",
                             "sigmoid",
                             "logit",
                             "softplus",
                             "softplus_inverse",
                             "sinh",
                             "cosh",
                             "asinh",
                             "sin",
                             "cos",
                             "atan",
                             "abs",
                             "erf",
                             "normal_cdf",
                             "normal_quantile",
                             "square",
                             "cube",
                             "cbrt"})
      functions.push_back({name, 1});
    functions.push_back({"turn", 2});
    return functions;
  }
  void beginModel(std::string_view name, int64_t features, SourceLocation) override {
    line("model {} of {}", name, features);
  }
  void takesContext(const ContextInfo &context) override {
    std::string range = context.range ? fmt::format(" in ({}, {})", context.range->low, context.range->high) : "";
    line("context of {}{}{}", context.size, context.label ? " labels" : "", range);
  }
  Value context(SourceLocation) override { return value("context"); }
  void endModel() override { line("end"); }
  void reverseKl(std::string_view target, bool isFlow) override {
    line("reverse_kl from {} {}", isFlow ? "flow" : "energy", target);
  }
  void estimateLogDets(int64_t least, double keep, SourceLocation) override { line("log_det estimated, least {} keep {}", least, keep); }
  Value beginEnergy(int64_t, SourceLocation) override {
    line("energy");
    return value("input");
  }
  void endEnergy(Value result, SourceLocation) override { line("  return %{}", result.id); }
  Value beginLayer(const LayerInfo &info, SourceLocation) override {
    line("layer {}{}{}", info.name, info.generative ? " generative" : "", info.base ? " base" : "");
    return value("input");
  }
  void layerDomain(Interval domain) override { line("  on ({}, {})", domain.low, domain.high); }
  void endLayer(Value result, SourceLocation) override { line("  return %{}", result.id); }
  Value parameter(std::string_view name, const Shape &shape, const ParameterInit &init, SourceLocation) override {
    static constexpr const char *kinds[] = {"uniform", "normal", "constant", "values"};
    std::vector<double> numbers =
        init.kind == ParameterInit::Kind::Values ? init.values : std::vector<double>{init.a, init.b};
    return value("parameter {} [{}] {} {:.6g}", name, fmt::join(shape, ", "), kinds[static_cast<int>(init.kind)],
                 fmt::join(numbers, " "));
  }
  Value constrained(Value operand, Interval range, SourceLocation) override {
    return value("%{} in ({}, {})", operand.id, range.low, range.high);
  }
  void assume(Value operand, Interval range, std::string_view text, SourceLocation) override {
    line("  assume %{} in {}{}, {}{}: {}", operand.id, range.lowOpen ? "(" : "[", range.low, range.high, range.highOpen ? ")" : "]", text);
  }
  std::pair<Value, Value> startProbe(Value probed, SourceLocation) override {
    return {value("mean %{}", probed.id), value("deviation %{}", probed.id)};
  }
  void startParameter(std::string_view name, Value start, SourceLocation) override {
    line("  start {} from %{}", name, start.id);
  }
  Value runningStatistic(std::string_view name, Value of, const Shape &shape, const RunningStatistic &statistic,
                         SourceLocation) override {
    bool isMean = statistic.kind == RunningStatistic::Kind::Mean;
    return value("running {} [{}] {} %{} keeps {}", name, fmt::join(shape, ", "), isMean ? "mean" : "variance", of.id, statistic.momentum);
  }
  Value constant(const Shape &shape, std::vector<double> values, SourceLocation) override {
    return value("constant [{}] {:.6g}", fmt::join(shape, ", "), fmt::join(values, " "));
  }
  Value apply(std::string_view function, std::span<const Value> operands, SourceLocation) override {
    return value("{} {}", function, list(operands));
  }
  Value matvec(Value matrix, Value vector, int64_t columns, SourceLocation) override {
    return value("matvec %{} %{}{}", matrix.id, vector.id, columns == 1 ? "" : fmt::format(" x {}", columns));
  }
  Value causal(Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns, SourceLocation) override {
    return value("causal %{} {} {}", matrix.id, rows, columns);
  }
  Value extract(Value vector, std::vector<int64_t> indices, SourceLocation) override {
    return value("extract %{} [{}]", vector.id, fmt::join(indices, ", "));
  }
  Value merge(std::span<const Value> pieces, const std::vector<std::vector<int64_t>> &indices, int64_t size,
              SourceLocation) override {
    return value("merge {} {} of {}", list(pieces), indices, size);
  }
  Value sum(Value vector, SourceLocation) override { return value("sum %{}", vector.id); }
  Value spectralNorm(Value matrix, double least, SourceLocation) override {
    return value("spectral_norm %{} {}", matrix.id, least);
  }
  Value splat(Value scalar, const Shape &shape, SourceLocation) override {
    return value("splat %{} [{}]", scalar.id, fmt::join(shape, ", "));
  }
  void name(Value, std::string_view) override {}

private:
  template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
    text += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }
  template <typename... Args> Value value(fmt::format_string<Args...> format, Args &&...args) {
    text += fmt::format("  %{} = ", next) + fmt::format(format, std::forward<Args>(args)...) + "\n";
    return {next++};
  }
  static std::string list(std::span<const Value> values) {
    std::string text;
    for (Value value : values)
      text += fmt::format("{}%{}", text.empty() ? "" : " ", value.id);
    return text;
  }

  uint32_t next = 0;
};

} // namespace flowc::dsl

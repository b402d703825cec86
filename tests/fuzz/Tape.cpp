// SPDX-License-Identifier: MIT

#include "tests/fuzz/Tape.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace flowc::fuzz {
namespace {

using Real = long double;

int64_t sizeOf(const dsl::Shape &shape) {
  int64_t size = 1;
  for (int64_t extent : shape)
    size *= extent;
  return size;
}

constexpr const char *kUnary[] = {"exp",        "log",
                                  "log1p",      "expm1",
                                  "sqrt",       "cbrt",
                                  "tanh",       "atanh",
                                  "sinh",       "cosh",
                                  "asinh",      "sin",
                                  "cos",        "atan",
                                  "erf",        "abs",
                                  "square",     "cube",
                                  "sigmoid",    "logit",
                                  "softplus",   "softplus_inverse",
                                  "normal_cdf", "normal_quantile"};

} // namespace

std::vector<dsl::ScalarFunction> Tape::scalarFunctions() const {
  std::vector<dsl::ScalarFunction> functions;
  for (const char *name : kUnary)
    functions.push_back({name, 1});
  functions.push_back({"turn", 2}); // (The prelude's; no random layer has it.)
  return functions;
}

dsl::Value Tape::add(Step step) {
  steps.push_back(std::move(step));
  return {static_cast<uint32_t>(steps.size() - 1)};
}

dsl::Value Tape::beginLayer(const dsl::LayerInfo &info, dsl::SourceLocation) {
  dsl::Value input = add({"input", {}, {info.features}, {}, {}, {}, {}});
  layerList.push_back({info, std::nullopt, input.id, input.id});
  return input;
}

dsl::Value Tape::parameter(std::string_view name, const dsl::Shape &shape, const dsl::ParameterInit &,
                           dsl::SourceLocation) {
  dsl::Value value = add({"parameter", {}, shape, {}, {}, {}, {}});
  parameterList.push_back({std::string(name), value.id, sizeOf(shape)});
  return value;
}

void Tape::takesContext(const dsl::ContextInfo &info) {
  given = info;
  parameterList.push_back({"context", 0, info.size, true});
}

std::vector<double> Tape::contextOf(std::span<const Number> raw) const {
  std::vector<double> context;
  for (const Number &number : raw) {
    Real r = number.value;
    context.push_back(static_cast<double>(!given.range                    ? r
                                          : std::isinf(given.range->high) ? given.range->low + std::exp(r)
                                                                          : given.range->low + (given.range->high - given.range->low) / (1 + std::exp(-r))));
  }
  // A label is the largest of them.
  auto largest = std::ranges::max_element(context);
  for (auto place = context.begin(); given.label && place != context.end(); ++place)
    *place = place == largest;
  return context;
}

dsl::Value Tape::constrained(dsl::Value value, dsl::Interval range, dsl::SourceLocation) {
  return add({"constrained", {value.id}, steps[value.id].shape, {}, {}, range, {}});
}

dsl::Value Tape::constant(const dsl::Shape &shape, std::vector<double> values, dsl::SourceLocation) {
  return add({"constant", {}, shape, std::move(values), {}, {}, {}});
}

std::pair<dsl::Value, dsl::Value> Tape::startProbe(dsl::Value value, dsl::SourceLocation loc) {
  // What parameters start from is not part of the layer: any mean and deviation will do.
  return {constant(steps[value.id].shape, {0}, loc), constant(steps[value.id].shape, {1}, loc)};
}

dsl::Value Tape::apply(std::string_view function, std::span<const dsl::Value> operands, dsl::SourceLocation) {
  Step step{std::string(function), {}, steps[operands.back().id].shape, {}, {}, {}, {}};
  for (dsl::Value operand : operands)
    step.operands.push_back(operand.id);
  return add(std::move(step));
}

dsl::Value Tape::spectralNorm(dsl::Value matrix, double least, dsl::SourceLocation loc) {
  dsl::Value squares = sum(apply("square", std::array{matrix}, loc), loc);
  return apply("max", std::array{constant({}, {least}, loc), apply("sqrt", std::array{squares}, loc)}, loc);
}

dsl::Value Tape::matvec(dsl::Value matrix, dsl::Value vector, int64_t columns, dsl::SourceLocation) {
  return add({"matvec", {matrix.id, vector.id}, {steps[matrix.id].shape[0] * columns}, {}, {}, {}, {}});
}

dsl::Value Tape::causal(dsl::Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns, dsl::SourceLocation) {
  return add({"causal", {matrix.id}, steps[matrix.id].shape, {}, {std::move(rows), std::move(columns)}, {}, {}});
}

dsl::Value Tape::extract(dsl::Value vector, std::vector<int64_t> indices, dsl::SourceLocation) {
  return add({"extract", {vector.id}, {static_cast<int64_t>(indices.size())}, {}, {std::move(indices)}, {}, {}});
}

dsl::Value Tape::merge(std::span<const dsl::Value> pieces, const std::vector<std::vector<int64_t>> &indices,
                       int64_t size, dsl::SourceLocation) {
  Step step{"merge", {}, {size}, {}, indices, {}, {}};
  for (dsl::Value piece : pieces)
    step.operands.push_back(piece.id);
  return add(std::move(step));
}

dsl::Value Tape::sum(dsl::Value vector, dsl::SourceLocation) { return add({"sum", {vector.id}, {}, {}, {}, {}, {}}); }

dsl::Value Tape::splat(dsl::Value scalar, const dsl::Shape &shape, dsl::SourceLocation) {
  return add({"splat", {scalar.id}, shape, {}, {}, {}, {}});
}

void Tape::name(dsl::Value value, std::string_view userName) {
  if (steps[value.id].name.empty())
    steps[value.id].name = userName;
}

int64_t Tape::parameterCount() const {
  int64_t total = 0;
  for (const TapeParameter &parameter : parameterList)
    total += parameter.size;
  return total;
}

std::pair<uint32_t, uint32_t> Tape::extent(size_t layer) const {
  uint32_t end = layer + 1 < layerList.size() ? layerList[layer + 1].input : static_cast<uint32_t>(steps.size());
  return {layerList[layer].input, end};
}

std::vector<size_t> Tape::parametersOf(size_t layer) const {
  auto [begin, end] = extent(layer);
  bool seesContext = std::any_of(steps.begin() + begin, steps.begin() + end, [](const Step &step) { return step.function == "context"; });
  std::vector<size_t> places;
  size_t offset = 0;
  for (const TapeParameter &parameter : parameterList) {
    for (int64_t i = 0; i < parameter.size; ++i)
      if (parameter.isContext ? seesContext : parameter.step >= begin && parameter.step < end)
        places.push_back(offset + i);
    offset += parameter.size;
  }
  return places;
}

bool Tape::hasName(size_t layer, const std::string &name) const {
  auto [begin, end] = extent(layer);
  return std::any_of(steps.begin() + begin, steps.begin() + end, [&](const Step &step) { return step.name == name; });
}

namespace {

/// The size of what a value was computed from: 0 in (-1, 3) is 0 to the digits that 3 has.
long double sizeBehind(const Step &step, double value) {
  long double size = std::abs(value);
  if (step.function == "constrained" && std::isfinite(step.range.low) && std::isfinite(step.range.high))
    size = std::max<long double>({size, std::abs(step.range.low), std::abs(step.range.high)});
  return size;
}

} // namespace

Evaluation Tape::evaluate(size_t layer, const Numbers &input, const Numbers &raw,
                          const std::map<std::string, double> &overrides, double rounding) const {
  auto [begin, end] = extent(layer);
  std::vector<Numbers> memory(end);
  Evaluation evaluation;
  std::span<const Number> rest(raw);
  std::vector<double> context;
  for (const TapeParameter &parameter : parameterList) {
    if (parameter.isContext)
      context = contextOf(rest.first(parameter.size));
    else if (parameter.step >= begin && parameter.step < end)
      memory[parameter.step].assign(rest.begin(), rest.begin() + parameter.size);
    rest = rest.subspan(parameter.size);
  }
  for (uint32_t k = begin; k < end; ++k)
    if (steps[k].function == "context")
      memory[k].assign(context.begin(), context.end());
  memory[begin] = input;
  for (uint32_t k = begin; k < end; ++k) {
    run(steps[k], memory, evaluation);
    if (k == begin || steps[k].name.empty())
      continue;
    if (auto found = overrides.find(steps[k].name); found != overrides.end())
      memory[k].assign(sizeOf(steps[k].shape), Number(found->second, 0, rounding * sizeBehind(steps[k], found->second)));
  }
  evaluation.result = memory[layerList[layer].result];
  return evaluation;
}

void Tape::run(const Step &step, std::vector<Numbers> &memory, Evaluation &evaluation) const {
  Numbers &out = memory[&step - steps.data()];
  auto in = [&](size_t k) -> const Numbers & { return memory[step.operands[k]]; };
  int64_t size = sizeOf(step.shape);
  Mishaps &mishaps = evaluation.mishaps;
  if (step.function == "input" || step.function == "parameter" || step.function == "context")
    return;
  if (step.function == "constant") {
    for (int64_t i = 0; i < size; ++i)
      out.push_back(step.constants[step.constants.size() == 1 ? 0 : i]);
  } else if (step.function == "constrained") {
    out = in(0);
    for (const Number &v : out)
      if (v.isReliable() && (v.value - v.error > step.range.high || v.value + v.error < step.range.low ||
                             (v.error == 0 && v.value == step.range.high && step.range.highOpen)))
        evaluation.brokenPromise = step.name;
  } else if (step.function == "matvec") {
    const dsl::Shape &matrix = steps[step.operands[0]].shape;
    int64_t depth = matrix[1], columns = matrix[0] > 0 ? size / matrix[0] : 1;
    for (int64_t i = 0; i < size; ++i) {
      Number total;
      for (int64_t j = 0; j < depth; ++j)
        total = applyBinary(
            "add", total,
            applyBinary("mul", in(0)[i / columns * depth + j], in(1)[j * columns + i % columns], mishaps), mishaps);
      out.push_back(total);
    }
  } else if (step.function == "causal") {
    for (int64_t row : step.indices[0])
      for (int64_t column : step.indices[1])
        out.push_back(column <= row ? in(0)[out.size()] : Number());
  } else if (step.function == "extract") {
    for (int64_t i : step.indices[0])
      out.push_back(in(0)[i]);
  } else if (step.function == "merge") {
    out.resize(size);
    for (size_t piece = 0; piece < step.operands.size(); ++piece)
      for (size_t i = 0; i < step.indices[piece].size(); ++i)
        out[step.indices[piece][i]] = in(piece)[i];
  } else if (step.function == "sum") {
    Number total;
    for (const Number &v : in(0))
      total = applyBinary("add", total, v, mishaps);
    out = {total};
  } else if (step.function == "splat") {
    out.assign(size, in(0)[0]);
  } else if (step.function == "where") {
    for (int64_t i = 0; i < size; ++i)
      out.push_back(std::isnan(in(0)[i].value) ? in(0)[i] : in(0)[i].value != 0 ? in(1)[i] : in(2)[i]);
  } else {
    for (int64_t i = 0; i < size; ++i)
      out.push_back(step.operands.size() == 1 ? applyUnary(step.function, in(0)[i], mishaps)
                                              : applyBinary(step.function, in(0)[i], in(1)[i], mishaps));
    if (step.function.starts_with("less") || step.function.starts_with("greater"))
      for (const Number &v : out)
        evaluation.choices.push_back(v.value != 0);
  }
}

} // namespace flowc::fuzz

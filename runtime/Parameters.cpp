// SPDX-License-Identifier: MIT

#include "runtime/Parameters.h"

#include "runtime/Philox.h"
#include "runtime/Safetensors.h"

#include <cmath>
#include <fmt/ranges.h>
#include <numbers>

namespace flowc::runtime {
namespace {

/// Below this a probed value counts as constant: dividing by its deviation would only amplify rounding errors.
constexpr double SmallestDeviation = 1e-6;

double initialValue(const Initializer &initializer, uint64_t seed, int64_t element, int64_t index) {
  auto draw = [&](uint32_t number) {
    return uniform<double>(seed, uint64_t(element), RandomStream::Initialize, number);
  };
  switch (initializer.kind) {
  case Initializer::Kind::Constant:
    return initializer.first;
  case Initializer::Kind::Uniform:
    return initializer.first + (initializer.second - initializer.first) * draw(0);
  case Initializer::Kind::Normal: // Box and Muller
    return initializer.first +
           initializer.second * std::sqrt(-2 * std::log(draw(0))) * std::cos(2 * std::numbers::pi * draw(1));
  case Initializer::Kind::Values:
    return initializer.values[size_t(index)];
  }
  return 0;
}

} // namespace

template <typename T> std::vector<T> initialParameters(const Manifest &manifest, uint64_t seed) {
  std::vector<T> values(size_t(manifest.parameterCount));
  for (const Parameter &parameter : manifest.parameters)
    for (int64_t i = 0; i < parameter.size; ++i)
      values[size_t(parameter.offset + i)] = T(initialValue(parameter.initializer, seed, parameter.offset + i, i));
  return values;
}

template <typename T>
void runStarts(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::vector<T> &parameters) {
  std::vector<T> mean(size_t(model.api().probes)), deviation(mean.size());
  for (const Start &start : manifest.starts) {
    model.set_parameters(parameters);
    model.probe(x, mean, deviation);
    for (T &value : deviation)
      if (!(value > T(SmallestDeviation)))
        value = T(1);
    std::vector<T> started = parameters;
    model.start(mean, deviation, started);
    for (size_t index : start.parameters) {
      const Parameter &parameter = manifest.parameters[index];
      for (int64_t i = parameter.offset; i < parameter.offset + parameter.size; ++i)
        parameters[size_t(i)] = started[size_t(i)];
    }
  }
}

template <typename T>
Failure checkAssumptions(const Manifest &manifest, Model<T> &model, std::span<const T> x, ExitCode code) {
  if (manifest.assumptions.empty() || x.empty())
    return std::nullopt;
  std::vector<T> share(size_t(model.api().probes)), deviation(share.size());
  model.probe(x, share, deviation);
  for (const Assumption &assumption : manifest.assumptions)
    for (int64_t row = assumption.firstRow; row < assumption.firstRow + assumption.rows; ++row)
      if (!(share[size_t(row)] == T(1)))
        return Error{code, fmt::format("the layer `{}` assumes `{}`, which does not hold{}; what the model gives would be wrong",
                                       assumption.layer, assumption.text,
                                       share[size_t(row)] > T(0)
                                           ? fmt::format(" for {:.3g} % of the rows", 100 - 100 * double(share[size_t(row)]))
                                           : std::string())};
  return std::nullopt;
}

template <typename T>
Failure saveParameters(const std::string &path, const Manifest &manifest, std::span<const T> parameters,
                       std::map<std::string, std::string> extra) {
  std::vector<TensorView> tensors;
  for (const Parameter &parameter : manifest.parameters)
    tensors.push_back(viewTensor(parameter.name, parameter.shape,
                                 parameters.subspan(size_t(parameter.offset), size_t(parameter.size))));
  extra["format"] = "flowc";
  extra["flowc.version"] = "1";
  extra["flowc.model"] = manifest.name;
  extra["flowc.spec"] = manifest.specText;
  return writeSafetensors(path, tensors, extra);
}

template <typename T> Result<std::vector<T>> loadParameters(const std::string &path, const Manifest &manifest) {
  Result<TensorFile> file = readSafetensors(path);
  if (!file && file.error().code == ExitCode::BadInput)
    return badInput("{}; name a sound checkpoint with --params, or train again", file.error().message);
  if (!file)
    return file.error();
  auto written = file->metadata.find("flowc.model");
  std::string remedy = written != file->metadata.end() && written->second != manifest.name
                           ? fmt::format("; the checkpoint is one of `{}`: name one of `{}` with --params",
                                         written->second, manifest.name)
                           : "; name another checkpoint with --params, or train again";
  std::vector<T> values(size_t(manifest.parameterCount));
  for (const Parameter &parameter : manifest.parameters) {
    const Tensor *tensor = file->find(parameter.name);
    if (!tensor)
      return badInput("{}: parameter `{}` of {} is missing{}", path, parameter.name, manifest.name, remedy);
    if (tensor->shape != parameter.shape)
      return badInput("{}: parameter `{}` has shape {}; the model has {}{}", path, parameter.name, tensor->shape,
                      parameter.shape, remedy);
    Result<std::vector<T>> loaded = tensorValues<T>(path, *tensor);
    if (!loaded)
      return badInput("{}{}", loaded.error().message, remedy);
    for (size_t i = 0; i < loaded->size(); ++i)
      if (!std::isfinite((*loaded)[i]))
        return badInput("{}: parameter `{}` holds {} at element {}{}", path, parameter.name, (*loaded)[i], i, remedy);
    std::copy(loaded->begin(), loaded->end(), values.begin() + parameter.offset);
  }
  if (file->tensors.size() != manifest.parameters.size())
    return badInput("{}: {} tensors, the model {} has {} parameters{}", path, file->tensors.size(), manifest.name,
                    manifest.parameters.size(), remedy);
  return values;
}

template std::vector<float> initialParameters(const Manifest &, uint64_t);
template std::vector<double> initialParameters(const Manifest &, uint64_t);
template void runStarts(const Manifest &, Model<float> &, std::span<const float>, std::vector<float> &);
template void runStarts(const Manifest &, Model<double> &, std::span<const double>, std::vector<double> &);
template Failure checkAssumptions(const Manifest &, Model<float> &, std::span<const float>, ExitCode);
template Failure checkAssumptions(const Manifest &, Model<double> &, std::span<const double>, ExitCode);
template Failure saveParameters(const std::string &, const Manifest &, std::span<const float>,
                                std::map<std::string, std::string>);
template Failure saveParameters(const std::string &, const Manifest &, std::span<const double>,
                                std::map<std::string, std::string>);
template Result<std::vector<float>> loadParameters(const std::string &, const Manifest &);
template Result<std::vector<double>> loadParameters(const std::string &, const Manifest &);

} // namespace flowc::runtime

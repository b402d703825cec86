// SPDX-License-Identifier: MIT

#include "runtime/Parameters.h"

#include "runtime/Philox.h"
#include "runtime/Safetensors.h"

#include <cmath>
#include <filesystem>
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

namespace {

/// Starts those parameters that `isWanted`, where a value that does not vary has a deviation of `still`.
template <typename T, typename IsWanted>
void startThose(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context, T still,
                std::vector<T> &parameters, IsWanted isWanted) {
  std::vector<T> mean(size_t(model.api().probes)), deviation(mean.size());
  for (const Start &start : manifest.starts) {
    model.set_parameters(parameters);
    model.probe(x, mean, deviation, context);
    for (T &value : deviation)
      if (!(value > T(SmallestDeviation)))
        value = still;
    std::vector<T> started = parameters;
    model.start(mean, deviation, started);
    for (size_t index : start.parameters) {
      const Parameter &parameter = manifest.parameters[index];
      for (int64_t i = parameter.offset; isWanted(parameter) && i < parameter.offset + parameter.size; ++i)
        parameters[size_t(i)] = started[size_t(i)];
    }
  }
}

} // namespace

template <typename T>
void runStarts(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context,
               std::vector<T> &parameters) {
  startThose(manifest, model, x, context, T(1), parameters, [](const Parameter &) { return true; });
}

template <typename T>
void settleStatistics(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context,
                      std::vector<T> &parameters) {
  startThose(manifest, model, x, context, T(0), parameters, [](const Parameter &parameter) { return parameter.running.has_value(); });
}

template <typename T> void followStatistics(const Manifest &manifest, Model<T> &model, std::vector<T> &parameters) {
  if (!manifest.takesStatistics)
    return;
  std::vector<T> taken = parameters;
  model.statistics(taken);
  for (const Parameter &parameter : manifest.parameters)
    for (int64_t i = parameter.offset; parameter.running && i < parameter.offset + parameter.size; ++i)
      parameters[size_t(i)] += T(1 - parameter.running->momentum) * (taken[size_t(i)] - parameters[size_t(i)]);
}

template <typename T>
Failure checkAssumptions(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context, ExitCode code) {
  if (manifest.assumptions.empty() || x.empty())
    return std::nullopt;
  std::vector<T> share(size_t(model.api().probes)), deviation(share.size());
  model.probe(x, share, deviation, context);
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

namespace {

/// Copies the tensor `name` of a checkpoint to the place of `parameter`.
template <typename T>
Failure takeTensor(const std::string &path, const TensorFile &file, const std::string &name, const Parameter &parameter,
                   const std::string &model, const std::string &remedy, std::vector<T> &values) {
  const Tensor *tensor = file.find(name);
  if (!tensor)
    return badInput("{}: parameter `{}` of {} is missing{}", path, name, model, remedy);
  if (tensor->shape != parameter.shape)
    return badInput("{}: parameter `{}` has shape {}; the model has {}{}", path, name, tensor->shape, parameter.shape, remedy);
  Result<std::vector<T>> loaded = tensorValues<T>(path, *tensor);
  if (!loaded)
    return badInput("{}{}", loaded.error().message, remedy);
  for (size_t i = 0; i < loaded->size(); ++i)
    if (!std::isfinite((*loaded)[i]))
      return badInput("{}: parameter `{}` holds {} at element {}{}", path, name, (*loaded)[i], i, remedy);
  std::copy(loaded->begin(), loaded->end(), values.begin() + parameter.offset);
  return std::nullopt;
}

/// Reads the file's table of tensors; `option` is how another one is named.
Result<TensorFile> openCheckpoint(const std::string &path, const char *option) {
  Result<TensorFile> file = readSafetensors(path);
  if (!file && file.error().code == ExitCode::BadInput)
    return badInput("{}; name a sound checkpoint with {}, or train again", file.error().message, option);
  return file;
}

/// What to do about a checkpoint that does not fit.
std::string remedyFor(const TensorFile &file, const std::string &model, const char *option) {
  auto written = file.metadata.find("flowc.model");
  return written != file.metadata.end() && written->second != model
             ? fmt::format("; the checkpoint is one of `{}`: name one of `{}` with {}", written->second, model, option)
             : fmt::format("; name another checkpoint with {}, or train again", option);
}

} // namespace

template <typename T> Result<std::vector<T>> loadParameters(const std::string &path, const Manifest &manifest) {
  Result<TensorFile> file = openCheckpoint(path, "--params");
  if (!file)
    return file.error();
  std::string remedy = remedyFor(*file, manifest.name, "--params");
  std::vector<T> values(size_t(manifest.parameterCount));
  for (const Parameter &parameter : manifest.parameters)
    if (Failure failure = takeTensor(path, *file, parameter.name, parameter, manifest.name, remedy, values))
      return *failure;
  if (file->tensors.size() != manifest.parameters.size())
    return badInput("{}: {} tensors, the model {} has {} parameters{}", path, file->tensors.size(), manifest.name,
                    manifest.parameters.size(), remedy);
  return values;
}

template <typename T> Failure loadFrozen(const std::string &given, const Manifest &manifest, std::vector<T> &parameters) {
  std::error_code ignored;
  const std::string &teacher = manifest.objective.target;
  bool isFolder = std::filesystem::is_directory(given, ignored);
  std::string path = isFolder ? given + "/parameters.safetensors" : given;
  if (isFolder && !std::filesystem::exists(path, ignored))
    return environmentError("{}: has no parameters.safetensors; train {} first", given, teacher);
  Result<TensorFile> file = openCheckpoint(path, "--teacher");
  if (!file)
    return file.error();
  std::string remedy = remedyFor(*file, teacher, "--teacher");
  size_t frozen = 0;
  for (const Parameter &parameter : manifest.parameters) {
    if (!parameter.frozen)
      continue;
    ++frozen;
    std::string name = parameter.name.substr(teacher.size() + 1); // behind `TEACHER.`
    if (Failure failure = takeTensor(path, *file, name, parameter, teacher, remedy, parameters))
      return failure;
  }
  if (file->tensors.size() != frozen)
    return badInput("{}: {} tensors, {} has {} parameters{}", path, file->tensors.size(), teacher, frozen, remedy);
  return std::nullopt;
}

template std::vector<float> initialParameters(const Manifest &, uint64_t);
template std::vector<double> initialParameters(const Manifest &, uint64_t);
template void runStarts(const Manifest &, Model<float> &, std::span<const float>, std::span<const float>, std::vector<float> &);
template void runStarts(const Manifest &, Model<double> &, std::span<const double>, std::span<const double>,
                        std::vector<double> &);
template void settleStatistics(const Manifest &, Model<float> &, std::span<const float>, std::span<const float>, std::vector<float> &);
template void settleStatistics(const Manifest &, Model<double> &, std::span<const double>, std::span<const double>,
                               std::vector<double> &);
template void followStatistics(const Manifest &, Model<float> &, std::vector<float> &);
template void followStatistics(const Manifest &, Model<double> &, std::vector<double> &);
template Failure checkAssumptions(const Manifest &, Model<float> &, std::span<const float>, std::span<const float>, ExitCode);
template Failure checkAssumptions(const Manifest &, Model<double> &, std::span<const double>, std::span<const double>, ExitCode);
template Failure saveParameters(const std::string &, const Manifest &, std::span<const float>,
                                std::map<std::string, std::string>);
template Failure saveParameters(const std::string &, const Manifest &, std::span<const double>,
                                std::map<std::string, std::string>);
template Result<std::vector<float>> loadParameters(const std::string &, const Manifest &);
template Result<std::vector<double>> loadParameters(const std::string &, const Manifest &);
template Failure loadFrozen(const std::string &, const Manifest &, std::vector<float> &);
template Failure loadFrozen(const std::string &, const Manifest &, std::vector<double> &);

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT

#include "runtime/TrainState.h"

#include "runtime/Safetensors.h"

#include <array>
#include <cstdlib>
#include <fmt/format.h>

namespace flowc::runtime {
namespace {

/// The vectors by the names they are stored under.
template <typename State> auto vectorsOf(State &state) {
  return std::array{std::pair{"parameters", &state.parameters}, std::pair{"averaged", &state.averaged},
                    std::pair{"best", &state.bestParameters}, std::pair{"optim.first", &state.optimizer.first},
                    std::pair{"optim.second", &state.optimizer.second}};
}

/// Exact in text: hexadecimal digits.
std::string exact(double value) { return fmt::format("{:a}", value); }

} // namespace

template <typename T> Failure saveTrainState(const std::string &path, const TrainState<T> &state) {
  std::vector<TensorView> tensors;
  for (auto [name, values] : vectorsOf(state))
    tensors.push_back(viewTensor(name, {int64_t(values->size())}, std::span<const T>(*values)));
  return writeSafetensors(path, tensors,
                          {{"format", "flowc-training"},
                           {"step", fmt::to_string(state.step)},
                           {"epoch_sum", exact(state.epochSum)},
                           {"epoch_rows", fmt::to_string(state.epochRows)},
                           {"best", exact(state.best)},
                           {"best_epoch", fmt::to_string(state.bestEpoch)},
                           {"worse_epochs", fmt::to_string(state.worseEpochs)}});
}

template <typename T> Result<TrainState<T>> loadTrainState(const std::string &path, size_t parameters) {
  Result<TensorFile> file = readSafetensors(path);
  if (!file)
    return file.error();
  auto &metadata = file->metadata;
  if (metadata["format"] != "flowc-training")
    return badInput("{}: no state of a training run", path);
  TrainState<T> state;
  state.step = std::atoll(metadata["step"].c_str());
  state.epochSum = std::strtod(metadata["epoch_sum"].c_str(), nullptr);
  state.epochRows = std::atoll(metadata["epoch_rows"].c_str());
  state.best = std::strtod(metadata["best"].c_str(), nullptr);
  state.bestEpoch = std::atoll(metadata["best_epoch"].c_str());
  state.worseEpochs = std::atoll(metadata["worse_epochs"].c_str());
  for (auto [name, values] : vectorsOf(state)) {
    const Tensor *tensor = file->find(name);
    if (!tensor || tensor->dtype != (sizeof(T) == 4 ? "F32" : "F64"))
      return badInput("{}: `{}` is missing or of another element type", path, name);
    Result<std::vector<T>> loaded = tensorValues<T>(path, *tensor);
    if (!loaded)
      return loaded.error();
    if (!loaded->empty() && loaded->size() != parameters)
      return badInput("{}: `{}` has {} elements; the model has {} parameters", path, name, loaded->size(), parameters);
    *values = std::move(*loaded);
  }
  if (state.parameters.size() != parameters || state.bestParameters.size() != parameters)
    return badInput("{}: belongs to another model", path);
  return state;
}

template Failure saveTrainState(const std::string &, const TrainState<float> &);
template Failure saveTrainState(const std::string &, const TrainState<double> &);
template Result<TrainState<float>> loadTrainState(const std::string &, size_t);
template Result<TrainState<double>> loadTrainState(const std::string &, size_t);

} // namespace flowc::runtime

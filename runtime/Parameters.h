// SPDX-License-Identifier: MIT
//
// The parameter vector of a model: how it begins, and how it goes to and from checkpoints.

#ifndef FLOWC_RUNTIME_PARAMETERS_H
#define FLOWC_RUNTIME_PARAMETERS_H

#include "runtime/CompiledModel.h"

#include <map>
#include <span>

namespace flowc::runtime {

/// The parameters that the manifest's initializers give: a function of the seed alone, the same in every element type
/// up to rounding.
template <typename T> std::vector<T> initialParameters(const Manifest &manifest, uint64_t seed);

/// Runs the data-dependent starts on `x`, whole rows with their `context`, in the manifest's order. A probed value that does not vary is
/// given deviation 1.
template <typename T>
void runStarts(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context,
               std::vector<T> &parameters);

/// Sets the parameters that follow a statistic to that of `x`, whole rows, each behind those that it waits for. By the probes of the
/// starts: what training takes by itself is another way there.
template <typename T>
void settleStatistics(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context,
                      std::vector<T> &parameters);

/// Moves the parameters that follow a statistic towards those that the last gradient of `model` has taken.
template <typename T> void followStatistics(const Manifest &manifest, Model<T> &model, std::vector<T> &parameters);

/// Whether everything that the layers assume holds for the model's parameters and for all rows of `x`, data; if not, an error of
/// one line with the layer and the assumption, and `code`. Costs nothing where nothing is assumed.
template <typename T>
Failure checkAssumptions(const Manifest &manifest, Model<T> &model, std::span<const T> x, std::span<const T> context, ExitCode code);

/// Writes the vector as one tensor a parameter, by name. `extra` joins the metadata (format, version, model, spec).
template <typename T>
Failure saveParameters(const std::string &path, const Manifest &manifest, std::span<const T> parameters,
                       std::map<std::string, std::string> extra);

/// Reads them back; every parameter must be there in its shape, and nothing else. Stored F32 or F64, returned as T.
template <typename T> Result<std::vector<T>> loadParameters(const std::string &path, const Manifest &manifest);

/// Puts a teacher's parameters, from its checkpoint or its model directory, into the frozen places of `parameters`.
template <typename T>
Failure loadFrozen(const std::string &path, const Manifest &manifest, std::vector<T> &parameters);

} // namespace flowc::runtime

#endif

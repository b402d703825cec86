// SPDX-License-Identifier: MIT
//
// Compiled models: whether two are one function, and parameters to try them with.

#pragma once

#include <string>

namespace flowc::mutation {

/// Where the models in two folders differ, everything that they compute compared at points far and near and with parameters small and
/// large; empty if nowhere by more than rounding.
std::string difference(const std::string &one, const std::string &other);

/// Writes parameters far from where training starts, such as a trained model may have, for the model in a folder.
void writeParameters(const std::string &model, const std::string &file);

} // namespace flowc::mutation

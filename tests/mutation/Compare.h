// SPDX-License-Identifier: MIT
//
// Whether two compiled models are one function.

#pragma once

#include <string>

namespace flowc::mutation {

/// Where the models in two folders differ, everything that they compute compared at points far and near and with parameters small and
/// large; empty if nowhere by more than rounding.
std::string difference(const std::string &one, const std::string &other);

} // namespace flowc::mutation

// SPDX-License-Identifier: MIT
//
// The texts of dsl/prelude, embedded by the build.

#pragma once

#include <span>
#include <string_view>

namespace flowc::dsl {

struct PreludeFile {
  std::string_view name;
  std::string_view text;
};

std::span<const PreludeFile> preludeFiles();

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// A place in one of the sources of a compilation.

#pragma once

#include <cstdint>

namespace flowc::dsl {

/// File, line and column count from 1 (file indexes the SourceManager's list from 0); `length` is the extent in bytes of what
/// is underlined, at least 1. Columns count bytes. `line == 0` means that there is no place to show.
struct SourceLocation {
  uint32_t file = 0;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t length = 1;

  bool operator==(const SourceLocation &) const = default;
};

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// The texts of a compilation, by the number that locations carry.

#pragma once

#include "dsl/SourceLocation.h"

#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace flowc::dsl {

class SourceManager {
public:
  struct File {
    std::string name;
    std::string text;
  };

  /// Adds a text; returns its number.
  uint32_t add(std::string name, std::string text);
  /// Reads a file; nothing if that cannot be done. A file that was read before keeps its number.
  std::optional<uint32_t> read(const std::string &path);

  const File &file(uint32_t number) const { return files[number]; }
  size_t count() const { return files.size(); }
  /// Line `line` (from 1), without its end.
  std::string_view line(uint32_t file, uint32_t line) const;

private:
  std::deque<File> files;
};

} // namespace flowc::dsl

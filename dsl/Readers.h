// SPDX-License-Identifier: MIT
//
// Text to syntax tree, in the two forms.

#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"

#include <span>

namespace flowc::dsl {

/// Reads .flow text. Errors go to `diagnostics`; what could be read is returned all the same.
SyntaxTree parseFlow(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics);

/// Where a piece of .flow text stands that is the value of a JSON string: its n-th byte is at `columns[n]` of `line`.
struct Embedded {
  uint32_t file;
  uint32_t line;
  std::span<const uint32_t> columns;
};
/// Reads definitions in a text embedded in another file.
std::vector<Definition> parseDefinitions(std::string_view text, const Embedded &place, Diagnostics &diagnostics);

/// Reads a .json spec.
SyntaxTree readJson(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics);

} // namespace flowc::dsl

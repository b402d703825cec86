// SPDX-License-Identifier: MIT
//
// The canonical layout of specs (flowc fmt). Formatting twice changes nothing, and the syntax tree stays what it was.

#pragma once

#include "dsl/Diagnostics.h"

#include <optional>

namespace flowc::dsl {

/// .flow text: indentation, spacing and blank lines; comments and line breaks stay. Nothing if the text does not parse.
std::optional<std::string> formatFlow(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics);

/// JSON: what fits a line stands on one. Nothing if the text does not parse.
std::optional<std::string> formatJson(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics);

} // namespace flowc::dsl

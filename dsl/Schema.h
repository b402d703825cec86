// SPDX-License-Identifier: MIT

#pragma once

#include "dsl/Ast.h"

namespace flowc::dsl {

/// The JSON Schema (draft-07) of specs that may use `definitions`.
std::string makeSchema(const std::vector<Definition> &definitions);

} // namespace flowc::dsl

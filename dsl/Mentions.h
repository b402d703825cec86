// SPDX-License-Identifier: MIT

#pragma once

#include "dsl/Ast.h"

namespace flowc::dsl {

/// Whether the definition speaks of `name` anywhere, and has no parameter of that name.
bool mentions(const Definition &definition, const std::string &name);

} // namespace flowc::dsl

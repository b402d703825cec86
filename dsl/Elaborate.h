// SPDX-License-Identifier: MIT
//
// Syntax tree to program: everything that happens at compile time (loops, sizes, masks, calls, defaults) happens here.

#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"
#include "dsl/GraphBuilder.h"

#include <map>

namespace flowc::dsl {

/// The definitions in scope, by name.
using Definitions = std::map<std::string, const Definition *>;

/// Tells `builder` the program of `flow`, and of the one of `others` that it learns from. Returns whether all went well; what did not is
/// in `diagnostics`.
bool elaborateFlow(const FlowDecl &flow, const std::vector<FlowDecl> &others, const Definitions &definitions,
                   GraphBuilder &builder, Diagnostics &diagnostics);

} // namespace flowc::dsl

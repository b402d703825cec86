// SPDX-License-Identifier: MIT

#pragma once

#include "dsl/Ast.h"

namespace flowc::dsl {

/// The tree as indented text, for --emit=tree.
std::string printTree(const SyntaxTree &tree);

/// An expression as the language writes it.
std::string printExpr(const Expr &expr);

} // namespace flowc::dsl

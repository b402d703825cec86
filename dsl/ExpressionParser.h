// SPDX-License-Identifier: MIT
//
// Expressions and domains. Private to the parser.

#pragma once

#include "dsl/Ast.h"
#include "dsl/TokenStream.h"

namespace flowc::dsl {

class ExpressionParser : protected TokenStream {
protected:
  using TokenStream::TokenStream;

  ExprPtr expression();
  /// A name, a call, a literal, with what is indexed.
  ExprPtr postfix();
  /// { name = value; ... }
  ExprPtr record();
  /// A domain or a distribution: a name, perhaps with arguments.
  ExprPtr domain();

private:
  static int levelOf(const Token &token);
  ExprPtr make(ExprKind kind, SourceLocation loc, std::string text, std::vector<ExprPtr> items,
               std::vector<Argument> arguments = {});
  ExprPtr binary(int level);
  ExprPtr unary();
  ExprPtr power();
  ExprPtr primary();
  ExprPtr list();
  std::vector<Argument> arguments();
};

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// .flow text to tokens.

#pragma once

#include "dsl/Diagnostics.h"

namespace flowc::dsl {

enum class TokenKind { Name, Number, String, Symbol, Newline, Comment, End };

struct Token {
  TokenKind kind;
  SourceLocation loc;
  std::string text; ///< As written; of a string, what it stands for.
  std::string raw;  ///< As written.
  double number = 0;
  size_t offset = 0; ///< In the text.
};

/// Where a text's bytes are: the start of a file, or scattered in a JSON string.
struct TextPlace {
  uint32_t file;
  uint32_t line = 1;
  const uint32_t *columns = nullptr; ///< One per byte if not null; then the text is on one line.
};

/// All tokens, comments included, the last an End. Errors go to `diagnostics`.
std::vector<Token> lex(std::string_view text, const TextPlace &place, Diagnostics &diagnostics);

} // namespace flowc::dsl

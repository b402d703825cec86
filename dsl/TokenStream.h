// SPDX-License-Identifier: MIT
//
// What every part of the parser needs: the tokens, complaints about them, and limits. Private to the parser.

#pragma once

#include "dsl/Lexer.h"

#include <algorithm>
#include <fmt/format.h>

namespace flowc::dsl {

class TokenStream {
protected:
  static constexpr int kDeepest = 200;

  /// Thrown away with the construct that it was found in; never leaves the parser.
  struct Abandon {};

  TokenStream(std::vector<Token> tokens, Diagnostics &diagnostics)
      : tokens(std::move(tokens)), diagnostics(diagnostics) {
    std::erase_if(this->tokens, [](const Token &token) { return token.kind == TokenKind::Comment; });
  }

  const Token &peek() const { return tokens[position]; }
  const Token &take() { return tokens[position].kind == TokenKind::End ? tokens[position] : tokens[position++]; }
  bool at(std::string_view text) const {
    return (peek().kind == TokenKind::Symbol || peek().kind == TokenKind::Name) && peek().text == text;
  }
  bool accept(std::string_view text) {
    if (!at(text))
      return false;
    take();
    return true;
  }

  static std::string describe(const Token &token) {
    switch (token.kind) {
    case TokenKind::End:
      return "the end of the file";
    case TokenKind::Newline:
      return "the end of the line";
    case TokenKind::String:
      return "the text " + token.raw;
    default:
      return fmt::format("`{}`", token.text);
    }
  }

  [[noreturn]] void expected(const std::string &what) {
    if (gaveUp)
      throw Abandon();
    diagnostics.report(Kind::Syntax, peek().loc, fmt::format("expected {}, but found {}", what, describe(peek())));
    throw Abandon();
  }

  /// Nothing sensible can follow; the rest of the file would only repeat this.
  [[noreturn]] void giveUp(SourceLocation loc, const std::string &message) {
    if (!gaveUp)
      diagnostics.report(Kind::TooDeep, loc, message);
    gaveUp = true;
    position = tokens.size() - 1;
    throw Abandon();
  }

  SourceLocation expect(std::string_view text, const char *why) {
    if (!at(text))
      expected(fmt::format("`{}` {}", text, why));
    return take().loc;
  }

  Token name(const char *what) {
    if (peek().kind != TokenKind::Name)
      expected(what);
    return take();
  }

  void skipNewlines() {
    while (peek().kind == TokenKind::Newline)
      take();
  }
  void skipSeparators() {
    while (peek().kind == TokenKind::Newline || at(";"))
      take();
  }

  /// Past the end of the statement at hand, without leaving the braces that it stands in.
  void skipStatement() {
    for (int depth = 0; peek().kind != TokenKind::End; take()) {
      if (at("{") || at("(") || at("["))
        ++depth;
      if (at("}") && depth == 0)
        return;
      if (at("}") || at(")") || at("]"))
        depth = std::max(0, depth - 1);
      if (depth == 0 && (peek().kind == TokenKind::Newline || at(";")))
        return;
    }
  }

  static bool startsDefinition(const Token &token) {
    static const std::string_view words[] = {"bijection", "network", "layer", "generative", "energy", "flow", "import"};
    return token.kind == TokenKind::Name &&
           std::find(std::begin(words), std::end(words), token.text) != std::end(words);
  }

  /// To the next line that begins a definition.
  void skipToTopLevel(size_t before) {
    position = std::max(position, before + 1);
    while (peek().kind != TokenKind::End &&
           !(startsDefinition(peek()) && tokens[position - 1].kind == TokenKind::Newline))
      take();
  }

  /// Counts nesting, and gives up where it is absurd.
  struct Nesting {
    explicit Nesting(TokenStream &parser) : parser(parser) {
      if (++parser.depth <= kDeepest)
        return;
      --parser.depth;
      parser.giveUp(parser.peek().loc, fmt::format("nested more than {} deep", kDeepest));
    }
    ~Nesting() { --parser.depth; }
    TokenStream &parser;
  };

  std::vector<Token> tokens;
  Diagnostics &diagnostics;
  size_t position = 0;
  int depth = 0;
  bool gaveUp = false;
};

} // namespace flowc::dsl

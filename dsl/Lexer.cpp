// SPDX-License-Identifier: MIT

#include "dsl/Lexer.h"

#include "dsl/Utf8.h"

#include <cctype>
#include <charconv>
#include <fmt/format.h>

namespace flowc::dsl {
namespace {

bool isNameStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool isNamePart(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

class Lexer {
public:
  Lexer(std::string_view text, const TextPlace &place, Diagnostics &diagnostics)
      : text(text), place(place), diagnostics(diagnostics), line(place.line) {}

  std::vector<Token> run() {
    size_t bad = firstNonUtf8(text);
    while (position < text.size()) {
      if (bad != std::string_view::npos && position >= bad) {
        // What follows cannot be trusted to mean anything.
        diagnostics.report(Kind::NotUtf8, locate(position, 1),
                           fmt::format("the byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(text[bad])));
        break;
      }
      next();
    }
    push(TokenKind::End, position, 1);
    return std::move(tokens);
  }

private:
  SourceLocation locate(size_t offset, size_t length) const {
    if (place.columns)
      return {place.file, place.line, place.columns[std::min(offset, text.size())],
              std::max<uint32_t>(1, place.columns[std::min(offset + length, text.size())] - place.columns[offset])};
    return {place.file, line, static_cast<uint32_t>(offset - lineStart + 1), static_cast<uint32_t>(length)};
  }

  Token &push(TokenKind kind, size_t begin, size_t length) {
    std::string raw(text.substr(begin, position - begin));
    tokens.push_back({kind, locate(begin, length), raw, raw, 0, begin});
    return tokens.back();
  }

  void next() {
    size_t begin = position;
    char c = text[position];
    if (c == '\n') {
      ++position;
      push(TokenKind::Newline, begin, 1);
      if (!place.columns) {
        ++line;
        lineStart = position;
      }
    } else if (c == ' ' || c == '\t' || c == '\r') {
      ++position;
    } else if (c == '#') {
      while (position < text.size() && text[position] != '\n')
        ++position;
      push(TokenKind::Comment, begin, position - begin);
    } else if (isNameStart(c)) {
      while (position < text.size() && isNamePart(text[position]))
        ++position;
      push(TokenKind::Name, begin, position - begin);
    } else if (isDigit(c) || (c == '.' && position + 1 < text.size() && isDigit(text[position + 1]))) {
      number();
    } else if (c == '"') {
      string();
    } else {
      symbol();
    }
  }

  void digits() {
    while (position < text.size() && isDigit(text[position]))
      ++position;
  }

  void number() {
    size_t begin = position;
    digits();
    if (position < text.size() && text[position] == '.') {
      ++position;
      digits();
    }
    if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
      size_t mark = position++;
      if (position < text.size() && (text[position] == '+' || text[position] == '-'))
        ++position;
      if (position < text.size() && isDigit(text[position]))
        digits();
      else
        position = mark;
    }
    bool glued = position < text.size() && isNamePart(text[position]);
    while (position < text.size() && isNamePart(text[position]))
      ++position;
    Token &token = push(TokenKind::Number, begin, position - begin);
    std::string digitsText = token.text.front() == '.' ? "0" + token.text : token.text;
    auto result = std::from_chars(digitsText.data(), digitsText.data() + digitsText.size(), token.number);
    if (glued)
      diagnostics.report(Kind::BadNumber, token.loc, fmt::format("`{}` is neither a number nor a name", token.text));
    else if (result.ec == std::errc::result_out_of_range)
      diagnostics.report(Kind::BadNumber, token.loc, "this number does not fit a double");
  }

  void string() {
    size_t begin = position++;
    std::string value;
    while (position < text.size() && text[position] != '"' && text[position] != '\n') {
      if (text[position] == '\\' && position + 1 < text.size()) {
        char escaped = text[++position];
        value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
        ++position;
      } else {
        value += text[position++];
      }
    }
    bool closed = position < text.size() && text[position] == '"';
    if (closed)
      ++position;
    Token &token = push(TokenKind::String, begin, position - begin);
    token.text = value;
    if (!closed)
      diagnostics.report(Kind::UnterminatedString, token.loc, "this string has no closing quote on its line");
  }

  void symbol() {
    size_t begin = position;
    std::string_view two = text.substr(position, 2);
    if (two == "<=" || two == ">=" || two == "==" || two == "!=")
      position += 2;
    else if (std::string_view("+-*/^<>=()[]{},;:~").find(text[position]) != std::string_view::npos)
      ++position;
    else {
      do
        ++position;
      while (position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0) == 0x80);
      std::string character(text.substr(begin, position - begin));
      if (static_cast<unsigned char>(character[0]) < 0x20)
        character = fmt::format("\\x{:02x}", static_cast<unsigned char>(character[0]));
      diagnostics.report(Kind::UnexpectedCharacter, locate(begin, position - begin),
                         fmt::format("the character `{}` means nothing here", character));
      return;
    }
    push(TokenKind::Symbol, begin, position - begin);
  }

  std::string_view text;
  const TextPlace &place;
  Diagnostics &diagnostics;
  size_t position = 0, lineStart = 0;
  uint32_t line;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> lex(std::string_view text, const TextPlace &place, Diagnostics &diagnostics) {
  return Lexer(text, place, diagnostics).run();
}

} // namespace flowc::dsl

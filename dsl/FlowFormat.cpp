// SPDX-License-Identifier: MIT
//
// Works on tokens, so that comments keep their places: lines are indented by the brackets that are open, and every pair
// of neighbours on a line is spaced by rule.

#include "dsl/Formatters.h"
#include "dsl/Lexer.h"
#include "dsl/Readers.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

bool isOneOf(const std::string &text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool isKeyword(const Token &token) {
  return token.kind == TokenKind::Name &&
         isOneOf(token.text, {"return", "in", "if", "else", "start", "repeat", "data", "base", "objective", "param", "for",
                              "as", "assume", "running"});
}

bool opens(const Token &token) { return token.kind == TokenKind::Symbol && isOneOf(token.text, {"(", "[", "{"}); }
bool closes(const Token &token) { return token.kind == TokenKind::Symbol && isOneOf(token.text, {")", "]", "}"}); }

class Formatter {
public:
  explicit Formatter(const std::vector<Token> &tokens) : tokens(tokens) {}

  std::string run() {
    for (size_t begin = 0; begin < tokens.size();) {
      size_t end = begin;
      while (tokens[end].kind != TokenKind::Newline && tokens[end].kind != TokenKind::End)
        ++end;
      line(begin, end);
      begin = end + 1;
    }
    return std::move(out);
  }

private:
  void line(size_t begin, size_t end) {
    if (begin == end) {
      blank = !out.empty();
      return;
    }
    if (blank && !closes(tokens[begin]))
      out += '\n';
    blank = false;
    size_t leading = 0;
    while (begin + leading < end && closes(tokens[begin + leading]))
      ++leading;
    bool inBraces = open.empty() || open.back() == "{";
    bool startsOddly = tokens[begin].kind == TokenKind::Symbol && !opens(tokens[begin]) && !closes(tokens[begin]);
    bool continues = inBraces && (startsOddly || inParams);
    size_t last = end;
    while (last > begin && tokens[last - 1].kind == TokenKind::Comment)
      --last;
    if (last > begin)
      inParams = (inParams || isOneOf(tokens[begin].text, {"param", "running"})) && tokens[last - 1].text == ",";
    size_t indent = open.size() - std::min(leading, open.size()) + (continues ? 1 : 0);
    out += std::string(2 * indent, ' ');
    for (size_t i = begin; i < end; ++i) {
      if (closes(tokens[i]) && !open.empty())
        open.pop_back();
      if (i > begin && spaceBetween(i))
        out += ' ';
      out += tokens[i].raw;
      if (opens(tokens[i]))
        open.push_back(tokens[i].text);
    }
    while (!out.empty() && out.back() == ' ')
      out.pop_back();
    out += '\n';
  }

  /// Whether token i - 1, an operator, has only one operand.
  bool unaryBefore(size_t i) const {
    if (tokens[i - 1].text != "-")
      return false;
    // No statement begins with an operator, so a line that does goes on with the one above.
    size_t before = i - 1;
    while (before > 0 &&
           (tokens[before - 1].kind == TokenKind::Newline || tokens[before - 1].kind == TokenKind::Comment))
      --before;
    if (before == 0)
      return true;
    const Token &operand = tokens[before - 1];
    return (operand.kind == TokenKind::Symbol && !closes(operand)) || isKeyword(operand);
  }

  bool spaceBetween(size_t i) const {
    const Token &left = tokens[i - 1], &right = tokens[i];
    bool inIndex = !open.empty() && open.back() == "[";
    if (right.kind == TokenKind::Comment)
      return true;
    if (left.kind == TokenKind::Symbol) {
      if (isOneOf(left.text, {"(", "["}) || unaryBefore(i))
        return false;
      if (left.text == ":" && inIndex)
        return false;
    }
    if (right.kind == TokenKind::Symbol) {
      if (isOneOf(right.text, {",", ";", ")", "]", ":"}))
        return false;
      if (isOneOf(right.text, {"(", "["}) && (left.kind == TokenKind::Name || closes(left)))
        return isKeyword(left);
      if (right.text == "}" && left.text == "{" && left.kind == TokenKind::Symbol)
        return false;
    }
    return true;
  }

  const std::vector<Token> &tokens;
  std::vector<std::string> open;
  std::string out;
  bool blank = false, inParams = false;
};

} // namespace

std::optional<std::string> formatFlow(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics) {
  parseFlow(sources, file, diagnostics);
  if (diagnostics.hasErrors())
    return std::nullopt;
  return Formatter(lex(sources.file(file).text, {file}, diagnostics)).run();
}

} // namespace flowc::dsl

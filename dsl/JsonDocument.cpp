// SPDX-License-Identifier: MIT

#include "dsl/JsonDocument.h"

#include "dsl/Utf8.h"

#include <charconv>
#include <fmt/format.h>

namespace flowc::dsl {
namespace {

constexpr int kDeepest = 200;

/// Thrown where reading cannot go on; never leaves this file.
struct Abandon {};

using Type = JsonValue::Type;
using ValuePtr = std::shared_ptr<const JsonValue>;

class JsonParser {
public:
  JsonParser(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics)
      : text(sources.file(file).text), file(file), diagnostics(diagnostics) {}

  ValuePtr document() {
    try {
      if (size_t bad = firstNonUtf8(text); bad != std::string_view::npos)
        failAt(bad, Kind::NotUtf8,
               fmt::format("the byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(text[bad])));
      if (text.substr(0, 3) == "\xEF\xBB\xBF")
        fail(Kind::JsonSyntax,
             "the file begins with a byte order mark, an invisible character that JSON does not allow; "
             "save it as UTF-8 without one");
      skipSpace();
      if (position == text.size())
        fail(Kind::EmptyFile, "the file is empty; expected a JSON object");
      ValuePtr root = value();
      skipSpace();
      if (position != text.size())
        fail(Kind::JsonSyntax, fmt::format("expected the end of the file after the document, but found {}", found()));
      return root;
    } catch (Abandon) {
      return nullptr;
    }
  }

private:
  SourceLocation here(size_t length = 1) const {
    return {file, line, static_cast<uint32_t>(position - lineStart + 1), static_cast<uint32_t>(length)};
  }

  [[noreturn]] void fail(Kind kind, const std::string &message) {
    diagnostics.report(kind, here(), message);
    throw Abandon();
  }

  [[noreturn]] void failAt(size_t offset, Kind kind, const std::string &message) {
    for (; position < offset; ++position)
      if (text[position] == '\n') {
        ++line;
        lineStart = position + 1;
      }
    fail(kind, message);
  }

  bool at(char c) const { return position < text.size() && text[position] == c; }

  std::string found() const {
    if (position >= text.size())
      return "the end of the file";
    size_t end = position + 1; // A character may be several bytes.
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      ++end;
    return fmt::format("`{}`", text.substr(position, end - position));
  }

  void skipSpace() {
    while (position < text.size() && (at(' ') || at('\t') || at('\n') || at('\r'))) {
      if (at('\n')) {
        ++line;
        lineStart = position + 1;
      }
      ++position;
    }
    if (at('/') || at('#'))
      fail(Kind::JsonSyntax, "JSON has no comments");
  }

  ValuePtr value() {
    if (++depth > kDeepest)
      fail(Kind::TooDeep, fmt::format("nested more than {} deep", kDeepest));
    ValuePtr result = at('{') ? object() : at('[') ? array() : at('"') ? string() : literal();
    --depth;
    return result;
  }

  /// After a container's element: true to go on, false at its end.
  bool more(char close, const char *what) {
    skipSpace();
    if (at(',')) {
      SourceLocation comma = here();
      ++position;
      skipSpace();
      if (!at(close))
        return true;
      diagnostics.report(Kind::JsonSyntax, comma, fmt::format("a comma before `{}`; JSON allows none there", close));
    }
    if (!at(close))
      fail(Kind::JsonSyntax, fmt::format("expected `,` or `{}` {}, but found {}", close, what, found()));
    ++position;
    return false;
  }

  ValuePtr object() {
    auto result = std::make_shared<JsonValue>(JsonValue{Type::Object, here(), "", 0, {}, {}, {}});
    ++position;
    skipSpace();
    if (at('}')) {
      ++position;
      return result;
    }
    do {
      if (!at('"'))
        fail(Kind::JsonSyntax, fmt::format("expected a key in double quotes, but found {}", found()));
      ValuePtr key = string();
      skipSpace();
      if (!at(':'))
        fail(Kind::JsonSyntax, fmt::format("expected `:` after the key, but found {}", found()));
      ++position;
      skipSpace();
      if (const JsonMember *first = result->find(key->text)) {
        auto &diagnostic =
            diagnostics.report(Kind::DuplicateKey, key->loc, fmt::format("the key \"{}\" occurs twice", key->text));
        diagnostic.notes.push_back({first->keyLoc, "the first one is here"});
      }
      result->members.push_back({key->text, key->loc, value()});
    } while (more('}', "after this entry of the object"));
    return result;
  }

  ValuePtr array() {
    auto result = std::make_shared<JsonValue>(JsonValue{Type::Array, here(), "", 0, {}, {}, {}});
    ++position;
    skipSpace();
    if (at(']')) {
      ++position;
      return result;
    }
    do
      result->items.push_back(value());
    while (more(']', "after this element of the list"));
    return result;
  }

  void append(JsonValue &string, std::string_view bytes, size_t column) {
    for (char byte : bytes) {
      string.text += byte;
      string.columns.push_back(static_cast<uint32_t>(column));
    }
  }

  unsigned hex4() {
    unsigned code = 0;
    auto result = std::from_chars(text.data() + position, text.data() + std::min(position + 4, text.size()), code, 16);
    if (result.ptr != text.data() + position + 4)
      fail(Kind::JsonSyntax, "expected four hexadecimal digits after `\\u`");
    position += 4;
    return code;
  }

  static std::string utf8(unsigned code) {
    std::string out;
    if (code < 0x80)
      return {static_cast<char>(code)};
    if (code < 0x800)
      out = {static_cast<char>(0xC0 | code >> 6)};
    else if (code < 0x10000)
      out = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F))};
    else
      out = {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
             static_cast<char>(0x80 | (code >> 6 & 0x3F))};
    return out + static_cast<char>(0x80 | (code & 0x3F));
  }

  void escape(JsonValue &string) {
    size_t column = position - lineStart + 1;
    ++position;
    static constexpr std::string_view names = "\"\\/bfnrt", values = "\"\\/\b\f\n\r\t";
    char c = position < text.size() ? text[position] : '\0';
    if (size_t known = names.find(c); c && known != std::string_view::npos) {
      ++position;
      return append(string, values.substr(known, 1), column);
    }
    if (c != 'u')
      fail(Kind::JsonSyntax, "this is no escape that JSON knows");
    ++position;
    append(string, utf8(codePoint(position - 2)), column);
  }

  /// What follows `\u`, the escape that begins at `start`; beyond U+FFFF that is two escapes.
  unsigned codePoint(size_t start) {
    unsigned code = hex4();
    if (code < 0xD800 || code > 0xDFFF)
      return code;
    unsigned low = 0;
    if (code < 0xDC00 && text.substr(position, 2) == "\\u") {
      position += 2;
      low = hex4();
    }
    if (low >= 0xDC00 && low <= 0xDFFF)
      return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    position = start;
    fail(Kind::JsonSyntax, "this escape is half of a character; a pair such as \\ud83d\\ude00 makes a whole one");
  }

  ValuePtr string() {
    auto result = std::make_shared<JsonValue>(JsonValue{Type::String, here(), "", 0, {}, {}, {}});
    size_t begin = position++;
    while (!at('"')) {
      if (position >= text.size() || at('\n')) {
        diagnostics.report(Kind::UnterminatedString, result->loc, "this string has no closing quote on its line");
        throw Abandon();
      }
      if (at('\\'))
        escape(*result);
      else if (static_cast<unsigned char>(text[position]) < 0x20)
        fail(Kind::JsonSyntax, "a control character in a string must be escaped");
      else {
        append(*result, text.substr(position, 1), position - lineStart + 1);
        ++position;
      }
    }
    result->columns.push_back(static_cast<uint32_t>(position - lineStart + 1));
    ++position;
    result->loc.length = static_cast<uint32_t>(position - begin);
    return result;
  }

  ValuePtr literal() {
    size_t begin = position;
    while (position < text.size() &&
           std::string_view(" \t\r\n,:]}[{\"/").find(text[position]) == std::string_view::npos)
      ++position;
    std::string word(text.substr(begin, position - begin));
    position = begin;
    if (word.empty())
      fail(Kind::JsonSyntax, fmt::format("expected a value, but found {}", found()));
    auto result = std::make_shared<JsonValue>(JsonValue{Type::Null, here(word.size()), word, 0, {}, {}, {}});
    if (word == "true" || word == "false") {
      result->type = Type::Boolean;
      result->number = word == "true";
    } else if (word != "null") {
      result->type = Type::Number;
      number(*result);
    }
    position = begin + word.size();
    return result;
  }

  void number(JsonValue &value) {
    const std::string &word = value.text;
    auto parsed = std::from_chars(word.data(), word.data() + word.size(), value.number);
    auto digitAt = [&](size_t i) { return i < word.size() && std::isdigit(static_cast<unsigned char>(word[i])); };
    size_t first = word[0] == '-' ? 1 : 0, dot = word.find('.');
    // from_chars reads more than JSON allows: inf, .5, 5., 05.
    bool shaped = parsed.ptr == word.data() + word.size() && digitAt(first) &&
                  !(word[first] == '0' && digitAt(first + 1)) && (dot == std::string::npos || digitAt(dot + 1));
    size_t start = word.find_first_not_of("+-.");
    if (!shaped && start != std::string::npos && start <= 2 && digitAt(start)) {
      diagnostics.report(Kind::BadNumber, value.loc,
                         fmt::format("`{}` is no number that JSON knows; write it like 12, -0.5 or 1e-3", word));
      return;
    }
    if (!shaped) {
      auto &diagnostic = diagnostics.report(Kind::JsonSyntax, value.loc,
                                            fmt::format("`{}` is no JSON value; text stands in double quotes", word));
      diagnostic.suggestion = nearestName(word, {"true", "false", "null"});
      throw Abandon();
    }
    if (parsed.ec == std::errc::result_out_of_range)
      diagnostics.report(Kind::BadNumber, value.loc, "this number does not fit a double");
  }

  std::string_view text;
  uint32_t file;
  Diagnostics &diagnostics;
  size_t position = 0, lineStart = 0;
  uint32_t line = 1;
  int depth = 0;
};

} // namespace

const JsonMember *JsonValue::find(std::string_view key) const {
  for (const JsonMember &member : members)
    if (member.key == key)
      return &member;
  return nullptr;
}

std::string_view describe(JsonValue::Type type) {
  static constexpr std::string_view names[] = {"null", "true or false", "a number", "a string", "a list", "an object"};
  return names[static_cast<size_t>(type)];
}

ValuePtr readJsonDocument(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics) {
  return JsonParser(sources, file, diagnostics).document();
}

} // namespace flowc::dsl

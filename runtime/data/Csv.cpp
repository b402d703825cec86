// SPDX-License-Identifier: MIT
//
// CSV of numbers: fields separated by commas (or by semicolons or tabs, if the first line has those and no comma), one
// row a line, an optional header line, `#` comments, blank lines ignored. Places in messages are line:field, counted
// from 1.

#include "runtime/data/Table.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace flowc::runtime {
namespace {

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r");
  if (first == text.npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Foreign text as a message may show it: not too long, and with nothing that a terminal would obey.
std::string shownText(std::string_view text) {
  constexpr size_t most = 40;
  size_t end = std::min(text.size(), most);
  while (end < text.size() && end > 0 && (text[end] & 0xC0) == 0x80) // not inside of a UTF-8 character
    --end;
  std::string shown;
  for (char c : text.substr(0, end))
    shown += uint8_t(c) < 0x20 || c == 0x7F ? fmt::format("\\x{:02x}", uint8_t(c)) : std::string(1, c);
  return end < text.size() ? shown + "..." : shown;
}

enum class FieldKind { Number, TooLarge, NotFinite, Word };

template <typename T> FieldKind parseField(std::string_view field, T &value) {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    field = trim(field.substr(1, field.size() - 2));
  if (!field.empty() && field[0] == '+')
    field.remove_prefix(1);
  double wide = 0;
  auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), wide);
  if (field.empty() || end != field.data() + field.size())
    return FieldKind::Word;
  if (error == std::errc::result_out_of_range) {
    // Too small is zero for our purpose; too large is an error.
    bool tiny = field.find("e-") != field.npos || field.find("E-") != field.npos;
    value = 0;
    return tiny ? FieldKind::Number : FieldKind::TooLarge;
  }
  value = T(wide);
  return !std::isfinite(wide) ? FieldKind::NotFinite : std::isfinite(value) ? FieldKind::Number : FieldKind::TooLarge;
}

template <typename T> class CsvParser {
public:
  CsvParser(const std::string &path, TableExpectation expectation) : path(path), expectation(expectation) {}

  Result<Table<T>> parse(std::string_view text) {
    if (text.substr(0, 3) == "\xEF\xBB\xBF")
      text.remove_prefix(3);
    if (size_t zero = text.find('\0'); zero != text.npos)
      return badInput("{}: not CSV: byte {} is zero (a binary file, or UTF-16?); expected .npy, or CSV in UTF-8", path,
                      zero);
    while (!text.empty()) {
      size_t end = text.find('\n');
      ++line;
      if (Failure failure = parseLine(trim(text.substr(0, end))))
        return *failure;
      text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    // A header alone is a table without rows; nothing at all is what a failed program leaves behind.
    if (table.rows == 0 && !sawHeader)
      return badInput("{}: the file is empty; expected rows of numbers", path);
    if (table.rows == 0 && !expectation.mayBeEmpty)
      return badInput("{}: no rows after the header; expected at least 1", path);
    if (table.columns == 0)
      table.columns = expectation.columns;
    return std::move(table);
  }

private:
  Failure parseLine(std::string_view text) {
    if (text.empty() || text[0] == '#')
      return std::nullopt;
    if (!separator)
      separator = text.find(',') != text.npos    ? ','
                  : text.find(';') != text.npos  ? ';'
                  : text.find('\t') != text.npos ? '\t'
                                                 : ',';
    if (table.rows == 0 && !sawHeader && isHeader(text)) {
      sawHeader = true;
      // A quoted name may hold the separator, so that a count of the fields says nothing.
      bool quoted = text.find('"') != text.npos;
      return quoted ? std::nullopt : checkWidth(1 + std::count(text.begin(), text.end(), separator));
    }
    int64_t field = 0;
    for (bool more = true; more;) {
      std::string_view content = takeField(text, more);
      ++field;
      T value = 0;
      FieldKind kind = parseField(content, value);
      if (kind != FieldKind::Number)
        return describe(kind, content, field);
      table.values.push_back(value);
    }
    return takeRow(field);
  }

  std::string_view takeField(std::string_view &text, bool &more) const {
    size_t end = text.find(separator);
    std::string_view content = trim(text.substr(0, end));
    more = end != text.npos;
    text = more ? text.substr(end + 1) : std::string_view();
    return content;
  }

  /// A header has names only: a line with a number and a word is a row with a wrong value, not to be skipped silently.
  bool isHeader(std::string_view text) const {
    for (bool more = true; more;) {
      T ignored = 0;
      std::string_view content = takeField(text, more);
      if (!isName(content) || parseField(content, ignored) != FieldKind::Word)
        return false;
    }
    return true;
  }

  /// An empty field or `NA` is a hole in the data.
  static bool isName(std::string_view content) {
    return !content.empty() && content != "NA" && content != "N/A" && content != "?" && content != "null";
  }

  Failure describe(FieldKind kind, std::string_view content, int64_t field) const {
    std::string place = fmt::format("{}:{}:{}", path, line, field);
    std::string shown = shownText(content);
    if (kind == FieldKind::NotFinite)
      return badInput("{}: `{}`; expected a finite number: remove such rows or fill them in", place, shown);
    if (kind == FieldKind::TooLarge)
      return badInput("{}: `{}` is {}", place, shown, TooLargeText<T>);
    if (content.empty())
      return badInput("{}: empty field; expected a number: remove such rows or fill them in", place);
    if (table.rows == 0 && !sawHeader)
      return badInput("{}: not a number: `{}`; expected a row of numbers, or a header of names only", place, shown);
    return badInput("{}: not a number: `{}`; correct or remove this line", place, shown);
  }

  Failure checkWidth(int64_t width) const {
    const char *plural = width == 1 ? "" : "s";
    if (expectation.columns && width != expectation.columns)
      return badInput("{}:{}: {} field{}; expected {}, one for each feature of the model{}", path, line, width, plural,
                      expectation.columns, width == 1 ? ", with commas, semicolons or tabs between them" : "");
    if (table.rows && width != table.columns)
      return badInput("{}:{}: {} field{}; the lines before have {}", path, line, width, plural, table.columns);
    return std::nullopt;
  }

  Failure takeRow(int64_t width) {
    if (Failure failure = checkWidth(width))
      return failure;
    table.columns = width;
    ++table.rows;
    return std::nullopt;
  }

  const std::string &path;
  TableExpectation expectation;
  Table<T> table;
  int64_t line = 0;
  char separator = 0;
  bool sawHeader = false;
};

} // namespace

template <typename T>
Result<Table<T>> parseCsv(const std::string &path, std::string_view text, TableExpectation expectation) {
  return CsvParser<T>(path, expectation).parse(text);
}

template Result<Table<float>> parseCsv(const std::string &, std::string_view, TableExpectation);
template Result<Table<double>> parseCsv(const std::string &, std::string_view, TableExpectation);

} // namespace flowc::runtime

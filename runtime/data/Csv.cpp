// SPDX-License-Identifier: MIT
//
// CSV of numbers: fields separated by commas (or by semicolons or tabs, if the first line has those and no comma), one
// row a line, an optional header line, `#` comments, blank lines ignored. Places in messages are line:field, counted
// from 1.

#include "runtime/data/Table.h"

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
    while (!text.empty()) {
      size_t end = text.find('\n');
      ++line;
      if (Failure failure = parseLine(trim(text.substr(0, end))))
        return *failure;
      text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
    if (table.rows == 0 && !expectation.mayBeEmpty)
      return badInput("{}: no rows", path);
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
    bool mayBeHeader = table.rows == 0 && !sawHeader;
    size_t before = table.values.size();
    int64_t field = 0;
    for (bool more = true; more;) {
      size_t end = text.find(separator);
      std::string_view content = trim(text.substr(0, end));
      more = end != text.npos;
      text = more ? text.substr(end + 1) : std::string_view();
      ++field;
      T value = 0;
      FieldKind kind = parseField(content, value);
      if (kind == FieldKind::Word && mayBeHeader && isName(content)) {
        sawHeader = true;
        table.values.resize(before);
        return std::nullopt;
      }
      if (kind != FieldKind::Number)
        return describe(kind, content, field);
      table.values.push_back(value);
    }
    return takeRow(field);
  }

  /// A header has names; an empty field or `NA` is a hole in the data.
  static bool isName(std::string_view content) {
    return !content.empty() && content != "NA" && content != "N/A" && content != "?" && content != "null";
  }

  Failure describe(FieldKind kind, std::string_view content, int64_t field) const {
    std::string place = fmt::format("{}:{}:{}", path, line, field);
    std::string shown(content.substr(0, 40));
    if (kind == FieldKind::NotFinite)
      return badInput("{}: `{}`; expected a finite number", place, shown);
    if (kind == FieldKind::TooLarge)
      return badInput("{}: `{}` is too large for this element type", place, shown);
    if (content.empty())
      return badInput("{}: empty field; expected a number", place);
    return badInput("{}: not a number: `{}`", place, shown);
  }

  Failure takeRow(int64_t width) {
    int64_t expected = table.rows ? table.columns : expectation.columns;
    if (expected && width != expected)
      return table.rows && width != table.columns && table.columns != expectation.columns
                 ? badInput("{}:{}: {} fields; the lines before have {}", path, line, width, expected)
                 : badInput("{}:{}: {} fields; expected {}", path, line, width, expected);
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
  if (trim(text).empty() && !expectation.mayBeEmpty)
    return badInput("{}: the file is empty", path);
  return CsvParser<T>(path, expectation).parse(text);
}

template Result<Table<float>> parseCsv(const std::string &, std::string_view, TableExpectation);
template Result<Table<double>> parseCsv(const std::string &, std::string_view, TableExpectation);

} // namespace flowc::runtime

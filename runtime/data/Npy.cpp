// SPDX-License-Identifier: MIT
//
// .npy versions 1 to 3: f4, f8, i1 to i8, u1 to u8 and booleans, either byte order, C or Fortran order. Dimensions
// after the first are the columns of a row.

#include "runtime/data/Table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/ranges.h>

namespace flowc::runtime {
namespace {

/// The header: where the data begins and how to read it.
struct NpyHeader {
  char kind = 0; // f, i, u, b
  int64_t size = 0;
  bool bigEndian = false;
  bool fortran = false;
  std::vector<int64_t> shape;
  size_t dataOffset = 0;
};

/// Picks the value of a key out of the header, a Python dict literal of one known form.
std::string_view valueOf(std::string_view dict, std::string_view key) {
  size_t at = dict.find(key);
  if (at == dict.npos)
    return {};
  at = dict.find(':', at);
  if (at == dict.npos)
    return {};
  at = dict.find_first_not_of(' ', at + 1);
  return at == dict.npos ? std::string_view() : dict.substr(at);
}

/// The types that users meet most, for those who do not know numpy's letters.
const char *typeInWords(std::string_view type) {
  static constexpr std::pair<char, const char *> words[] = {
      {'c', " (complex numbers)"}, {'U', " (text)"},  {'S', " (text)"},   {'O', " (Python objects)"},
      {'M', " (dates)"},           {'m', " (times)"}, {'V', " (records)"}};
  for (auto [letter, text] : words)
    if (type.size() > 1 && type[1] == letter)
      return text;
  return "";
}

bool parseShape(std::string_view text, std::vector<int64_t> &shape) {
  if (text.empty() || text[0] != '(' || text.find(')') == text.npos)
    return false;
  text = text.substr(1, text.find(')') - 1);
  int64_t number = -1, total = 1;
  for (char c : std::string(text) + ",") {
    if (c >= '0' && c <= '9') {
      number = (number < 0 ? 0 : number) * 10 + (c - '0');
      if (number > (int64_t{1} << 48))
        return false;
    } else if (c == ',') {
      if (number >= 0)
        shape.push_back(number);
      number = -1;
    } else if (c != ' ' && c != 'L') {
      return false;
    }
  }
  for (int64_t extent : shape)
    if (__builtin_mul_overflow(total, extent ? extent : 1, &total) || total > (int64_t{1} << 48))
      return false;
  return true;
}

Result<NpyHeader> parseHeader(const std::string &path, std::string_view bytes) {
  if (bytes.empty())
    return badInput("{}: the file is empty; expected a .npy array", path);
  if (bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6))
    return badInput("{}: not a .npy file in spite of its name; expected one, or another name for CSV", path);
  if (bytes.size() < 12)
    return badInput("{}: truncated inside the header; copy or write the file again", path);
  int version = bytes[6];
  if (version < 1 || version > 3)
    return badInput("{}: .npy version {}; expected 1, 2 or 3", path, version);
  size_t lengthBytes = version == 1 ? 2 : 4, length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= size_t(uint8_t(bytes[8 + i])) << (8 * i);
  NpyHeader header;
  header.dataOffset = 8 + lengthBytes + length;
  if (header.dataOffset > bytes.size())
    return badInput("{}: truncated inside the header; copy or write the file again", path);
  std::string_view dict = bytes.substr(8 + lengthBytes, length);
  std::string_view descr = valueOf(dict, "'descr'"), order = valueOf(dict, "'fortran_order'");
  if (descr.size() < 4 || (order.substr(0, 4) != "True" && order.substr(0, 5) != "False") ||
      !parseShape(valueOf(dict, "'shape'"), header.shape))
    return badInput("{}: the .npy header is malformed; write the file again, as with numpy.save", path);
  header.fortran = order[0] == 'T';
  size_t end = descr[0] == '\'' ? descr.find('\'', 1) : descr.npos;
  std::string type(end == descr.npos ? "record" : descr.substr(1, end - 1));
  bool known = type.size() == 3 && std::strchr("<>|=", type[0]);
  header.kind = known ? type[1] : 0;
  header.size = known ? type[2] - '0' : 0;
  bool power = header.size == 1 || header.size == 2 || header.size == 4 || header.size == 8;
  bool supported = (header.kind == 'f' && header.size >= 4 && power) ||
                   ((header.kind == 'i' || header.kind == 'u') && power) || (header.kind == 'b' && header.size == 1);
  if (!supported)
    return badInput("{}: elements of type `{}`{}; expected f4, f8, integers or booleans: convert them as numpy's "
                    "astype('f8') does",
                    path, type, typeInWords(type));
  header.bigEndian = type[0] == '>';
  return header;
}

template <typename Raw> Raw loadRaw(const char *at, bool swap) {
  std::array<char, sizeof(Raw)> bytes;
  std::memcpy(bytes.data(), at, sizeof(Raw));
  if (swap)
    std::reverse(bytes.begin(), bytes.end());
  return std::bit_cast<Raw>(bytes);
}

/// Where column number `column` of row 0 lies. In Fortran order the first index runs fastest, then the others in turn.
int64_t columnOffset(const NpyHeader &header, int64_t columns, int64_t column) {
  if (!header.fortran)
    return column;
  int64_t offset = 0, stride = header.shape[0], rest = column, block = columns;
  for (size_t d = 1; d < header.shape.size(); ++d) {
    block /= header.shape[d];
    offset += rest / block * stride;
    rest %= block;
    stride *= header.shape[d];
  }
  return offset;
}

template <typename T, typename Raw> void convert(const NpyHeader &header, const char *data, Table<T> &table) {
  int64_t rowStride = header.fortran ? 1 : table.columns;
  std::vector<int64_t> offsets;
  for (int64_t column = 0; column < table.columns; ++column)
    offsets.push_back(columnOffset(header, table.columns, column));
  T *out = table.values.data();
  for (int64_t row = 0; row < table.rows; ++row)
    for (int64_t offset : offsets)
      *out++ = T(loadRaw<Raw>(data + (row * rowStride + offset) * int64_t(sizeof(Raw)), header.bigEndian));
}

template <typename T> void convertAny(const NpyHeader &header, const char *data, Table<T> &table) {
  switch (header.kind * 16 + header.size) {
  case 'f' * 16 + 4:
    return convert<T, float>(header, data, table);
  case 'f' * 16 + 8:
    return convert<T, double>(header, data, table);
  case 'i' * 16 + 1:
    return convert<T, int8_t>(header, data, table);
  case 'i' * 16 + 2:
    return convert<T, int16_t>(header, data, table);
  case 'i' * 16 + 4:
    return convert<T, int32_t>(header, data, table);
  case 'i' * 16 + 8:
    return convert<T, int64_t>(header, data, table);
  case 'u' * 16 + 2:
    return convert<T, uint16_t>(header, data, table);
  case 'u' * 16 + 4:
    return convert<T, uint32_t>(header, data, table);
  case 'u' * 16 + 8:
    return convert<T, uint64_t>(header, data, table);
  default:
    return convert<T, uint8_t>(header, data, table);
  }
}

/// The shape as numpy shows it, and what it should be.
template <typename T>
Error wrongShape(const std::string &path, const NpyHeader &header, const Table<T> &table, int64_t features) {
  return badInput("{}: the shape ({}{}) has rows of {} number{}; the model has {} feature{}: expected shape (rows, {})",
                  path, fmt::join(header.shape, ", "), header.shape.size() == 1 ? "," : "", table.columns,
                  table.columns == 1 ? "" : "s", features, features == 1 ? "" : "s", features);
}

template <typename T>
Failure checkFinite(const std::string &path, const NpyHeader &header, const char *data, const Table<T> &table) {
  int64_t bad = 0, first = 0;
  for (int64_t i = 0; i < int64_t(table.values.size()); ++i)
    if (!std::isfinite(table.values[size_t(i)]) && bad++ == 0)
      first = i;
  if (bad == 0)
    return std::nullopt;
  int64_t row = first / table.columns, column = first % table.columns;
  std::string more = bad > 1 ? fmt::format(" ({} elements are not)", bad) : "";
  // A number that only this element type cannot hold: show what the file says.
  if (header.kind == 'f' && header.size == 8) {
    int64_t at = row * (header.fortran ? 1 : table.columns) + columnOffset(header, table.columns, column);
    double raw = loadRaw<double>(data + at * int64_t(sizeof raw), header.bigEndian);
    if (std::isfinite(raw))
      return badInput("{}: element [{}, {}] is {}, {}", path, row, column, raw, TooLargeText<T>);
  }
  return badInput("{}: element [{}, {}] is {}; expected finite numbers{}: remove such rows or fill them in", path, row,
                  column, table.values[size_t(first)], more);
}

} // namespace

template <typename T>
Result<Table<T>> parseNpy(const std::string &path, std::string_view bytes, TableExpectation expectation) {
  Result<NpyHeader> header = parseHeader(path, bytes);
  if (!header)
    return header.error();
  const std::vector<int64_t> &shape = header->shape;
  if (shape.empty())
    return badInput("{}: the array has no dimensions; expected rows of numbers", path);
  Table<T> table;
  table.rows = shape[0];
  table.columns = 1;
  for (size_t d = 1; d < shape.size(); ++d)
    table.columns *= shape[d];
  if (expectation.columns && table.columns != expectation.columns)
    return wrongShape(path, *header, table, expectation.columns);
  if (table.rows == 0 && !expectation.mayBeEmpty)
    return badInput("{}: no rows; expected at least 1", path);
  uint64_t needed = uint64_t(table.rows) * uint64_t(table.columns) * uint64_t(header->size);
  uint64_t present = bytes.size() - header->dataOffset;
  if (present < needed)
    return badInput("{}: truncated: {} bytes of data, expected {}; copy or write the file again", path, present,
                    needed);
  if (present > needed)
    return badInput("{}: {} bytes after the end of the array; expected a single array", path, present - needed);
  table.values.resize(size_t(table.rows * table.columns));
  convertAny(*header, bytes.data() + header->dataOffset, table);
  if (Failure failure = checkFinite(path, *header, bytes.data() + header->dataOffset, table))
    return *failure;
  return table;
}

template Result<Table<float>> parseNpy(const std::string &, std::string_view, TableExpectation);
template Result<Table<double>> parseNpy(const std::string &, std::string_view, TableExpectation);

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// Choosing the format by the file's name, and writing.

#include "runtime/data/Table.h"

#include "runtime/AtomicFile.h"

#include <fmt/format.h>
#include <iterator>

namespace flowc::runtime {
namespace {

bool isNpy(const std::string &path) { return path.size() >= 4 && path.compare(path.size() - 4, 4, ".npy") == 0; }

template <typename T> std::string npyHeader(int64_t rows, int64_t columns) {
  std::string shape = columns ? fmt::format("({}, {})", rows, columns) : fmt::format("({},)", rows);
  std::string dict = fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': {}, }}", sizeof(T), shape);
  size_t total = (10 + dict.size() + 1 + 63) / 64 * 64;
  dict.append(total - 10 - dict.size() - 1, ' ');
  dict += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(dict.size() & 0xFF);
  header += char(dict.size() >> 8);
  return header + dict;
}

} // namespace

template <typename T> Result<Table<T>> readTable(const std::string &path, TableExpectation expectation) {
  Result<std::string> content = readFile(path);
  if (!content)
    return content.error();
  if (content->compare(0, 4, "PK\x03\x04") == 0)
    return badInput("{}: a zip archive (.npz?); expected a single array as numpy.save writes it, or CSV", path);
  // What begins as a .npy file is one under any name.
  bool looksNpy = content->compare(0, 6, std::string_view("\x93NUMPY", 6)) == 0;
  return isNpy(path) || looksNpy ? parseNpy<T>(path, *content, expectation)
                                 : parseCsv<T>(path == "-" ? "<stdin>" : path, *content, expectation);
}

template <typename T>
Failure writeTable(const std::string &path, std::span<const T> values, int64_t rows, int64_t columns,
                   const std::vector<std::string> &header) {
  if (isNpy(path)) {
    std::string_view bytes(reinterpret_cast<const char *>(values.data()), values.size_bytes());
    return writeFileAtomically(path, {npyHeader<T>(rows, columns), bytes});
  }
  std::string text;
  auto out = std::back_inserter(text);
  if (!header.empty())
    fmt::format_to(out, "{}\n", fmt::join(header, ","));
  int64_t width = columns ? columns : 1;
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < width; ++column)
      fmt::format_to(out, "{}{}", values[size_t(row * width + column)], column + 1 < width ? ',' : '\n');
  return writeFileAtomically(path, {text});
}

template Result<Table<float>> readTable(const std::string &, TableExpectation);
template Result<Table<double>> readTable(const std::string &, TableExpectation);
template Failure writeTable(const std::string &, std::span<const float>, int64_t, int64_t,
                            const std::vector<std::string> &);
template Failure writeTable(const std::string &, std::span<const double>, int64_t, int64_t,
                            const std::vector<std::string> &);

} // namespace flowc::runtime

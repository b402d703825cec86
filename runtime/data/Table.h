// SPDX-License-Identifier: MIT
//
// Rows of numbers from and to files: .npy, and CSV for every other name; `-` is CSV on stdin or stdout. All that a
// reader returns is finite and of the width asked for, or it is an error that names the place.

#ifndef FLOWC_RUNTIME_DATA_TABLE_H
#define FLOWC_RUNTIME_DATA_TABLE_H

#include "runtime/Error.h"

#include <cstdint>
#include <span>
#include <vector>

namespace flowc::runtime {

/// Row-major numbers.
template <typename T> struct Table {
  int64_t rows = 0;
  int64_t columns = 0;
  std::vector<T> values;
};

/// What to say of a number that overflows in the table's element type.
template <typename T>
inline constexpr const char *TooLargeText =
    sizeof(T) == 4 ? "too large for f32; use --dtype f64 or scale the data" : "too large for f64; scale the data";

/// What a reader checks besides the syntax.
struct TableExpectation {
  int64_t columns = 0;    // 0 for any
  bool mayBeEmpty = true; // no rows at all
};

/// Reads a file by its name.
template <typename T> Result<Table<T>> readTable(const std::string &path, TableExpectation expectation);

/// Parses the content of a file; `path` is for messages.
template <typename T>
Result<Table<T>> parseNpy(const std::string &path, std::string_view bytes, TableExpectation expectation);
template <typename T>
Result<Table<T>> parseCsv(const std::string &path, std::string_view text, TableExpectation expectation);

/// Writes a file by its name, atomically. `header` is the first line of a CSV and ignored for .npy. A width of 0 writes
/// a one-dimensional .npy of `rows` numbers.
template <typename T>
Failure writeTable(const std::string &path, std::span<const T> values, int64_t rows, int64_t columns,
                   const std::vector<std::string> &header = {});

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT

#include "compiler/Schedule/MovedColumns.h"

namespace flowc::schedule {
namespace {

/// More pieces than this are copied together: products of few columns do not run at full speed.
constexpr size_t kMostRuns = 64;

} // namespace

std::optional<MovedColumns> movedColumns(llvm::ArrayRef<int64_t> rows, int64_t depth, unsigned buffer, int64_t height) {
  auto size = static_cast<int64_t>(rows.size());
  int64_t columns = depth > 0 ? size / depth : 0;
  if (columns < 2 || depth * columns != size)
    return std::nullopt;
  auto first = llvm::find_if(rows, [](int64_t row) { return row >= 0; }) - rows.begin();
  if (first >= columns)
    return std::nullopt;
  int64_t sourceColumns = depth > 1 ? rows[first + columns] - rows[first] : height;
  if (sourceColumns < 1)
    return std::nullopt;
  int64_t begin = rows[first] - rows[first] % sourceColumns, end = begin + depth * sourceColumns;
  if (end > height)
    return std::nullopt;
  for (int64_t place = 0; place < size; ++place) {
    int64_t here = rows[place % columns];
    bool inside = here < 0 || (here >= begin && here < begin + sourceColumns);
    if (!inside || rows[place] != (here < 0 ? -1 : here + place / columns * sourceColumns))
      return std::nullopt;
  }
  MovedColumns moved{{buffer, {}}, sourceColumns, {}};
  if (begin > 0 || end < height)
    moved.source.rows = llvm::to_vector(llvm::seq(begin, end));
  for (int64_t column = 0; column < columns; ++column) {
    if (rows[column] < 0)
      continue;
    if (column > 0 && rows[column - 1] >= 0 && rows[column] == rows[column - 1] + 1)
      ++moved.runs.back().count;
    else
      moved.runs.push_back({column, rows[column] - begin, 1});
  }
  return moved.runs.size() <= kMostRuns ? std::optional<MovedColumns>(std::move(moved)) : std::nullopt;
}

} // namespace flowc::schedule

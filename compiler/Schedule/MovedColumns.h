// SPDX-License-Identifier: MIT
//
// Vectors of several columns that hold columns of another one, and 0 elsewhere, as an image's neighbors do. A product reads their columns
// where they come from: the vector itself is never made.

#pragma once

#include "compiler/Schedule/Plan.h"

namespace flowc::schedule {

struct MovedColumns {
  View source;           ///< `depth` rows of `sourceColumns` columns.
  int64_t sourceColumns;
  llvm::SmallVector<ColumnRun> runs;
};

/// `rows` names the row of buffer number `buffer`, which has `height` of them, that each element of a vector is, or -1 where the element
/// is 0. Nothing if these are no columns of `depth` rows, or more pieces of them than are worth products of their own.
std::optional<MovedColumns> movedColumns(llvm::ArrayRef<int64_t> rows, int64_t depth, unsigned buffer, int64_t height);

} // namespace flowc::schedule

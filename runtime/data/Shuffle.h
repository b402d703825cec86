// SPDX-License-Identifier: MIT
//
// Permutations as a function of (seed, stream, number), and rows in their order.

#ifndef FLOWC_RUNTIME_DATA_SHUFFLE_H
#define FLOWC_RUNTIME_DATA_SHUFFLE_H

#include "runtime/Philox.h"
#include "runtime/data/Table.h"

#include <numeric>

namespace flowc::runtime {

/// Fisher and Yates. `number` is the epoch for RandomStream::Shuffle.
inline std::vector<int64_t> permutation(int64_t size, uint64_t seed, RandomStream stream, uint32_t number) {
  std::vector<int64_t> order(static_cast<size_t>(size));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = size - 1; i > 0; --i) {
    PhiloxBlock block = philox(seed, uint64_t(i), stream, number);
    uint64_t bits = (uint64_t{block.words[0]} << 32) | block.words[1];
    auto other = size_t((static_cast<unsigned __int128>(bits) * uint64_t(i + 1)) >> 64);
    std::swap(order[size_t(i)], order[other]);
  }
  return order;
}

/// The rows order[first .. first + count), copied to the front of `out`.
template <typename T>
void gatherRows(const Table<T> &table, const std::vector<int64_t> &order, int64_t first, int64_t count,
                std::vector<T> &out) {
  out.resize(size_t(count * table.columns));
  for (int64_t row = 0; row < count; ++row) {
    const T *from = table.values.data() + order[size_t(first + row)] * table.columns;
    std::copy(from, from + table.columns, out.begin() + row * table.columns);
  }
}

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT
//
// What a run learns from, a batch at a time: rows of data in another order every epoch, or random numbers of which the model makes
// samples of its own. Every batch is a function of (seed, epoch, place), so that a resumed run sees the same ones.

#ifndef FLOWC_RUNTIME_DATA_BATCHES_H
#define FLOWC_RUNTIME_DATA_BATCHES_H

#include "runtime/data/Shuffle.h"

#include <memory>

namespace flowc::runtime {

/// Rows and how much each counts; without weights each counts once.
template <typename T> struct Examples {
  Table<T> table;
  std::vector<T> weights;
};

/// Takes floor(fraction * rows) random rows out of `examples` and returns them.
template <typename T> Examples<T> splitOff(Examples<T> &examples, double fraction, uint64_t seed) {
  int64_t rows = examples.table.rows, taken = int64_t(double(rows) * fraction);
  std::vector<int64_t> order = permutation(rows, seed, RandomStream::Split, 0);
  auto part = [&](int64_t first, int64_t count) {
    Examples<T> result{{count, examples.table.columns, {}}, {}};
    gatherRows(examples.table, order, first, count, result.table.values);
    for (int64_t row = first; row < first + count && !examples.weights.empty(); ++row)
      result.weights.push_back(examples.weights[size_t(order[size_t(row)])]);
    return result;
  };
  Examples<T> split = part(0, taken);
  examples = part(taken, rows - taken);
  return split;
}

template <typename T> class Batches {
public:
  virtual ~Batches() = default;
  /// Rows of an epoch.
  virtual int64_t rows() const = 0;
  /// Rows first, ..., first + count - 1 of an epoch. The result lives until the next call.
  virtual const Examples<T> &take(int64_t epoch, int64_t first, int64_t count) = 0;
};

template <typename T> class DataBatches final : public Batches<T> {
public:
  DataBatches(Examples<T> data, uint64_t seed) : data(std::move(data)), seed(seed) {}

  int64_t rows() const override { return data.table.rows; }

  const Examples<T> &take(int64_t epoch, int64_t first, int64_t count) override {
    if (epoch != orderEpoch) {
      order = permutation(rows(), seed, RandomStream::Shuffle, uint32_t(epoch));
      orderEpoch = epoch;
    }
    batch.table.rows = count;
    batch.table.columns = data.table.columns;
    gatherRows(data.table, order, first, count, batch.table.values);
    batch.weights.resize(data.weights.empty() ? 0 : size_t(count));
    for (size_t row = 0; row < batch.weights.size(); ++row)
      batch.weights[row] = data.weights[size_t(order[size_t(first) + row])];
    return batch;
  }

private:
  Examples<T> data, batch;
  uint64_t seed;
  std::vector<int64_t> order; // of the epoch `orderEpoch`
  int64_t orderEpoch = -1;
};

/// The uniform numbers of items first, ..., first + rows - 1 of a stream.
template <typename T> Table<T> noiseTable(uint64_t seed, RandomStream stream, uint64_t first, int64_t rows, int64_t columns) {
  Table<T> table{rows, columns, std::vector<T>(size_t(rows * columns))};
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < columns; ++column)
      table.values[size_t(row * columns + column)] = uniform<T>(seed, first + uint64_t(row), stream, uint32_t(column));
  return table;
}

/// Numbers that no earlier epoch has seen.
template <typename T> class NoiseBatches final : public Batches<T> {
public:
  NoiseBatches(int64_t rows, int64_t columns, uint64_t seed) : count(rows), columns(columns), seed(seed) {}

  int64_t rows() const override { return count; }

  const Examples<T> &take(int64_t epoch, int64_t first, int64_t rows) override {
    batch.table = noiseTable<T>(seed, RandomStream::Noise, uint64_t(epoch) * uint64_t(count) + uint64_t(first), rows, columns);
    return batch;
  }

private:
  Examples<T> batch;
  int64_t count, columns;
  uint64_t seed;
};

} // namespace flowc::runtime

#endif

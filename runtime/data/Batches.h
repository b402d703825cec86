// SPDX-License-Identifier: MIT
//
// What a run learns from, a batch at a time: rows of data in another order every epoch, or random numbers of which the model makes
// samples of its own. Every batch is a function of (seed, epoch, place), so that a resumed run sees the same ones.

#ifndef FLOWC_RUNTIME_DATA_BATCHES_H
#define FLOWC_RUNTIME_DATA_BATCHES_H

#include "runtime/data/Shuffle.h"

#include <memory>

namespace flowc::runtime {

/// Rows and how much each counts; without weights each counts once. The context has a row for each, or no columns.
template <typename T> struct Examples {
  Table<T> table;
  std::vector<T> weights;
  Table<T> context;
};

/// The sum of weight * value.
template <typename T> double weightedSum(const std::vector<T> &values, const std::vector<T> &weights) {
  double sum = 0;
  for (size_t row = 0; row < values.size(); ++row)
    sum += double(values[row]) * (weights.empty() ? 1.0 : double(weights[row]));
  return sum;
}

/// Takes floor(fraction * rows) random rows out of `examples` and returns them.
template <typename T> Examples<T> splitOff(Examples<T> &examples, double fraction, uint64_t seed) {
  int64_t rows = examples.table.rows, taken = int64_t(double(rows) * fraction);
  std::vector<int64_t> order = permutation(rows, seed, RandomStream::Split, 0);
  auto part = [&](int64_t first, int64_t count) {
    Examples<T> result{{count, examples.table.columns, {}}, {}, {count, examples.context.columns, {}}};
    gatherRows(examples.table, order, first, count, result.table.values);
    gatherRows(examples.context, order, first, count, result.context.values);
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
  /// The rows that every epoch takes in an order of its own, which lives until the next call; null where epochs have no rows in common.
  virtual const Examples<T> *examples() const = 0;
  virtual const std::vector<int64_t> &order(int64_t epoch) = 0;
};

template <typename T> class DataBatches final : public Batches<T> {
public:
  DataBatches(Examples<T> data, uint64_t seed) : data(std::move(data)), seed(seed) {}

  int64_t rows() const override { return data.table.rows; }

  const Examples<T> *examples() const override { return &data; }

  const std::vector<int64_t> &order(int64_t epoch) override {
    if (epoch != orderEpoch) {
      rowOrder = permutation(rows(), seed, RandomStream::Shuffle, uint32_t(epoch));
      orderEpoch = epoch;
    }
    return rowOrder;
  }

  const Examples<T> &take(int64_t epoch, int64_t first, int64_t count) override {
    const std::vector<int64_t> &order = this->order(epoch);
    batch.table.rows = count;
    batch.table.columns = data.table.columns;
    gatherRows(data.table, order, first, count, batch.table.values);
    batch.context.rows = count;
    batch.context.columns = data.context.columns;
    gatherRows(data.context, order, first, count, batch.context.values);
    batch.weights.resize(data.weights.empty() ? 0 : size_t(count));
    for (size_t row = 0; row < batch.weights.size(); ++row)
      batch.weights[row] = data.weights[size_t(order[size_t(first) + row])];
    return batch;
  }

private:
  Examples<T> data, batch;
  uint64_t seed;
  std::vector<int64_t> rowOrder; // of the epoch `orderEpoch`
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

/// For the same items, rows drawn out of `contexts`, by the random number behind those of the item's features.
template <typename T>
Table<T> drawnContexts(const Table<T> &contexts, uint64_t seed, RandomStream stream, uint64_t first, int64_t rows, int64_t features) {
  Table<T> drawn{rows, contexts.columns, {}};
  std::vector<int64_t> chosen(contexts.columns ? size_t(rows) : 0);
  for (size_t row = 0; row < chosen.size(); ++row) {
    double share = uniform<double>(seed, first + row, stream, uint32_t(features));
    chosen[row] = std::min(int64_t(share * double(contexts.rows)), contexts.rows - 1);
  }
  gatherRows(contexts, chosen, 0, int64_t(chosen.size()), drawn.values);
  return drawn;
}

/// Numbers that no earlier epoch has seen, with contexts drawn out of a table where the model is conditional.
template <typename T> class NoiseBatches final : public Batches<T> {
public:
  NoiseBatches(int64_t rows, int64_t columns, Table<T> contexts, uint64_t seed)
      : count(rows), columns(columns), contexts(std::move(contexts)), seed(seed) {}

  int64_t rows() const override { return count; }
  const Examples<T> *examples() const override { return nullptr; }
  const std::vector<int64_t> &order(int64_t) override { return noOrder; }

  const Examples<T> &take(int64_t epoch, int64_t first, int64_t rows) override {
    uint64_t item = uint64_t(epoch) * uint64_t(count) + uint64_t(first);
    batch.table = noiseTable<T>(seed, RandomStream::Noise, item, rows, columns);
    batch.context = drawnContexts(contexts, seed, RandomStream::Noise, item, rows, columns);
    return batch;
  }

private:
  Examples<T> batch;
  std::vector<int64_t> noOrder;
  int64_t count, columns;
  Table<T> contexts;
  uint64_t seed;
};

} // namespace flowc::runtime

#endif

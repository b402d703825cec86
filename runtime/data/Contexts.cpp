// SPDX-License-Identifier: MIT

#include "runtime/data/Contexts.h"

#include <cmath>

namespace flowc::runtime {

template <typename T> std::string contextFault(const Context &context, std::span<const T> row) {
  for (T value : row) {
    if (context.label && !(value >= 0 && double(value) < double(context.size) && std::floor(value) == value))
      return fmt::format("is {}; expected {}", value, context.describe());
    if (!context.label && !(double(value) > context.low && double(value) < context.high))
      return fmt::format("holds {}; expected {}", value, context.describe());
  }
  return {};
}

template <typename T> Result<Table<T>> readContexts(const std::string &path, const Context &context) {
  Result<Table<T>> table = readTable<T>(path, {context.columns(), true});
  if (!table)
    return table.error();
  for (int64_t row = 0; row < table->rows; ++row) {
    std::span<const T> numbers(table->values.data() + row * table->columns, size_t(table->columns));
    if (std::string fault = contextFault<T>(context, numbers); !fault.empty())
      return badInput("{}: the context of row {} {}", path, row + 1, fault);
  }
  return table;
}

template <typename T> Result<Table<T>> readContexts(const std::string &path, const Context &context, int64_t rows) {
  Result<Table<T>> table = readContexts<T>(path, context);
  if (table && table->rows != rows)
    return badInput("{}: {} context{} for {} row{} of data; expected one for each", path, table->rows, table->rows == 1 ? "" : "s", rows,
                    rows == 1 ? "" : "s");
  return table;
}

#define FLOWC_INSTANTIATE(T)                                                                                           \
  template std::string contextFault(const Context &, std::span<const T>);                                             \
  template Result<Table<T>> readContexts(const std::string &, const Context &);                                        \
  template Result<Table<T>> readContexts(const std::string &, const Context &, int64_t);
FLOWC_INSTANTIATE(float)
FLOWC_INSTANTIATE(double)

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT

#include "runtime/commands/GivenContext.h"

#include "runtime/data/Contexts.h"

namespace flowc::runtime {
namespace {

Error usageError(std::string message) { return {ExitCode::Usage, std::move(message)}; }

/// The option that gives one context for all rows.
const char *singleOption(const Context &context) { return context.label ? "label" : "context-values"; }

/// The context of --label or --context-values.
template <typename T> Result<Table<T>> singleContext(const Session &session, const Context &context) {
  std::string option = singleOption(context);
  Result<std::vector<double>> numbers = parseNumbers(option, *session.arguments.text(option), context.label ? "3" : "0.1,2");
  if (!numbers)
    return numbers.error();
  if (int64_t(numbers->size()) != context.columns())
    return usageError(fmt::format("`--{}` has {} numbers; {} is given {}", option, numbers->size(), session.compiled.manifest().name,
                                  context.describe()));
  Table<T> table{1, context.columns(), {numbers->begin(), numbers->end()}};
  if (std::string fault = contextFault<T>(context, table.values); !fault.empty())
    return usageError(fmt::format("`--{}` {}", option, fault));
  return table;
}

/// That the options say one thing, and what the model can take.
Failure checkOptions(const Session &session) {
  const Manifest &manifest = session.compiled.manifest();
  const cli::Arguments &arguments = session.arguments;
  if (!manifest.context)
    return refuseContext(session, {"context", "label", "context-values"});
  std::string single = singleOption(manifest.context), other = manifest.context.label ? "context-values" : "label";
  if (arguments.has(other))
    return usageError(fmt::format("`--{}` does not go with {}, which is given {}: `--{}` says which", other, manifest.name,
                                  manifest.context.describe(), single));
  if (arguments.has("context") && arguments.has(single))
    return usageError(fmt::format("`--context` and `--{}` both say what the context is; give one of them", single));
  if (!arguments.has("context") && !arguments.has(single))
    return usageError(fmt::format("`--context` is missing: {} is conditional, on {} for each row; a file of them, or `--{}` for one that "
                                  "all rows have",
                                  manifest.name, manifest.context.describe(), single));
  return std::nullopt;
}

} // namespace

Failure refuseContext(const Session &session, std::initializer_list<const char *> options) {
  const Manifest &manifest = session.compiled.manifest();
  for (const char *option : options)
    if (!manifest.context && session.arguments.has(option))
      return usageError(fmt::format("`--{}` does not go with {}: it is not conditional, as its spec states no `context`", option,
                                    manifest.name));
  return std::nullopt;
}

template <typename T> Result<Table<T>> givenContexts(const Session &session) {
  const Context &context = session.compiled.manifest().context;
  if (Failure failure = checkOptions(session))
    return *failure;
  if (!context)
    return Table<T>{1, 0, {}};
  std::optional<std::string> path = session.arguments.text("context");
  return path ? readContexts<T>(*path, context) : singleContext<T>(session, context);
}

template <typename T> Result<std::vector<T>> contextOfRows(const Session &session, int64_t rows) {
  const Context &context = session.compiled.manifest().context;
  bool fromFile = context && session.arguments.has("context");
  if (Failure failure = checkOptions(session))
    return *failure;
  Result<Table<T>> table = fromFile ? readContexts<T>(*session.arguments.text("context"), context, rows) : givenContexts<T>(session);
  if (!table)
    return table.error();
  return fromFile ? std::move(table->values) : repeated(*table, rows);
}

template <typename T> std::vector<T> repeated(const Table<T> &contexts, int64_t times) {
  std::vector<T> values;
  values.reserve(contexts.values.size() * size_t(times));
  for (int64_t row = 0; row < contexts.rows && contexts.columns; ++row)
    for (int64_t k = 0; k < times; ++k)
      values.insert(values.end(), contexts.values.begin() + row * contexts.columns, contexts.values.begin() + (row + 1) * contexts.columns);
  return values;
}

#define FLOWC_INSTANTIATE(T)                                                                                           \
  template Result<Table<T>> givenContexts(const Session &);                                                            \
  template Result<std::vector<T>> contextOfRows(const Session &, int64_t);                                             \
  template std::vector<T> repeated(const Table<T> &, int64_t);
FLOWC_INSTANTIATE(float)
FLOWC_INSTANTIATE(double)

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// `sample`, `log-prob`, `transform`: rows in or out, one table as the result.

#include "runtime/Parameters.h"
#include "runtime/commands/GivenContext.h"

#include <cmath>
#include <limits>

namespace flowc::runtime {
namespace {

/// So few that their bytes can be counted in 64 bits; whether they fit into the memory is another matter.
constexpr int64_t MostSamples = int64_t{1} << 40;

template <typename T> Failure assumptionsHold(const Session &session, Model<T> &model, const std::vector<T> &x, const std::vector<T> &context) {
  return checkAssumptions<T>(session.compiled.manifest(), model, x, context, ExitCode::BadInput);
}

/// `each` samples for every context that is given.
template <typename T> int sampleTyped(const Session &session, int64_t each, uint64_t seed, uint64_t first) {
  Result<Table<T>> contexts = givenContexts<T>(session);
  if (!contexts)
    return session.fail(contexts.error());
  if (contexts->rows > 0 && each > MostSamples / contexts->rows)
    return session.usage(fmt::format("{} samples for each of {} contexts are more than {}", each, contexts->rows, MostSamples));
  Result<Model<T>> model = loadModel<T>(session);
  if (!model)
    return session.fail(model.error());
  int64_t columns = model->features(), count = each * contexts->rows;
  std::vector<T> context = repeated(*contexts, each);
  std::vector<std::string> header = columnNames("x", columns);
  bool withDensity = session.arguments.has("with-log-prob");
  std::vector<T> density(withDensity ? size_t(count) : 0);
  std::vector<T> x = model->sample(count, seed, first, density, context);
  if (Failure failure = assumptionsHold<T>(session, *model, x, context))
    return session.fail(*failure);
  if (withDensity) {
    x = appendColumn(x, columns++, density);
    header.push_back("log_prob");
  }
  return writeResult<T>(session, x, count, columns, header);
}

/// The mean and, of more than one row, twice its standard error, as the literature states it.
template <typename T> std::string meanText(const std::vector<T> &density) {
  double count = double(density.size()), sum = 0, squares = 0;
  for (T value : density)
    sum += double(value);
  double mean = sum / count;
  for (T value : density)
    squares += (double(value) - mean) * (double(value) - mean);
  std::string spread =
      density.size() > 1 ? fmt::format(" +- {:.2g}", 2 * std::sqrt(squares / (count - 1) / count)) : "";
  return fmt::format("mean log_prob {:.6f}{} over {} rows", mean, spread, density.size());
}

template <typename T> int logProbTyped(const Session &session) {
  Result<Table<T>> table = readData<T>(session, true);
  if (!table)
    return session.fail(table.error());
  Result<std::vector<T>> context = contextOfRows<T>(session, table->rows);
  if (!context)
    return session.fail(context.error());
  Result<Model<T>> model = loadModel<T>(session);
  if (!model)
    return session.fail(model.error());
  if (Failure failure = assumptionsHold<T>(session, *model, table->values, *context))
    return session.fail(*failure);
  std::vector<T> density = model->log_prob(table->values, *context);
  int code = writeResult<T>(session, density, table->rows, 0, {"log_prob"});
  if (code == int(ExitCode::Done) && !density.empty())
    session.note(meanText(density));
  return code;
}

template <typename T> int transformTyped(const Session &session, bool toLatent) {
  Result<Table<T>> table = readData<T>(session, true);
  if (!table)
    return session.fail(table.error());
  Result<std::vector<T>> context = contextOfRows<T>(session, table->rows);
  if (!context)
    return session.fail(context.error());
  Result<Model<T>> model = loadModel<T>(session);
  if (!model)
    return session.fail(model.error());
  int64_t columns = model->features();
  std::vector<std::string> header = columnNames(toLatent ? "z" : "x", columns);
  std::vector<T> logDet(size_t(table->rows));
  std::vector<T> out =
      toLatent ? model->to_latent(table->values, logDet, *context) : model->to_data(table->values, logDet, *context);
  if (Failure failure = assumptionsHold<T>(session, *model, toLatent ? table->values : out, *context))
    return session.fail(*failure);
  if (session.arguments.has("with-log-det")) {
    out = appendColumn(out, columns++, logDet);
    header.push_back("log_det");
  }
  return writeResult<T>(session, out, table->rows, columns, header);
}

} // namespace

int runSample(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  int64_t count = arguments.integer("count", 0, MostSamples).value_or(10);
  int64_t seed = arguments.integer("seed", 0, most).value_or(0);
  int64_t first = arguments.integer("first", 0, most).value_or(0);
  if (!arguments.error().empty())
    return session->usage(arguments.error());
  return withDtype(*session,
                   [&]<typename T>(T) { return sampleTyped<T>(*session, count, uint64_t(seed), uint64_t(first)); });
}

int runLogProb(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  return withDtype(*session, [&]<typename T>(T) { return logProbTyped<T>(*session); });
}

int runTransform(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  std::optional<std::string> target = arguments.text("to");
  if (!target)
    return session->usage("`--to` is missing: latent or data");
  return withDtype(*session, [&]<typename T>(T) { return transformTyped<T>(*session, *target == "latent"); });
}

} // namespace flowc::runtime

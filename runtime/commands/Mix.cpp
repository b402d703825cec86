// SPDX-License-Identifier: MIT
//
// `mix`: rows are encoded, their latents are added up with weights, and the sums are decoded. Weights whose squares add up to 1 leave a
// normal latent normal; angles give such weights. For four rows and two angles they are those of
//   z = cos a (z1 cos b + z2 sin b) + sin a (z3 cos b + z4 sin b).

#include "runtime/Parameters.h"
#include "runtime/commands/GivenContext.h"

#include <cmath>
#include <numbers>

namespace flowc::runtime {
namespace {

/// The weights of one mixture, one a row.
using Weights = std::vector<double>;

/// So many angles mix a thousand rows.
constexpr size_t MostAngles = 10;

/// Each angle, in radians, mixes two halves of the rows; the first angle the largest halves.
Weights weightsOf(std::span<const double> angles) {
  Weights weights = {1};
  for (double angle : angles) {
    Weights finer;
    for (double weight : weights) {
      finer.push_back(weight * std::cos(angle));
      finer.push_back(weight * std::sin(angle));
    }
    weights = std::move(finer);
  }
  return weights;
}

/// The mixtures that each group of rows gives.
Result<std::vector<Weights>> readMixtures(const Session &session) {
  const cli::Arguments &arguments = session.arguments;
  auto usage = [](std::string message) { return Error{ExitCode::Usage, std::move(message)}; };
  if (int(arguments.has("weights")) + int(arguments.has("angles")) + int(arguments.has("grid")) != 1)
    return usage("one of `--weights`, `--angles` and `--grid` must say how the latents are mixed");
  if (auto text = arguments.text("weights")) {
    Result<std::vector<double>> weights = parseNumbers("weights", *text, "0.8,0.6");
    return weights ? Result<std::vector<Weights>>(std::vector<Weights>{*weights}) : weights.error();
  }
  if (auto text = arguments.text("angles")) {
    Result<std::vector<double>> angles = parseNumbers("angles", *text, "0.8,0.6");
    if (!angles)
      return angles.error();
    if (angles->size() > MostAngles)
      return usage(fmt::format("`--angles`: {} angles; at most {}, which mix {} rows", angles->size(), MostAngles, 1 << MostAngles));
    for (double &angle : *angles)
      angle *= std::numbers::pi / 180;
    return std::vector<Weights>{weightsOf(*angles)};
  }
  int64_t steps = arguments.integer("grid", 1, 1000).value_or(1);
  if (!arguments.error().empty())
    return usage(arguments.error());
  std::vector<Weights> mixtures;
  for (int64_t i = 0; i < steps; ++i)
    for (int64_t j = 0; j < steps; ++j) {
      double turn = 2 * std::numbers::pi / double(steps), angles[2] = {turn * double(i), turn * double(j)};
      mixtures.push_back(weightsOf(angles));
    }
  return mixtures;
}

/// The context of each mixture: that of the first row of its group.
template <typename T> std::vector<T> mixtureContexts(const std::vector<T> &context, int64_t rows, int64_t group, int64_t mixtures) {
  int64_t columns = rows > 0 ? int64_t(context.size()) / rows : 0;
  Table<T> firsts{rows / group, columns, {}};
  for (int64_t row = 0; row < rows; row += group)
    firsts.values.insert(firsts.values.end(), context.begin() + row * columns, context.begin() + (row + 1) * columns);
  return repeated(firsts, mixtures);
}

/// For each group of rows, each mixture of their latents.
template <typename T> std::vector<T> mixLatents(const std::vector<T> &z, size_t columns, const std::vector<Weights> &mixtures) {
  size_t group = mixtures[0].size();
  std::vector<T> mixed;
  mixed.reserve(z.size() / group * mixtures.size());
  for (size_t first = 0; first < z.size(); first += group * columns)
    for (const Weights &weights : mixtures)
      for (size_t column = 0; column < columns; ++column) {
        double sum = 0;
        for (size_t row = 0; row < group; ++row)
          sum += weights[row] * double(z[first + row * columns + column]);
        mixed.push_back(T(sum));
      }
  return mixed;
}

template <typename T> int mixTyped(const Session &session, const std::vector<Weights> &mixtures) {
  Result<Table<T>> table = readData<T>(session, true);
  if (!table)
    return session.fail(table.error());
  auto group = int64_t(mixtures[0].size()), columns = table->columns;
  if (table->rows % group != 0)
    return session.fail(badInput("{}: {} rows are no whole number of groups of {}, the rows that are mixed together",
                                 *session.arguments.text("data"), table->rows, group));
  Result<std::vector<T>> context = contextOfRows<T>(session, table->rows);
  if (!context)
    return session.fail(context.error());
  Result<Model<T>> model = loadModel<T>(session);
  if (!model)
    return session.fail(model.error());
  if (Failure failure = checkAssumptions<T>(session.compiled.manifest(), *model, table->values, *context, ExitCode::BadInput))
    return session.fail(*failure);
  std::vector<T> z = mixLatents<T>(model->to_latent(table->values, {}, *context), size_t(columns), mixtures);
  std::vector<T> mixed = mixtureContexts(*context, table->rows, group, int64_t(mixtures.size()));
  std::vector<T> x = model->to_data(z, {}, mixed);
  if (Failure failure = checkAssumptions<T>(session.compiled.manifest(), *model, x, mixed, ExitCode::BadInput))
    return session.fail(*failure);
  return writeResult<T>(session, x, table->rows / group * int64_t(mixtures.size()), columns, columnNames("x", columns));
}

} // namespace

int runMix(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  Result<std::vector<Weights>> mixtures = readMixtures(*session);
  if (!mixtures)
    return session->fail(mixtures.error());
  return withDtype(*session, [&]<typename T>(T) { return mixTyped<T>(*session, *mixtures); });
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// `plot`: the loss of a run, or a two-dimensional model.

#include "runtime/AtomicFile.h"
#include "runtime/RunFolder.h"
#include "runtime/commands/GivenContext.h"
#include "runtime/plots/DensityPlot.h"
#include "runtime/plots/LossPlot.h"

namespace flowc::runtime {
namespace {

int writePicture(const Session &session, const std::string &kind, const std::string &picture) {
  std::string path = session.arguments.text("output").value_or(kind + ".svg");
  if (Failure failure = writeFileAtomically(path, {picture}))
    return session.fail(*failure);
  if (path != "-")
    session.note(path);
  return int(ExitCode::Done);
}

int plotLoss(const Session &session) {
  std::optional<std::string> directory = session.arguments.text("run-dir");
  if (!directory)
    return session.usage("`--run-dir` is missing: the folder of a training run");
  const Manifest &manifest = session.compiled.manifest();
  RunFolder folder{*directory, manifest.objective.metric()};
  Result<std::vector<EpochReport>> epochs = folder.readMetrics();
  if (!epochs)
    return session.fail(epochs.error());
  if (epochs->empty())
    return session.fail(badInput("{}: no epoch has ended yet", folder.file("metrics.jsonl")));
  return writePicture(session, "loss", lossPlot(manifest.name, manifest.objective.title(), *epochs));
}

template <typename T> int plotDensity(const Session &session) {
  if (session.compiled.manifest().features != 2)
    return session.fail(badInput("a density can be drawn for 2 features; {} has {}", session.compiled.manifest().name,
                                 session.compiled.manifest().features));
  int64_t count = session.arguments.integer("count", 1, 1000000).value_or(1000);
  int64_t seed = session.arguments.integer("seed", 0).value_or(0);
  if (!session.arguments.error().empty())
    return session.usage(session.arguments.error());
  DensityPicture picture;
  picture.name = session.compiled.manifest().name;
  if (session.arguments.has("data")) {
    Result<Table<T>> table = readData<T>(session, false);
    if (!table)
      return session.fail(table.error());
    picture.data.assign(table->values.begin(), table->values.end());
  }
  Result<Table<T>> context = givenContexts<T>(session);
  if (!context)
    return session.fail(context.error());
  if (context->rows != 1)
    return session.fail(badInput("{}: {} contexts; a picture shows the density for one", *session.arguments.text("context"), context->rows));
  Result<Model<T>> model = loadModel<T>(session);
  if (!model)
    return session.fail(model.error());
  std::vector<T> samples = model->sample(count, uint64_t(seed), 0, {}, repeated(*context, count));
  picture.samples.assign(samples.begin(), samples.end());
  picture.logProb = [&](std::span<const double> points) {
    std::vector<T> typed(points.begin(), points.end()), density = model->log_prob(typed, repeated(*context, int64_t(points.size() / 2)));
    return std::vector<double>(density.begin(), density.end());
  };
  if (session.compiled.manifest().objective.drawsSamples())
    picture.target = [&](std::span<const double> points) {
      std::vector<T> typed(points.begin(), points.end()), density = model->target(typed, repeated(*context, int64_t(points.size() / 2)));
      return std::vector<double>(density.begin(), density.end());
    };
  return writePicture(session, "density", densityPlot(picture));
}

} // namespace

int runPlot(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  bool hasRun = arguments.has("run-dir");
  std::string kind = arguments.operands.empty() ? (hasRun ? "loss" : "density") : arguments.operands[0];
  if (kind == "loss")
    return plotLoss(*session);
  if (kind == "density")
    return withDtype(*session, [&]<typename T>(T) { return plotDensity<T>(*session); });
  return session->usage(fmt::format("no plot `{}`; expected loss or density", kind));
}

} // namespace flowc::runtime

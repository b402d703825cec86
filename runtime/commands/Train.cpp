// SPDX-License-Identifier: MIT
//
// `train`: options into a run folder, a trainer and a progress display; the best parameters also go to the model
// itself.

#include "runtime/AtomicFile.h"
#include "runtime/Parameters.h"
#include "runtime/Trainer.h"
#include "runtime/commands/DeviceChoice.h"
#include "runtime/commands/GivenContext.h"
#include "runtime/data/Contexts.h"
#include "runtime/plots/LossPlot.h"
#include "runtime/terminal/Progress.h"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <filesystem>

namespace flowc::runtime {
namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first Ctrl-C asks the trainer to stop; the second one ends the process as usual.
void onInterrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

/// Catches the interrupt for its lifetime.
struct InterruptGuard {
  InterruptGuard() : oldInterrupt(std::signal(SIGINT, onInterrupt)), oldTerminate(std::signal(SIGTERM, onInterrupt)) {
    interrupted = 0;
  }
  ~InterruptGuard() {
    std::signal(SIGINT, oldInterrupt);
    std::signal(SIGTERM, oldTerminate);
  }
  void (*oldInterrupt)(int);
  void (*oldTerminate)(int);
};

std::string defaultRunFolder(const std::string &name) {
  std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%d-%H%M%S", &local);
  return fmt::format("runs/{}-{}", name, text);
}

/// The options of a run: the spec's, then those of the run that is resumed, then the command line's.
Failure collectOptions(const Session &session, const RunFolder &folder, bool resume, TrainOptions &options) {
  if (Failure failure = applySpec(session.compiled.manifest().train, options))
    return failure;
  if (resume) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder.file("config.json"), ignored))
      return environmentError("{}: there is no run to resume: it has no config.json", folder.path);
    Result<std::string> text = readFile(folder.file("config.json"));
    if (!text)
      return text.error();
    nlohmann::json config = nlohmann::json::parse(*text, nullptr, false);
    if (!config.is_object() || !config.contains("train") || !config["train"].is_object())
      return badInput("{}: not the configuration of a run", folder.file("config.json"));
    if (Failure failure = applySpec(config["train"], options))
      return badInput("{}: {}", folder.file("config.json"), failure->message);
    bool hadWeights = !config.value("weights", "").empty();
    if (hadWeights != session.arguments.has("weights"))
      return badInput("{}: the run has {} `--weights`; go on with the same", folder.path, hadWeights ? "its" : "no");
  }
  return applyArguments(session.arguments, options);
}

Failure writeConfig(const Session &session, const RunFolder &folder, const TrainOptions &options) {
  nlohmann::ordered_json config = {{"model", session.compiled.manifest().name},
                                   {"data", session.arguments.text("data").value_or("")},
                                   {"valid", session.arguments.text("valid").value_or("")},
                                   {"context", session.arguments.text("context").value_or("")},
                                   {"weights", session.arguments.text("weights").value_or("")},
                                   {"teacher", session.arguments.text("teacher").value_or("")},
                                   {"train", toJson(options)}};
  return writeFileAtomically(folder.file("config.json"), {config.dump(2), "\n"});
}

/// One weight a row, none below 0.
template <typename T> Result<std::vector<T>> readWeights(const std::string &path, int64_t rows) {
  Result<Table<T>> table = readTable<T>(path, {1, true});
  if (!table)
    return table.error();
  if (table->rows != rows)
    return badInput("{}: {} weights for {} rows of data", path, table->rows, rows);
  for (size_t row = 0; row < table->values.size(); ++row)
    if (table->values[row] < 0)
      return badInput("{}: the weight of row {} is {}; expected 0 or more", path, row + 1, table->values[row]);
  return std::move(table->values);
}

/// Weights are relative to their mean, which must not be 0.
template <typename T> Failure checkCounts(const Examples<T> &examples, const char *what) {
  bool someCount = std::any_of(examples.weights.begin(), examples.weights.end(), [](T weight) { return weight > 0; });
  return examples.weights.empty() || someCount ? Failure() : badInput("all rows to {} have the weight 0", what);
}

/// The rows of `path`, and the weights and contexts that the options of the kind `prefix` name.
template <typename T>
Result<Examples<T>> readExamples(const Session &session, const std::string &path, const std::string &prefix) {
  Result<Table<T>> table = readTable<T>(path, {session.compiled.manifest().features, false});
  if (!table)
    return table.error();
  Examples<T> examples{std::move(*table), {}, {}};
  if (auto context = session.arguments.text(prefix + "context")) {
    Result<Table<T>> read = readContexts<T>(*context, session.compiled.manifest().context, examples.table.rows);
    if (!read)
      return read.error();
    examples.context = std::move(*read);
  }
  if (auto weights = session.arguments.text(prefix + "weights")) {
    Result<std::vector<T>> read = readWeights<T>(*weights, examples.table.rows);
    if (!read)
      return read.error();
    examples.weights = std::move(*read);
  }
  return examples;
}

template <typename T> Result<TrainInput<T>> readTrainData(const Session &session, const TrainOptions &options) {
  Result<Examples<T>> train = readExamples<T>(session, *session.arguments.text("data"), "");
  if (!train)
    return train.error();
  Examples<T> valid;
  if (auto path = session.arguments.text("valid")) {
    Result<Examples<T>> read = readExamples<T>(session, *path, "valid-");
    if (!read)
      return read.error();
    valid = std::move(*read);
  } else if (options.validSplit > 0) {
    valid = splitOff(*train, options.validSplit, options.seed);
  }
  if (Failure failure = checkCounts(*train, "train on"))
    return *failure;
  if (Failure failure = checkCounts(valid, "validate with"))
    return *failure;
  return dataInput(std::move(*train), std::move(valid), options.seed);
}

/// The contexts that a model which draws its own samples draws them for.
template <typename T> Result<TrainInput<T>> makeNoise(const Session &session, const TrainOptions &options) {
  const Manifest &manifest = session.compiled.manifest();
  Table<T> contexts;
  if (auto path = session.arguments.text("context")) {
    Result<Table<T>> read = readContexts<T>(*path, manifest.context);
    if (!read)
      return read.error();
    if (read->rows == 0)
      return badInput("{}: no contexts to draw samples for", *path);
    contexts = std::move(*read);
  }
  return noiseInput<T>(manifest.features, std::move(contexts), options);
}

/// That a conditional model has contexts for all that it learns from, and no other model has any.
Failure checkContext(const Session &session) {
  const Manifest &manifest = session.compiled.manifest();
  const cli::Arguments &arguments = session.arguments;
  auto usage = [](std::string message) { return Error{ExitCode::Usage, std::move(message)}; };
  if (!manifest.context)
    return refuseContext(session, {"context", "valid-context"});
  if (!arguments.has("context"))
    return usage(fmt::format("`--context` is missing: {} is conditional, on {}; a file with {}", manifest.name, manifest.context.describe(),
                             manifest.objective.drawsSamples() ? "those that samples are drawn for" : "one for each row of `--data`"));
  if (arguments.has("valid") && !arguments.has("valid-context"))
    return usage("`--valid-context` is missing: a file with a context for each row of `--valid`");
  if (arguments.has("valid-context") && !arguments.has("valid"))
    return usage(manifest.objective.drawsSamples() ? "`--valid-context` is for rows of data; this model is judged on contexts of `--context`"
                                                   : "`--valid-context` is given without `--valid`, whose rows it belongs to");
  return std::nullopt;
}

/// Which of the options that say what is learned from go with the model's objective.
Failure checkSources(const Session &session, bool resume) {
  const Objective &objective = session.compiled.manifest().objective;
  const cli::Arguments &arguments = session.arguments;
  auto usage = [](std::string message) { return Error{ExitCode::Usage, std::move(message)}; };
  auto refuse = [&](std::initializer_list<const char *> options, std::string why) -> Failure {
    for (const char *option : options)
      if (arguments.has(option))
        return usage(fmt::format("`--{}` does not go with {}: {}", option, session.compiled.manifest().name, why));
    return std::nullopt;
  };
  if (objective.drawsSamples()) {
    std::string why = fmt::format("it is trained by {} from `{}` and draws its own samples; `--samples` says how many",
                                  objective.type, objective.target);
    if (Failure failure = refuse({"data", "valid", "weights", "valid-weights"}, why))
      return failure;
  } else if (!arguments.has("data")) {
    return usage("`--data` is missing: a file with rows of numbers");
  } else if (arguments.has("valid-weights") && !arguments.has("valid")) {
    return usage("`--valid-weights` is given without `--valid`, whose rows it weights");
  } else if (Failure failure = refuse({"samples"}, "it is trained by the likelihood of the rows of `--data`")) {
    return failure;
  }
  const Manifest &manifest = session.compiled.manifest();
  bool learnsFromFlow = objective.normalized;
  if (!learnsFromFlow)
    return refuse({"teacher"}, "its objective names no flow to learn from");
  if (resume)
    return refuse({"teacher"}, "a run that is resumed has its teacher's parameters");
  if (manifest.trainedCount < manifest.parameterCount && !arguments.has("teacher"))
    return usage(fmt::format("`--teacher` is missing: a model directory or checkpoint with the parameters of `{}`", objective.target));
  return std::nullopt;
}

/// What is left when a run has ended: the model's own parameters, the loss curve, a line for the user.
template <typename T>
int concludeRun(const Session &session, const RunFolder &folder, const TrainSummary &summary,
                const TrainState<T> &state) {
  const Manifest &manifest = session.compiled.manifest();
  if (Result<std::vector<EpochReport>> metrics = folder.readMetrics(); metrics && !metrics->empty())
    if (Failure failure =
            writeFileAtomically(folder.file("loss.svg"), {lossPlot(manifest.name, manifest.objective.title(), *metrics)}))
      return session.fail(*failure);
  if (summary.end == TrainSummary::End::Interrupted) {
    session.note(fmt::format("interrupted at step {}; go on with --resume={}", summary.step, folder.path));
    return int(ExitCode::Interrupted);
  }
  std::string path = session.compiled.trainedParametersPath();
  if (Failure failure = saveParameters<T>(path, manifest, state.bestParameters, {})) {
    session.warn(failure->message);
    path = folder.file("model.safetensors");
  }
  session.note(fmt::format(
      "{}best {} {} {:.4f} (epoch {} of {})", summary.end == TrainSummary::End::StoppedEarly ? "stopped early; " : "",
      summary.validated ? "validation" : "training", manifest.objective.describe(), summary.bestLoss,
      summary.bestEpoch, summary.epochs));
  session.note(fmt::format("parameters: {}\nrun: {}", path, folder.path));
  return int(ExitCode::Done);
}

template <typename T>
int trainTyped(const Session &session, const RunFolder &folder, bool resume, const TrainOptions &options, const std::string &device) {
  const Manifest &manifest = session.compiled.manifest();
  bool drawsSamples = manifest.objective.drawsSamples();
  Result<TrainInput<T>> input =
      drawsSamples ? makeNoise<T>(session, options) : readTrainData<T>(session, options);
  if (!input)
    return session.fail(input.error());
  std::string note =
      fmt::format("{}: {} parameters, {}; {} {} to train on, {} to validate{}", manifest.name, manifest.trainedCount, DtypeName<T>,
                  input->train->rows(), drawsSamples ? "samples an epoch" : "rows", input->valid.table.rows,
                  drawsSamples ? "; " + manifest.objective.describe() : "");
  Trainer<T> trainer(session.compiled, options, std::move(*input), folder, session.threads, device);
  // All that may fail comes before the first change: a damaged run stays as it is, a start that fails leaves nothing.
  Failure failure = resume ? folder.create(resume) : trainer.begin(session.arguments.text("teacher").value_or(""));
  if (!failure && resume)
    failure = trainer.resume();
  if (!failure)
    trainer.prepare();
  if (!failure && !resume)
    failure = folder.create(resume);
  if (!failure)
    failure = writeConfig(session, folder, options);
  if (failure)
    return session.fail(*failure);
  session.note(note);
  InterruptGuard guard;
  Progress progress(session.terminal, manifest.objective.metric());
  Result<TrainSummary> summary =
      trainer.run({[&](const StepReport &report) { progress.onStep(report); },
                   [&](const EpochReport &report) { progress.onEpoch(report); }, [] { return interrupted != 0; }});
  progress.finish();
  return summary ? concludeRun(session, folder, *summary, trainer.state()) : session.fail(summary.error());
}

} // namespace

int runTrain(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  bool resume = arguments.has("resume");
  if (Failure failure = checkSources(*session, resume))
    return session->fail(*failure);
  if (Failure failure = checkContext(*session))
    return session->fail(*failure);
  const Manifest &manifest = session->compiled.manifest();
  RunFolder folder{arguments.text(resume ? "resume" : "run-dir").value_or(defaultRunFolder(manifest.name)),
                   manifest.objective.metric()};
  TrainOptions options;
  if (Failure failure = collectOptions(*session, folder, resume, options))
    return session->fail(*failure);
  Result<std::string> device = chooseDevice(*session);
  if (!device)
    return session->fail(device.error());
  return withDtype(*session, [&]<typename T>(T) { return trainTyped<T>(*session, folder, resume, options, *device); });
}

} // namespace flowc::runtime

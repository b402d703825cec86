// SPDX-License-Identifier: MIT
//
// `train`: options into a run folder, a trainer and a progress display; the best parameters also go to the model
// itself.

#include "runtime/AtomicFile.h"
#include "runtime/Parameters.h"
#include "runtime/Trainer.h"
#include "runtime/commands/Session.h"
#include "runtime/data/Shuffle.h"
#include "runtime/plots/LossPlot.h"
#include "runtime/terminal/Progress.h"

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
  }
  return applyArguments(session.arguments, options);
}

Failure writeConfig(const Session &session, const RunFolder &folder, const TrainOptions &options) {
  nlohmann::ordered_json config = {{"model", session.compiled.manifest().name},
                                   {"data", session.arguments.text("data").value_or("")},
                                   {"valid", session.arguments.text("valid").value_or("")},
                                   {"train", toJson(options)}};
  return writeFileAtomically(folder.file("config.json"), {config.dump(2), "\n"});
}

template <typename T> struct TrainData {
  Table<T> train, valid;
};

template <typename T> Result<TrainData<T>> readTrainData(const Session &session, const TrainOptions &options) {
  Result<Table<T>> train = readData<T>(session, false);
  if (!train)
    return train.error();
  TrainData<T> data{std::move(*train), {}};
  if (auto path = session.arguments.text("valid")) {
    Result<Table<T>> valid = readTable<T>(*path, {session.compiled.manifest().features, false});
    if (!valid)
      return valid.error();
    data.valid = std::move(*valid);
  } else if (options.validSplit > 0) {
    data.valid = splitOff(data.train, options.validSplit, options.seed);
  }
  return data;
}

/// What is left when a run has ended: the model's own parameters, the loss curve, a line for the user.
template <typename T>
int concludeRun(const Session &session, const RunFolder &folder, const TrainSummary &summary,
                const TrainState<T> &state) {
  if (Result<std::vector<EpochReport>> metrics = folder.readMetrics(); metrics && !metrics->empty())
    if (Failure failure =
            writeFileAtomically(folder.file("loss.svg"), {lossPlot(session.compiled.manifest().name, *metrics)}))
      return session.fail(*failure);
  if (summary.end == TrainSummary::End::Interrupted) {
    session.note(fmt::format("interrupted at step {}; go on with --resume={}", summary.step, folder.path));
    return int(ExitCode::Interrupted);
  }
  std::string path = session.compiled.trainedParametersPath();
  if (Failure failure = saveParameters<T>(path, session.compiled.manifest(), state.bestParameters, {})) {
    session.warn(failure->message);
    path = folder.file("model.safetensors");
  }
  session.note(fmt::format(
      "{}best {} nll {:.4f} (epoch {} of {})", summary.end == TrainSummary::End::StoppedEarly ? "stopped early; " : "",
      summary.validated ? "validation" : "training", summary.bestNll, summary.bestEpoch, summary.epochs));
  session.note(fmt::format("parameters: {}\nrun: {}", path, folder.path));
  return int(ExitCode::Done);
}

template <typename T>
int trainTyped(const Session &session, const RunFolder &folder, bool resume, const TrainOptions &options) {
  Result<TrainData<T>> data = readTrainData<T>(session, options);
  if (!data)
    return session.fail(data.error());
  std::string note =
      fmt::format("{}: {} parameters, {}; {} rows to train on, {} to validate", session.compiled.manifest().name,
                  session.compiled.manifest().parameterCount, DtypeName<T>, data->train.rows, data->valid.rows);
  Trainer<T> trainer(session.compiled, options, std::move(data->train), std::move(data->valid), folder,
                     session.threads);
  // All that may fail comes before the first change: a damaged run stays as it is, a start that fails leaves nothing.
  Failure failure = resume ? folder.create(resume) : trainer.begin();
  if (!failure)
    failure = resume ? trainer.resume() : folder.create(resume);
  if (!failure)
    failure = writeConfig(session, folder, options);
  if (failure)
    return session.fail(*failure);
  session.note(note);
  InterruptGuard guard;
  Progress progress(session.terminal);
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
  if (!arguments.has("data"))
    return session->usage("`--data` is missing: a file with rows of numbers");
  bool resume = arguments.has("resume");
  RunFolder folder{
      arguments.text(resume ? "resume" : "run-dir").value_or(defaultRunFolder(session->compiled.manifest().name))};
  TrainOptions options;
  if (Failure failure = collectOptions(*session, folder, resume, options))
    return session->fail(*failure);
  return withDtype(*session, [&]<typename T>(T) { return trainTyped<T>(*session, folder, resume, options); });
}

} // namespace flowc::runtime

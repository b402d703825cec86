// SPDX-License-Identifier: MIT

#include "runtime/Trainer.h"

#include "runtime/Parameters.h"
#include "runtime/data/Shuffle.h"

#include <cmath>
#include <limits>

namespace flowc::runtime {
namespace {

/// Data-dependent starts see at least so many rows where the data has them: a small batch's deviations are too noisy.
constexpr int64_t StartRows = 1024;

/// Saving more often than this would cost short epochs more than their training; a large model waits SaveShare times as long as its
/// last save took. A kill loses at most so much.
constexpr double SaveSeconds = 2, SaveShare = 20;

/// Rows of a step on which the layers' assumptions are checked.
constexpr int64_t RowsToCheck = 64;

/// Rows of validation data evaluated in one call.
constexpr int64_t EvaluationRows = 1 << 16;

double secondsSince(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

} // namespace

template <typename T>
Trainer<T>::Trainer(const CompiledModel &compiled, const TrainOptions &options, Table<T> trainTable,
                    Table<T> validTable, RunFolder folder, int64_t threads)
    : compiled(compiled), options(options), train(std::move(trainTable)), valid(std::move(validTable)),
      folder(std::move(folder)), model(compiled.api()) {
  model.set_threads(threads);
  stepsPerEpoch = (train.rows + options.batchSize - 1) / options.batchSize;
  totalSteps = options.steps > 0 ? options.steps : options.epochs * stepsPerEpoch;
  epochs = (totalSteps + stepsPerEpoch - 1) / stepsPerEpoch;
  schedule = {options.schedule, options.learningRate, options.warmup, totalSteps};
  gradient.resize(size_t(model.parameter_count()));
  lastValid = std::numeric_limits<double>::quiet_NaN();
}

template <typename T> Failure Trainer<T>::begin() {
  current = {};
  current.parameters = initialParameters<T>(compiled.manifest(), options.seed);
  order = permutation(train.rows, options.seed, RandomStream::Shuffle, 0);
  orderEpoch = 0;
  gatherRows(train, order, 0, std::min(train.rows, std::max(options.batchSize, StartRows)), batch);
  runStarts<T>(compiled.manifest(), model, batch, current.parameters);
  if (Failure failure = checkStarted())
    return failure;
  current.bestParameters = current.parameters;
  if (options.ema > 0)
    current.averaged = current.parameters;
  current.optimizer = makeOptimizerState<T>(options.optimizer, current.parameters.size());
  return std::nullopt;
}

template <typename T> Failure Trainer<T>::checkStarted() {
  for (T value : current.parameters)
    if (!std::isfinite(value))
      return Error{ExitCode::Training, "a data-dependent start gave a parameter that is not finite; is a column of the "
                                       "data extremely large?"};
  return std::nullopt;
}

template <typename T> Failure Trainer<T>::resume() {
  Result<TrainState<T>> loaded =
      loadTrainState<T>(folder.file("optim.safetensors"),
                        current.parameters.size() ? current.parameters.size() : size_t(model.parameter_count()));
  if (!loaded && loaded.error().code == ExitCode::BadInput)
    return badInput("{}; begin a new run with --run-dir", loaded.error().message);
  if (!loaded)
    return loaded.error();
  current = std::move(*loaded);
  size_t second = options.optimizer.kind == OptimizerOptions::Kind::Adam ? current.parameters.size() : 0;
  if (current.optimizer.first.size() != current.parameters.size() || current.optimizer.second.size() != second)
    return badInput("{}: the run used another optimizer", folder.path);
  if (options.ema > 0 && current.averaged.empty())
    current.averaged = current.parameters;
  return folder.dropMetricsAfter(current.step);
}

template <typename T> Failure Trainer<T>::diverged(const char *what, double value) const {
  std::string kept = current.bestEpoch > 0 ? fmt::format("the best parameters, of epoch {}, are in {}",
                                                         current.bestEpoch, folder.file("model.safetensors"))
                                           : "there is no usable model";
  return Error{ExitCode::Training,
               fmt::format("training diverged at step {} (epoch {}): {} is {}; {}; try a smaller --lr or --clip-norm",
                           current.step + 1, epochOf(current.step) + 1, what, value, kept)};
}

template <typename T> Failure Trainer<T>::takeStep() {
  int64_t epoch = epochOf(current.step);
  if (epoch != orderEpoch) {
    order = permutation(train.rows, options.seed, RandomStream::Shuffle, uint32_t(epoch));
    orderEpoch = epoch;
  }
  int64_t first = current.step % stepsPerEpoch * options.batchSize;
  int64_t rows = std::min(options.batchSize, train.rows - first);
  gatherRows(train, order, first, rows, batch);
  model.set_parameters(current.parameters);
  // A tile of rows: enough for what is assumed of parameters, which every row shows.
  std::span<const T> few(batch.data(), size_t(std::min(rows, RowsToCheck) * train.columns));
  if (Failure failure = checkAssumptions<T>(compiled.manifest(), model, few, ExitCode::Training))
    return failure;
  double sum = 0;
  for (T density : model.gradient(batch, gradient))
    sum += double(density);
  if (!std::isfinite(sum))
    return diverged("the loss", -sum / double(rows));
  lastNorm = gradientNorm<T>(gradient) / double(rows);
  if (!std::isfinite(lastNorm))
    return diverged("the gradient's norm", lastNorm);
  double scale = -1 / double(rows);
  if (options.clipNorm > 0 && lastNorm > options.clipNorm)
    scale *= options.clipNorm / lastNorm;
  for (T &element : gradient)
    element *= T(scale);
  ++current.step;
  optimizerStep<T>(options.optimizer, current.optimizer, current.step, scheduledRate(schedule, current.step), gradient,
                   current.parameters);
  for (size_t i = 0; i < current.averaged.size(); ++i)
    current.averaged[i] += T(1 - options.ema) * (current.parameters[i] - current.averaged[i]);
  current.epochSum += sum;
  current.epochRows += rows;
  return std::nullopt;
}

template <typename T> double Trainer<T>::meanNll(const Table<T> &table) {
  double sum = 0;
  for (int64_t row = 0; row < table.rows; row += EvaluationRows) {
    int64_t count = std::min(EvaluationRows, table.rows - row);
    std::span<const T> rows(table.values.data() + row * table.columns, size_t(count * table.columns));
    for (T density : model.log_prob(rows))
      sum += double(density);
  }
  return -sum / double(table.rows);
}

template <typename T> Result<EpochReport> Trainer<T>::endEpoch() {
  EpochReport report;
  report.epoch = epochOf(current.step - 1) + 1;
  report.epochs = epochs;
  report.step = current.step;
  report.trainNll = -current.epochSum / double(current.epochRows);
  report.rate = scheduledRate(schedule, current.step);
  report.gradientNorm = lastNorm;
  report.seconds = secondsSince(epochBegan);
  report.rowsPerSecond = double(current.epochRows - epochBeganRows) / std::max(report.seconds, 1e-9);
  const std::vector<T> &judged = current.averaged.empty() ? current.parameters : current.averaged;
  model.set_parameters(judged);
  lastValid = report.validNll = valid.rows ? meanNll(valid) : std::numeric_limits<double>::quiet_NaN();
  if (valid.rows && !std::isfinite(report.validNll))
    return *diverged("the validation loss", report.validNll);
  double nll = valid.rows ? report.validNll : report.trainNll;
  report.isBest = nll < current.best;
  ++current.worseEpochs;
  if (report.isBest) {
    current.best = nll;
    current.bestEpoch = report.epoch;
    current.worseEpochs = 0;
    current.bestParameters = judged;
  }
  current.epochSum = 0;
  current.epochRows = 0;
  epochBegan = Clock::now();
  epochBeganRows = 0;
  if (Failure failure = folder.appendMetrics(report))
    return *failure;
  return report;
}

template <typename T> Failure Trainer<T>::save() {
  Clock::time_point start = Clock::now();
  Failure failure = writeState();
  saved = Clock::now();
  secondsBetweenSaves = std::max(SaveSeconds, SaveShare * secondsSince(start));
  return failure;
}

template <typename T> Failure Trainer<T>::writeState() {
  // First what resuming needs: it alone holds everything, so that a kill between the files loses nothing.
  if (Failure failure = saveTrainState(folder.file("optim.safetensors"), current))
    return failure;
  const std::vector<T> &last = current.averaged.empty() ? current.parameters : current.averaged;
  if (Failure failure = saveParameters<T>(folder.file("last.safetensors"), compiled.manifest(), last,
                                          {{"flowc.step", fmt::format("{}", current.step)}}))
    return failure;
  if (current.bestEpoch == 0)
    return std::nullopt;
  return saveParameters<T>(
      folder.file("model.safetensors"), compiled.manifest(), current.bestParameters,
      {{"flowc.epoch", fmt::format("{}", current.bestEpoch)}, {"flowc.nll", fmt::format("{}", current.best)}});
}

template <typename T> StepReport Trainer<T>::report() const {
  StepReport report;
  report.step = current.step;
  report.steps = totalSteps;
  report.epoch = epochOf(current.step - 1) + 1;
  report.epochs = epochs;
  report.trainNll = current.epochRows ? -current.epochSum / double(current.epochRows) : 0;
  report.validNll = lastValid;
  report.gradientNorm = lastNorm;
  double seconds = std::max(secondsSince(began), 1e-9), rate = double(current.step - beganStep) / seconds;
  report.rowsPerSecond = rate * double(std::min(options.batchSize, train.rows));
  report.secondsLeft = double(totalSteps - current.step) / std::max(rate, 1e-9);
  return report;
}

template <typename T> Result<TrainSummary> Trainer<T>::run(const TrainObserver &observer) {
  began = epochBegan = saved = Clock::now();
  secondsBetweenSaves = SaveSeconds;
  beganStep = current.step;
  epochBeganRows = current.epochRows;
  TrainSummary summary;
  while (current.step < totalSteps && summary.end == TrainSummary::End::Finished) {
    Failure failure = takeStep();
    bool endsEpoch = !failure && (current.step % stepsPerEpoch == 0 || current.step == totalSteps);
    if (!failure && observer.onStep)
      observer.onStep(report());
    if (endsEpoch) {
      Result<EpochReport> epoch = endEpoch();
      if (!epoch)
        failure = epoch.error();
      else if (observer.onEpoch)
        observer.onEpoch(*epoch);
    }
    if (failure) {
      // Keep the best parameters; the state itself is beyond use.
      if (current.bestEpoch > 0)
        if (Failure other =
                saveParameters<T>(folder.file("model.safetensors"), compiled.manifest(), current.bestParameters, {}))
          return *other;
      return *failure;
    }
    if (endsEpoch && options.patience > 0 && current.worseEpochs >= options.patience)
      summary.end = TrainSummary::End::StoppedEarly;
    else if (observer.shouldStop && observer.shouldStop())
      summary.end = TrainSummary::End::Interrupted;
    else if (secondsSince(saved) > secondsBetweenSaves)
      if (Failure other = save())
        return *other;
  }
  if (Failure failure = save())
    return *failure;
  summary.bestNll = current.best;
  summary.bestEpoch = current.bestEpoch;
  summary.epochs = current.step > 0 ? epochOf(current.step - 1) + 1 : 0;
  summary.step = current.step;
  summary.validated = valid.rows > 0;
  return summary;
}

template class Trainer<float>;
template class Trainer<double>;

} // namespace flowc::runtime

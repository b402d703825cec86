// SPDX-License-Identifier: MIT

#include "runtime/Trainer.h"

#include "runtime/Parameters.h"

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

/// Makes the mean of the weights 1, so that a mean over rows is the weighted mean.
template <typename T> void normalizeWeights(std::vector<T> &weights) {
  double largest = 0, sum = 0; // relative to the largest, no sum overflows
  for (T weight : weights)
    largest = std::max(largest, double(weight));
  for (T weight : weights)
    sum += double(weight) / largest;
  double mean = sum / double(weights.size());
  for (T &weight : weights)
    weight = T(double(weight) / largest / mean);
}

} // namespace

template <typename T> TrainInput<T> dataInput(Examples<T> train, Examples<T> valid, uint64_t seed) {
  normalizeWeights(train.weights);
  normalizeWeights(valid.weights);
  return {std::make_unique<DataBatches<T>>(std::move(train), seed), std::move(valid)};
}

template <typename T> TrainInput<T> noiseInput(int64_t columns, Table<T> contexts, const TrainOptions &options) {
  // As many as an epoch has: so few as a part of them would judge by chance which epoch is best.
  int64_t judged = options.validSplit > 0 ? options.samples : 0;
  Examples<T> valid{noiseTable<T>(options.seed, RandomStream::ValidNoise, 0, judged, columns),
                    {},
                    drawnContexts(contexts, options.seed, RandomStream::ValidNoise, 0, judged, columns)};
  return {std::make_unique<NoiseBatches<T>>(options.samples, columns, std::move(contexts), options.seed), std::move(valid)};
}

template <typename T>
Trainer<T>::Trainer(const CompiledModel &compiled, const TrainOptions &options, TrainInput<T> given, RunFolder folder,
                    int64_t threads, const std::string &device)
    : compiled(compiled), options(options), input(std::move(given)), folder(std::move(folder)), model(compiled.api(), device) {
  model.set_threads(threads);
  stepsPerEpoch = (input.train->rows() + options.batchSize - 1) / options.batchSize;
  totalSteps = options.steps > 0 ? options.steps : options.epochs * stepsPerEpoch;
  epochs = (totalSteps + stepsPerEpoch - 1) / stepsPerEpoch;
  schedule = {options.schedule, options.learningRate, options.warmup, totalSteps};
  steps = makeSteps<T>(compiled.manifest(), this->options, model, *input.train, current);
  lastValid = std::numeric_limits<double>::quiet_NaN();
}

/// The last batch of an epoch may be smaller than the others. Where statistics are taken over batches, all are equally large, within one
/// row: those of few rows would say little.
template <typename T> int64_t Trainer<T>::firstRow(int64_t k) const {
  int64_t rows = input.train->rows();
  return compiled.manifest().takesStatistics ? rows * k / stepsPerEpoch : std::min(rows, k * options.batchSize);
}

template <typename T> Failure Trainer<T>::checkBatches() const {
  if (!compiled.manifest().takesStatistics || input.train->rows() / stepsPerEpoch >= 2)
    return std::nullopt;
  return badInput(
      "{} takes statistics over batches, and a batch of one row has no variance; it needs a --batch-size of at least 3, and 2 rows",
      compiled.manifest().name);
}

template <typename T> Failure Trainer<T>::begin(const std::string &teacher) {
  if (Failure failure = checkBatches())
    return failure;
  const Manifest &manifest = compiled.manifest();
  isPrepared = false;
  current = {};
  current.parameters = initialParameters<T>(manifest, options.seed);
  if (!teacher.empty())
    if (Failure failure = loadFrozen(teacher, manifest, current.parameters))
      return failure;
  // A model that draws its own samples has no data to start from.
  if (!manifest.objective.drawsSamples()) {
    int64_t rows = std::min(input.train->rows(), std::max(options.batchSize, StartRows));
    const Examples<T> &first = input.train->take(0, 0, rows);
    runStarts<T>(manifest, model, first.table.values, first.context.values, current.parameters);
  }
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
  isPrepared = false;
  current = std::move(*loaded);
  size_t second = options.optimizer.kind == OptimizerOptions::Kind::Adam ? current.parameters.size() : 0;
  if (current.optimizer.first.size() != current.parameters.size() || current.optimizer.second.size() != second)
    return badInput("{}: the run used another optimizer", folder.path);
  if (options.ema > 0 && current.averaged.empty())
    current.averaged = current.parameters;
  return folder.dropMetricsAfter(current.step);
}

template <typename T> void Trainer<T>::prepare() {
  // What judges takes its share first; the data take half of what is left.
  int64_t judged = std::min(input.valid.table.rows, EvaluationRows);
  if (model.device() != "cpu" && judged > 0) {
    model.set_parameters(current.parameters);
    objectiveOf(input.valid, 0, judged);
  }
  steps->load();
  isPrepared = true;
}

template <typename T> Failure Trainer<T>::diverged(const char *what, double value) const {
  std::string kept = current.bestEpoch > 0 ? fmt::format("the best parameters, of epoch {}, are in {}",
                                                         current.bestEpoch, folder.file("model.safetensors"))
                                           : "there is no usable model";
  return Error{ExitCode::Training,
               fmt::format("training diverged at step {} (epoch {}): {} is {}; {}; try a smaller --lr or --clip-norm",
                           current.step + 1, epochOf(current.step) + 1, what, value, kept)};
}

/// A tile of rows: enough for what is assumed of parameters, which every row shows.
template <typename T> Failure Trainer<T>::checkAssumed(const Examples<T> &batch) {
  const Manifest &manifest = compiled.manifest();
  int64_t rows = std::min(batch.table.rows, RowsToCheck);
  if (manifest.assumptions.empty())
    return std::nullopt;
  std::span<const T> context(batch.context.values.data(), size_t(rows * batch.context.columns));
  if (manifest.objective.drawsSamples())
    return checkAssumptions<T>(manifest, model, model.sample(rows, options.seed, 0, {}, context), context, ExitCode::Training);
  std::span<const T> few(batch.table.values.data(), size_t(rows * batch.table.columns));
  return checkAssumptions<T>(manifest, model, few, context, ExitCode::Training);
}

template <typename T> StepPlan Trainer<T>::plan(int64_t step) const {
  int64_t batchOfEpoch = step % stepsPerEpoch, first = firstRow(batchOfEpoch);
  uint64_t noise = uint64_t(epochOf(step)) * uint64_t(input.train->rows()) + uint64_t(first);
  return {step + 1, scheduledRate(schedule, step + 1), epochOf(step), first, firstRow(batchOfEpoch + 1) - first, noise};
}

template <typename T> Failure Trainer<T>::takeStep() {
  StepPlan next = plan(current.step);
  if (!compiled.manifest().assumptions.empty()) {
    steps->fetchParameters();
    model.set_parameters(current.parameters);
    if (Failure failure = checkAssumed(input.train->take(next.epoch, next.first, next.rows)))
      return failure;
  }
  steps->take(next);
  ++current.step;
  current.epochRows += next.rows;
  bool endsEpoch = current.step % stepsPerEpoch == 0 || current.step == totalSteps;
  return endsEpoch || secondsSince(looked) >= steps->secondsBetweenLooks() ? look() : std::nullopt;
}

/// What the steps since the last look have come to.
template <typename T> Failure Trainer<T>::look() {
  StepFindings found = steps->look();
  looked = Clock::now();
  lastNorm = found.lastNorm;
  current.epochSum = found.epochSum;
  if (current.epochRows > 0)
    lastTrain = -found.epochSum / double(current.epochRows);
  if (!found.failed)
    return std::nullopt;
  current.step = loadedStep + found.taken;
  bool badLoss = !std::isfinite(found.lastSum);
  return badLoss ? diverged("the loss", -found.lastSum / double(plan(current.step).rows)) : diverged("the gradient's norm", found.lastNorm);
}

template <typename T> std::vector<T> Trainer<T>::objectiveOf(const Examples<T> &examples, int64_t first, int64_t count) {
  const Table<T> &table = examples.table, &given = examples.context;
  std::span<const T> rows(table.values.data() + first * table.columns, size_t(count * table.columns));
  std::span<const T> context(given.values.data() + first * given.columns, size_t(count * given.columns));
  return model.objective(rows, context);
}

template <typename T> double Trainer<T>::meanLoss(const Examples<T> &examples) {
  const Table<T> &table = examples.table;
  std::vector<T> objective;
  objective.reserve(size_t(table.rows));
  for (int64_t row = 0; row < table.rows; row += EvaluationRows) {
    for (T value : objectiveOf(examples, row, std::min(EvaluationRows, table.rows - row)))
      objective.push_back(value);
  }
  return -weightedSum(objective, examples.weights) / double(table.rows);
}

template <typename T> Result<EpochReport> Trainer<T>::endEpoch() {
  steps->fetchParameters();
  EpochReport report;
  report.epoch = epochOf(current.step - 1) + 1;
  report.epochs = epochs;
  report.step = current.step;
  report.trainLoss = -current.epochSum / double(current.epochRows);
  report.rate = scheduledRate(schedule, current.step);
  report.gradientNorm = lastNorm;
  report.seconds = secondsSince(epochBegan);
  report.rowsPerSecond = double(current.epochRows - epochBeganRows) / std::max(report.seconds, 1e-9);
  const std::vector<T> &judged = current.averaged.empty() ? current.parameters : current.averaged;
  model.set_parameters(judged);
  lastValid = report.validLoss = input.valid.table.rows ? meanLoss(input.valid) : std::numeric_limits<double>::quiet_NaN();
  if (input.valid.table.rows && !std::isfinite(report.validLoss))
    return *diverged("the validation loss", report.validLoss);
  double loss = input.valid.table.rows ? report.validLoss : report.trainLoss;
  report.isBest = loss < current.best;
  ++current.worseEpochs;
  if (report.isBest) {
    current.best = loss;
    current.bestEpoch = report.epoch;
    current.worseEpochs = 0;
    current.bestParameters = judged;
  }
  current.epochSum = 0;
  current.epochRows = 0;
  steps->beginEpoch();
  epochBegan = Clock::now();
  epochBeganRows = 0;
  if (Failure failure = folder.appendMetrics(report))
    return *failure;
  return report;
}

template <typename T> Failure Trainer<T>::save() {
  Clock::time_point start = Clock::now();
  if (Failure failure = look())
    return failure;
  steps->fetchParameters();
  steps->fetchOptimizer();
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
      {{"flowc.epoch", fmt::format("{}", current.bestEpoch)}, {"flowc." + folder.metric, fmt::format("{}", current.best)}});
}

template <typename T> StepReport Trainer<T>::report() const {
  StepReport report;
  report.step = current.step;
  report.steps = totalSteps;
  report.epoch = epochOf(current.step - 1) + 1;
  report.epochs = epochs;
  report.trainLoss = lastTrain;
  report.validLoss = lastValid;
  report.gradientNorm = lastNorm;
  double seconds = std::max(secondsSince(began), 1e-9), rate = double(current.step - beganStep) / seconds;
  report.rowsPerSecond = rate * double(std::min(options.batchSize, input.train->rows()));
  report.secondsLeft = double(totalSteps - current.step) / std::max(rate, 1e-9);
  return report;
}

/// Keeps the best parameters; the state itself is beyond use.
template <typename T> Error Trainer<T>::giveUp(const Error &failure) const {
  if (current.bestEpoch > 0)
    if (Failure other = saveParameters<T>(folder.file("model.safetensors"), compiled.manifest(), current.bestParameters, {}))
      return *other;
  return failure;
}

template <typename T> Result<TrainSummary> Trainer<T>::run(const TrainObserver &observer) {
  if (!isPrepared)
    prepare();
  began = epochBegan = saved = looked = Clock::now();
  secondsBetweenSaves = SaveSeconds;
  beganStep = loadedStep = current.step;
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
    if (failure)
      return giveUp(*failure);
    if (endsEpoch && options.patience > 0 && current.worseEpochs >= options.patience)
      summary.end = TrainSummary::End::StoppedEarly;
    else if (observer.shouldStop && observer.shouldStop())
      summary.end = TrainSummary::End::Interrupted;
    else if (secondsSince(saved) > secondsBetweenSaves)
      if (Failure other = save())
        return giveUp(*other);
  }
  if (Failure failure = save())
    return giveUp(*failure);
  summary.bestLoss = current.best;
  summary.bestEpoch = current.bestEpoch;
  summary.epochs = current.step > 0 ? epochOf(current.step - 1) + 1 : 0;
  summary.step = current.step;
  summary.validated = input.valid.table.rows > 0;
  return summary;
}

template TrainInput<float> dataInput(Examples<float>, Examples<float>, uint64_t);
template TrainInput<double> dataInput(Examples<double>, Examples<double>, uint64_t);
template TrainInput<float> noiseInput(int64_t, Table<float>, const TrainOptions &);
template TrainInput<double> noiseInput(int64_t, Table<double>, const TrainOptions &);
template class Trainer<float>;
template class Trainer<double>;

} // namespace flowc::runtime

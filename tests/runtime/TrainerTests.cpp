// SPDX-License-Identifier: MIT
#include "runtime/Parameters.h"
#include "runtime/Philox.h"
#include "runtime/Trainer.h"
#include "tests/runtime/Support.h"

#include <cmath>

using namespace flowc::runtime;

namespace {

/// A correlated normal distribution: x0 ~ N(2, 1.5^2), x1 = -1 + 0.7 x0 + 0.5 n.
template <typename T> Table<T> correlatedData(int64_t rows) {
  Table<T> table{rows, 2, {}};
  for (int64_t row = 0; row < rows; ++row) {
    double u = uniform<double>(99, uint64_t(row), RandomStream::Test, 0),
           v = uniform<double>(99, uint64_t(row), RandomStream::Test, 1);
    double radius = std::sqrt(-2 * std::log(u)), x = 2 + 1.5 * radius * std::cos(2 * M_PI * v);
    table.values.push_back(T(x));
    table.values.push_back(T(-1 + 0.7 * x + 0.5 * radius * std::sin(2 * M_PI * v)));
  }
  return table;
}

TrainOptions options(int64_t epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.learningRate = 0.02;
  options.validSplit = 0;
  options.batchSize = 100;
  options.seed = 5;
  return options;
}

template <typename T>
Result<TrainSummary> train(const std::string &folder, const TrainOptions &options, bool resume, int64_t threads,
                           int64_t stopAt = -1) {
  CompiledModel compiled = openMock();
  RunFolder run{folder};
  REQUIRE(!run.create(resume));
  auto input = dataInput<T>({correlatedData<T>(1050), {}, {}}, {correlatedData<T>(77), {}, {}}, options.seed);
  Trainer<T> trainer(compiled, options, std::move(input), run, threads);
  REQUIRE(!(resume ? trainer.resume() : trainer.begin()));
  TrainObserver observer;
  observer.shouldStop = [&] { return trainer.state().step == stopAt; };
  return trainer.run(observer);
}

} // namespace

TEST_CASE("training a normal distribution reaches the analytic optimum") {
  TemporaryFolder folder;
  CompiledModel compiled = openMock();
  TrainOptions options = ::options(150);
  options.schedule = Schedule::Kind::Cosine;
  Table<double> data = correlatedData<double>(2000), valid = data;
  Trainer<double> trainer(compiled, options, dataInput<double>({data, {}, {}}, {valid, {}, {}}, options.seed), {folder.path}, 2);
  REQUIRE(!trainer.begin());
  auto summary = trainer.run({});
  REQUIRE(bool(summary));
  // The optimum is the least-squares fit; its nll is 1 + log(2 pi) + log of the two residual deviations.
  double n = 2000, m0 = 0, m1 = 0, s00 = 0, s01 = 0, s11 = 0;
  for (size_t i = 0; i < data.values.size(); i += 2) {
    m0 += data.values[i] / n;
    m1 += data.values[i + 1] / n;
  }
  for (size_t i = 0; i < data.values.size(); i += 2) {
    double a = data.values[i] - m0, b = data.values[i + 1] - m1;
    s00 += a * a / n, s01 += a * b / n, s11 += b * b / n;
  }
  double optimum = 1 + std::log(2 * M_PI) + 0.5 * std::log(s00 * s11 - s01 * s01);
  CHECK(summary->bestLoss == Approx(optimum).margin(1e-4));
  CHECK(trainer.state().bestParameters[4] == Approx(s01 / s00).margin(0.01));
}

TEMPLATE_TEST_CASE("a run that is stopped anywhere and resumed gives the same bits", "", float, double) {
  for (auto name : {"adam", "sgd", "ema"}) {
    TrainOptions options = ::options(4);
    if (name == std::string("sgd"))
      options.optimizer.kind = OptimizerOptions::Kind::Sgd, options.learningRate = 1e-3;
    options.ema = name == std::string("ema") ? 0.9 : 0;
    TemporaryFolder whole, parts;
    REQUIRE(train<TestType>(whole.file("r"), options, false, 1)->end == TrainSummary::End::Finished);
    REQUIRE(train<TestType>(parts.file("r"), options, false, 3, 17)->end == TrainSummary::End::Interrupted);
    REQUIRE(train<TestType>(parts.file("r"), options, true, 2, 22)->end == TrainSummary::End::Interrupted);
    REQUIRE(train<TestType>(parts.file("r"), options, true, 7)->end == TrainSummary::End::Finished);
    for (const char *file : {"r/model.safetensors", "r/last.safetensors", "r/optim.safetensors"})
      CHECK(*readFile(whole.file(file)) == *readFile(parts.file(file)));
    auto a = RunFolder{whole.file("r")}.readMetrics(), b = RunFolder{parts.file("r")}.readMetrics();
    REQUIRE(a->size() == 4);
    REQUIRE(b->size() == 4);
    for (size_t i = 0; i < 4; ++i) {
      CHECK((*a)[i].trainLoss == (*b)[i].trainLoss);
      CHECK((*a)[i].validLoss == (*b)[i].validLoss);
    }
  }
}

TEST_CASE("divergence ends with code 4 and one line") {
  TemporaryFolder folder;
  TrainOptions options = ::options(50);
  options.optimizer.kind = OptimizerOptions::Kind::Sgd;
  options.learningRate = 1e6;
  auto summary = train<float>(folder.file("r"), options, false, 1);
  REQUIRE(!summary);
  CHECK(summary.error().code == ExitCode::Training);
  CHECK_THAT(summary.error().message, Catch::StartsWith("training diverged at step "));
  CHECK(summary.error().message.find('\n') == std::string::npos);
}

TEST_CASE("early stopping keeps the best epoch") {
  TemporaryFolder folder;
  TrainOptions options = ::options(400);
  options.patience = 3;
  auto summary = train<double>(folder.file("r"), options, false, 1);
  REQUIRE(bool(summary));
  CHECK(summary->end == TrainSummary::End::StoppedEarly);
  CHECK(summary->bestEpoch == summary->epochs - 3);
}

TEST_CASE("clipping bounds the step of plain descent") {
  TemporaryFolder folder;
  TrainOptions options = ::options(1);
  options.optimizer = {OptimizerOptions::Kind::Sgd, 0};
  options.steps = 1;
  options.learningRate = 1;
  options.clipNorm = 1e-3;
  CompiledModel compiled = openMock();
  RunFolder run{folder.path};
  Trainer<double> trainer(compiled, options, dataInput<double>({correlatedData<double>(1000), {}, {}}, {}, options.seed), run, 1);
  REQUIRE(!trainer.begin());
  std::vector<double> before = trainer.state().parameters;
  REQUIRE(bool(trainer.run({})));
  double moved = 0;
  for (size_t i = 0; i < before.size(); ++i)
    moved += std::pow(trainer.state().parameters[i] - before[i], 2);
  CHECK(std::sqrt(moved) == Approx(1e-3).epsilon(1e-9));
}

TEST_CASE("checkpoints of another model are refused") {
  TemporaryFolder folder;
  const Manifest manifest = openMock().manifest();
  std::vector<float> values = {1, 2, 3, 4, 5};
  REQUIRE(!saveParameters<float>(folder.file("p"), manifest, values, {}));
  CHECK(*loadParameters<float>(folder.file("p"), manifest) == values);
  CHECK(*loadParameters<double>(folder.file("p"), manifest) == std::vector<double>{1, 2, 3, 4, 5});
  Manifest other = manifest;
  other.parameters[0].shape = {1, 2};
  CHECK_THAT(loadParameters<float>(folder.file("p"), other).error().message,
             Catch::Contains("has shape [2]; the model has [1, 2]"));
  other.parameters[0].name = "x";
  CHECK_THAT(loadParameters<float>(folder.file("p"), other).error().message,
             Catch::Contains("parameter `x` of mock is missing"));
  values[3] = NAN;
  REQUIRE(!saveParameters<float>(folder.file("p"), manifest, values, {}));
  CHECK_THAT(loadParameters<float>(folder.file("p"), manifest).error().message, Catch::Contains("holds nan"));
}

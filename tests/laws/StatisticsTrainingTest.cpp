// SPDX-License-Identifier: MIT
//
// Runs of models that take statistics over batches: the stored ones follow those of the batches and nothing else moves them, they judge, and
// a run that is stopped and resumed gives the same bits.

#include "runtime/AtomicFile.h"
#include "runtime/Trainer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

namespace {

using namespace flowc::runtime;
namespace fs = std::filesystem;

constexpr int64_t Rows = 1050, Columns = 2;

fs::path folderOf(const std::string &name) {
  return fs::temp_directory_path() / fmt::format("flowc_running_{}", static_cast<int>(getpid())) / name;
}

CompiledModel compile(const std::string &items) {
  fs::create_directories(folderOf(""));
  std::ofstream(folderOf("law.flow")) << "flow law { data real[2]; " << items << " }\n";
  std::string model = folderOf("law").string();
  fs::remove_all(model);
  REQUIRE(std::system(fmt::format("{} {} -o {} --dtype both -O1 2>/dev/null", FLOWC, folderOf("law.flow").string(), model).c_str()) == 0);
  auto opened = CompiledModel::open(model);
  REQUIRE(opened);
  return *opened;
}

template <typename T> Examples<T> examples(int64_t rows, bool weighted, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Examples<T> result{{rows, Columns, {}}, {}};
  for (int64_t row = 0; row < rows; ++row) {
    double a = 2 + 1.5 * normal(generator);
    for (double value : {a, -1 + std::sin(a) + 0.5 * normal(generator)})
      result.table.values.push_back(T(value));
    if (weighted)
      result.weights.push_back(T(row % 3));
  }
  return result;
}

TrainOptions options(int64_t epochs) {
  TrainOptions options;
  options.epochs = epochs;
  options.learningRate = 0.01;
  options.batchSize = 100;
  options.seed = 5;
  return options;
}

const std::string deep = "affine_coupling(net = mlp(hidden = [8])); batch_norm; affine_coupling(mask = swap(alternate), net = mlp(hidden = [8])); "
                         "batch_norm(momentum = 0.5)";

template <typename T> void run(const CompiledModel &compiled, const std::string &name, bool resume, int64_t threads, int64_t stopAt = -1) {
  TrainOptions some = options(3);
  some.ema = 0.9;
  RunFolder folder{folderOf(name).string()};
  REQUIRE(!folder.create(resume));
  Trainer<T> trainer(compiled, some, dataInput<T>(examples<T>(Rows, true, 1), examples<T>(77, false, 2), some.seed), folder, threads);
  REQUIRE(!(resume ? trainer.resume() : trainer.begin()));
  TrainObserver observer;
  observer.shouldStop = [&] { return trainer.state().step == stopAt; };
  REQUIRE(bool(trainer.run(observer)));
}

} // namespace

TEST_CASE("stored statistics follow those of the batches and nothing else") {
  CompiledModel compiled = compile("batch_norm(momentum = 0.8)");
  for (bool weighted : {false, true}) {
    TrainOptions some = options(2);
    some.optimizer.weightDecay = 0.5;
    some.l2 = 0.1;
    some.clipNorm = 1e-3;
    fs::remove_all(folderOf("follow"));
    RunFolder folder{folderOf("follow").string()};
    REQUIRE(!folder.create(false));
    Trainer<double> trainer(compiled, some, dataInput<double>(examples<double>(Rows, weighted, 1), {}, some.seed), folder, 2);
    REQUIRE(!trainer.begin());
    const Parameter &mean = compiled.manifest().parameters[2], &variance = compiled.manifest().parameters[3];
    REQUIRE(mean.running->statistic == "mean");
    REQUIRE(variance.running->statistic == "variance");
    // Those of the first 1024 rows, all alike; then eleven batches an epoch, of 95 and 96 rows.
    DataBatches<double> batches(examples<double>(Rows, weighted, 1), some.seed);
    double m = 0, v = 0;
    auto moments = [&](int64_t epoch, int64_t first, int64_t rows, bool alike) {
      const Examples<double> &batch = batches.take(epoch, first, rows);
      double total = 0;
      m = v = 0;
      for (int pass = 0; pass < 3; ++pass)
        for (int64_t row = 0; row < rows; ++row) {
          double x = batch.table.values[size_t(row * Columns)], w = alike || batch.weights.empty() ? 1 : batch.weights[size_t(row)];
          (pass == 0 ? total : pass == 1 ? m : v) += pass == 0 ? w : pass == 1 ? w * x / total : w * (x - m) * (x - m) / total;
        }
    };
    moments(0, 0, 1024, true);
    double expectedMean = m, expectedVariance = v;
    CHECK(trainer.state().parameters[size_t(mean.offset)] == Approx(expectedMean).epsilon(1e-12));
    CHECK(trainer.state().parameters[size_t(variance.offset)] == Approx(expectedVariance).epsilon(1e-12));
    TrainObserver observer;
    observer.onStep = [&](const StepReport &report) {
      int64_t step = report.step - 1;
      moments(step / 11, Rows * (step % 11) / 11, Rows * (step % 11 + 1) / 11 - Rows * (step % 11) / 11, false);
      expectedMean = 0.8 * expectedMean + 0.2 * m;
      expectedVariance = 0.8 * expectedVariance + 0.2 * v;
      CHECK(trainer.state().parameters[size_t(mean.offset)] == Approx(expectedMean).epsilon(1e-12));
      CHECK(trainer.state().parameters[size_t(variance.offset)] == Approx(expectedVariance).epsilon(1e-12));
    };
    auto summary = trainer.run(observer);
    REQUIRE(bool(summary));
    CHECK(summary->step == 22);
  }
}

TEST_CASE("stored statistics judge") {
  CompiledModel compiled = compile(deep);
  TrainOptions some = options(2);
  fs::remove_all(folderOf("judge"));
  RunFolder folder{folderOf("judge").string()};
  REQUIRE(!folder.create(false));
  Examples<double> valid = examples<double>(77, false, 2);
  Trainer<double> trainer(compiled, some, dataInput<double>(examples<double>(Rows, false, 1), valid, some.seed), folder, 1);
  REQUIRE(!trainer.begin());
  auto summary = trainer.run({});
  REQUIRE(bool(summary));
  flowc::Model<double> model(compiled.api());
  model.set_parameters(trainer.state().bestParameters);
  double sum = 0;
  for (double density : model.log_prob(valid.table.values))
    sum -= density / 77;
  CHECK(summary->bestLoss == Approx(sum).epsilon(1e-12));
}

TEMPLATE_TEST_CASE("a run with statistics that is stopped and resumed gives the same bits", "", float, double) {
  CompiledModel compiled = compile(deep);
  fs::remove_all(folderOf("whole"));
  fs::remove_all(folderOf("parts"));
  run<TestType>(compiled, "whole", false, 1);
  run<TestType>(compiled, "parts", false, 3, 7);
  run<TestType>(compiled, "parts", true, 2, 15);
  run<TestType>(compiled, "parts", true, 1);
  for (const char *file : {"model.safetensors", "last.safetensors", "optim.safetensors"})
    CHECK(*readFile((folderOf("whole") / file).string()) == *readFile((folderOf("parts") / file).string()));
}

TEST_CASE("a batch of one row has no variance") {
  CompiledModel compiled = compile("batch_norm");
  TrainOptions some = options(1);
  using Case = std::tuple<int64_t, int64_t, bool>;
  for (auto [size, rows, good] : {Case{1, 10, false}, {2, 11, false}, {2, 10, true}, {3, 11, true}, {3, 1, false}}) {
    some.batchSize = size;
    fs::remove_all(folderOf("one"));
    RunFolder folder{folderOf("one").string()};
    REQUIRE(!folder.create(false));
    Trainer<float> trainer(compiled, some, dataInput<float>(examples<float>(rows, false, 1), {}, some.seed), folder, 1);
    Failure failure = trainer.begin();
    CHECK(!failure == good);
    if (good)
      CHECK(bool(trainer.run({})));
    else
      CHECK_THAT(failure->message, Catch::Contains("--batch-size of at least 3"));
  }
}

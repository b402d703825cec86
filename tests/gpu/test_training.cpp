// SPDX-License-Identifier: MIT
//
// Training through the C interface on the emulated GPU: rows that lie there and rows that are brought, and what is refused.

#include "tests/gpu/DeviceModel.h"

#include "runtime/Parameters.h"
#include "runtime/data/Shuffle.h"
#include "runtime/selftest/Subject.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace flowc;
using namespace flowc::test;

namespace {

constexpr int64_t kRows = 150;

const char *const kSpec = R"(flow steps {
  data real[2]
  context label[3]
  affine_coupling(mask = alternate, net = mlp(hidden = [3]))
  batch_norm
  affine_coupling(mask = alternate, net = mlp(hidden = [3]))
})";

struct Data {
  std::vector<double> x, context, weight;
  std::vector<int64_t> order = runtime::permutation(kRows, 1, runtime::RandomStream::Shuffle, 0);
};

Data someData() {
  Data data;
  for (int64_t row = 0; row < kRows; ++row) {
    data.x.push_back(std::sin(double(row)));
    data.x.push_back(std::cos(1.7 * double(row)));
    data.context.push_back(double(row % 3));
    data.weight.push_back(double(row % 4) / 2);
  }
  return data;
}

flowrt_training_options someOptions(const Model<double> &model) {
  return {FLOWRT_ADAM, 0.9, 0.9, 0.999, 1e-8, 0.01, 0.5, 0.01, 0.9, model.parameter_count(), nullptr, 2};
}

/// The parameters after some steps; each brings its rows, or finds them.
std::vector<double> afterSteps(Model<double> &model, const std::vector<double> &parameters, bool isResident) {
  const flowrt_training_api &api = *model.api().training;
  Data data = someData();
  flowrt_training_options options = someOptions(model);
  REQUIRE(api.begin(model.instance(), &options) == FLOWRT_OK);
  REQUIRE(api.set_vector(model.instance(), FLOWRT_PARAMETERS, parameters.data()) == FLOWRT_OK);
  if (isResident) {
    REQUIRE(api.set_data(model.instance(), data.x.data(), data.context.data(), data.weight.data(), kRows) == FLOWRT_OK);
    REQUIRE(api.set_order(model.instance(), data.order.data()) == FLOWRT_OK);
  }
  // Steps of several sizes, so that what they pass through grows.
  int64_t number = 0, first = 0;
  for (int64_t rows : {2, 63, 3, 64, 18}) {
    Data batch;
    for (int64_t row = first; row < first + rows; ++row) {
      auto from = size_t(data.order[size_t(row)]);
      batch.x.insert(batch.x.end(), {data.x[2 * from], data.x[2 * from + 1]});
      batch.context.push_back(data.context[from]);
      batch.weight.push_back(data.weight[from]);
    }
    flowrt_training_step step = {++number, 0.01, batch.x.data(), batch.context.data(), batch.weight.data(), 0, rows, 0, 0};
    if (isResident)
      step = {number, 0.01, nullptr, nullptr, nullptr, first, rows, 0, 0};
    REQUIRE(api.step(model.instance(), &step) == FLOWRT_OK);
    std::fill(batch.x.begin(), batch.x.end(), NAN); // the host's again
    first += rows;
  }
  flowrt_training_record record;
  REQUIRE(api.record(model.instance(), &record) == FLOWRT_OK);
  CHECK(record.steps == number);
  CHECK(record.failed == 0);
  std::vector<double> result(parameters.size());
  REQUIRE(api.get_vector(model.instance(), FLOWRT_PARAMETERS, result.data()) == FLOWRT_OK);
  return result;
}

} // namespace

TEST_CASE("steps have the same bits whether their rows are there or brought", "[training]") {
  const DeviceModel &device = DeviceModel::of(kSpec);
  Model<double> model(device.compiled().api(), "cuda");
  std::vector<double> parameters = runtime::randomParameters(device.compiled().manifest(), 1);
  std::vector<double> there = afterSteps(model, parameters, true), brought = afterSteps(model, parameters, false);
  CHECK(there == brought);
  CHECK(there != parameters);
  CHECK(std::isfinite(there[0]));
}

TEST_CASE("what training refuses", "[training]") {
  const DeviceModel &device = DeviceModel::of(kSpec);
  Model<double> cpu(device.compiled().api()), gpu(device.compiled().api(), "cuda");
  const flowrt_training_api &api = *gpu.api().training;
  flowrt_training_options options = someOptions(gpu);
  flowrt_training_step step = {1, 0.1, nullptr, nullptr, nullptr, 0, 3, 0, 0};
  Data data = someData();
  CHECK(api.begin(cpu.instance(), &options) == FLOWRT_NOT_ON_DEVICE);
  CHECK(api.step(gpu.instance(), &step) == FLOWRT_NO_TRAINING);
  options.trained += 1;
  CHECK(api.begin(gpu.instance(), &options) == FLOWRT_BAD_ARGUMENT);
  options.trained -= 1;
  REQUIRE(api.begin(gpu.instance(), &options) == FLOWRT_OK);
  CHECK(api.step(gpu.instance(), &step) == FLOWRT_BAD_ARGUMENT); // no data
  CHECK(api.set_data(gpu.instance(), data.x.data(), nullptr, nullptr, kRows) == FLOWRT_NO_CONTEXT);
  data.context[7] = 3;
  CHECK(api.set_data(gpu.instance(), data.x.data(), data.context.data(), nullptr, kRows) == FLOWRT_BAD_LABEL);
  data.context[7] = 2;
  CHECK(api.set_data(gpu.instance(), data.x.data(), data.context.data(), nullptr, kRows) == FLOWRT_OK);
  CHECK(api.step(gpu.instance(), &step) == FLOWRT_BAD_ARGUMENT); // no order
  std::vector<int64_t> order = data.order;
  order[3] = kRows;
  CHECK(api.set_order(gpu.instance(), order.data()) == FLOWRT_BAD_ARGUMENT);
  CHECK(api.set_order(gpu.instance(), data.order.data()) == FLOWRT_OK);
  CHECK(api.step(gpu.instance(), &step) == FLOWRT_OK);
  step.first = kRows - 2;
  CHECK(api.step(gpu.instance(), &step) == FLOWRT_BAD_ARGUMENT);
}

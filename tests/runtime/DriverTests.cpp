// SPDX-License-Identifier: MIT
#include "runtime/ModelHeaders.h"
#include "runtime/Parameters.h"
#include "tests/runtime/Support.h"

#include <atomic>
#include <cmath>
#include <thread>

using namespace flowc::runtime;

namespace {

const std::vector<double> Parameters = {0.1, -0.2, 0.5, -0.5, 0.3};

template <typename T> flowc::Model<T> makeModel(const CompiledModel &compiled) {
  flowc::Model<T> model(compiled.api());
  model.set_parameters(std::vector<T>(Parameters.begin(), Parameters.end()));
  return model;
}

} // namespace

TEST_CASE("the interface table describes the model") {
  CompiledModel compiled = openMock();
  CHECK(std::string(compiled.api()->name) == "mock");
  CHECK(compiled.api()->features == 2);
  CHECK(compiled.api()->parameters == 5);
  CHECK(compiled.api()->dtypes == 3);
}

TEST_CASE("an element type that was not compiled is refused, not called") {
  CompiledModel narrow = openMock("mock_f32"), wide = openMock("mock_f64");
  flowrt_status status = FLOWRT_OK;
  CHECK(narrow.api()->create(FLOWRT_F64, &status) == nullptr);
  CHECK(status == FLOWRT_NO_DTYPE);
  CHECK(wide.api()->create(FLOWRT_F32, &status) == nullptr);
  CHECK(wide.api()->features == 2);
  CHECK_THROWS(flowc::Model<float>(wide.api()));
}

TEST_CASE("wrong calls return a status") {
  CompiledModel compiled = openMock();
  const flowrt_api *api = compiled.api();
  flowrt_instance *instance = api->create(FLOWRT_F64, nullptr);
  double x[2] = {0, 0}, out[2];
  CHECK(api->log_prob(instance, x, nullptr, 1, out) == FLOWRT_NO_PARAMETERS);
  CHECK(api->set_parameters(instance, nullptr) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->set_parameters(instance, Parameters.data()) == FLOWRT_OK);
  CHECK(api->log_prob(instance, x, nullptr, -1, out) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->log_prob(instance, nullptr, nullptr, 1, out) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->log_prob(instance, nullptr, nullptr, 0, nullptr) == FLOWRT_OK);
  CHECK(api->log_prob(nullptr, x, nullptr, 1, out) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->set_threads(instance, -1) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->objective(instance, nullptr, nullptr, 1, out) == FLOWRT_BAD_ARGUMENT);
  CHECK(api->target(instance, x, nullptr, 1, out) == FLOWRT_NO_TARGET);
  api->destroy(instance);
  api->destroy(nullptr);
}

TEST_CASE("the objective of a model without one of its own is log_prob") {
  CompiledModel compiled = openMock();
  flowc::Model<double> model = makeModel<double>(compiled);
  std::vector<double> x = {0.3, -1, 2, 0.5, -0.7, 0.1};
  CHECK(model.objective(x) == model.log_prob(x));
  CHECK(model.objective({}).empty());
}

TEST_CASE("values in closed form") {
  CompiledModel compiled = openMock();
  auto model = makeModel<double>(compiled);
  std::vector<double> x = {1.5, 2.5}, logDet(1);
  double z0 = (1.5 - 0.5) * std::exp(-0.1), z1 = (2.5 + 0.5 - 0.3 * 1.5) * std::exp(0.2);
  std::vector<double> z = model.to_latent(x, logDet);
  CHECK(z[0] == Approx(z0).epsilon(1e-14));
  CHECK(z[1] == Approx(z1).epsilon(1e-14));
  CHECK(logDet[0] == Approx(0.1));
  CHECK(model.log_prob(x)[0] == Approx(0.1 - std::log(2 * M_PI) - (z0 * z0 + z1 * z1) / 2).epsilon(1e-14));
  std::vector<double> gradient(5), weight = {2};
  model.gradient(x, gradient, weight);
  CHECK(gradient[2] == Approx(2 * z0 * std::exp(-0.1)).epsilon(1e-13));
  CHECK(gradient[0] == Approx(2 * (z0 * z0 - 1)).epsilon(1e-13));
}

TEST_CASE("no rows give no results and a zero gradient") {
  CompiledModel compiled = openMock();
  auto model = makeModel<float>(compiled);
  std::vector<float> none, gradient(5, 9.0f);
  CHECK(model.log_prob(none).empty());
  CHECK(model.gradient(none, gradient).empty());
  CHECK(gradient == std::vector<float>(5, 0.0f));
  CHECK(model.sample(0, 1).empty());
}

TEMPLATE_TEST_CASE("any number of threads gives the same bits", "", float, double) {
  using T = TestType;
  CompiledModel compiled = openMock();
  auto model = makeModel<T>(compiled);
  model.set_threads(1);
  constexpr int64_t rows = 5000;
  std::vector<T> x = model.sample(rows, 11), density = model.log_prob(x), gradient(5);
  model.gradient(x, gradient);
  for (int64_t threads : {2, 3, 7, 20}) {
    model.set_threads(threads);
    CHECK(model.threads() == threads);
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::vector<T> again(5);
      CHECK(model.gradient(x, again) == density);
      CHECK(again == gradient);
    }
    CHECK(model.sample(rows, 11) == x);
  }
}

TEST_CASE("a model without threads gives the same bits too") {
  CompiledModel compiled = openMock(), single = openMock("mock_nothreads");
  auto threaded = makeModel<float>(compiled), inlined = makeModel<float>(single);
  threaded.set_threads(3);
  std::vector<float> x = threaded.sample(3000, 2), a(5), b(5);
  CHECK(inlined.sample(3000, 2) == x);
  CHECK(threaded.gradient(x, a) == inlined.gradient(x, b));
  CHECK(a == b);
}

TEST_CASE("ragged batches do not change rows") {
  CompiledModel compiled = openMock();
  auto model = makeModel<float>(compiled);
  std::vector<float> x = model.sample(1000, 3), all = model.log_prob(x);
  for (size_t rows : {1, 63, 64, 65, 129}) {
    std::vector<float> some = model.log_prob(std::span(x).first(rows * 2));
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
  }
}

TEST_CASE("samples do not depend on the split into calls") {
  CompiledModel compiled = openMock();
  auto model = makeModel<double>(compiled);
  std::vector<double> all = model.sample(300, 9), parts;
  for (uint64_t first = 0; first < 300; first += 60)
    for (double value : model.sample(60, 9, first))
      parts.push_back(value);
  CHECK(parts == all);
  CHECK(model.sample(300, 10) != all);
}

TEST_CASE("the host may bring its own threads") {
  CompiledModel compiled = openMock();
  auto model = makeModel<float>(compiled);
  std::vector<float> x = model.sample(2000, 1), density = model.log_prob(x);
  std::atomic<int> calls{0};
  model.set_threads(4);
  model.set_parallel_for(
      [](void *host, int64_t count, flowrt_task task, void *context) {
        ++*static_cast<std::atomic<int> *>(host);
        std::vector<std::thread> threads;
        for (int64_t i = 0; i < count; ++i)
          threads.emplace_back([=] { task(context, i); });
        for (std::thread &thread : threads)
          thread.join();
      },
      &calls);
  CHECK(model.log_prob(x) == density);
  CHECK(calls == 1);
  model.set_parallel_for(nullptr, nullptr);
  CHECK(model.log_prob(x) == density);
  CHECK(calls == 1);
}

TEST_CASE("instances are independent and may run at the same time") {
  CompiledModel compiled = openMock();
  auto reference = makeModel<double>(compiled);
  std::vector<double> x = reference.sample(2000, 4), density = reference.log_prob(x);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      auto model = makeModel<double>(compiled);
      model.set_threads(3);
      for (int repeat = 0; repeat < 50; ++repeat)
        wrong += model.log_prob(x) != density;
    });
  for (std::thread &thread : threads)
    thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("data-dependent starts standardize, and survive a constant column") {
  CompiledModel compiled = openMock();
  flowc::Model<double> model(compiled.api());
  std::vector<double> x;
  for (int i = 0; i < 100; ++i) {
    x.push_back(3 + 2 * std::sin(i));
    x.push_back(7);
  }
  std::vector<double> parameters = initialParameters<double>(compiled.manifest(), 0);
  double skew = parameters[4];
  runStarts<double>(compiled.manifest(), model, x, {}, parameters);
  CHECK(parameters[4] == skew);
  double mean = 0, square = 0;
  for (size_t i = 0; i < x.size(); i += 2)
    mean += x[i] / 100;
  for (size_t i = 0; i < x.size(); i += 2)
    square += (x[i] - mean) * (x[i] - mean) / 100;
  CHECK(parameters[2] == Approx(mean));
  CHECK(parameters[0] == Approx(0.5 * std::log(square)));
  for (double value : parameters)
    CHECK(std::isfinite(value));
}

TEST_CASE("initial parameters are a function of the seed") {
  const Manifest manifest = openMock().manifest();
  auto a = initialParameters<float>(manifest, 1);
  CHECK(a == initialParameters<float>(manifest, 1));
  CHECK(a[4] != initialParameters<float>(manifest, 2)[4]);
  CHECK(std::abs(a[4]) <= 0.5f);
  CHECK(a[2] == 0.5f);
}

TEST_CASE("generated headers name the model") {
  auto headers = modelHeaders("two_moons", 2);
  REQUIRE(headers.size() == 4);
  CHECK(headers[2].name == "two_moons.h");
  CHECK(headers[2].text.find("const flowrt_api *two_moons_model(void);") != std::string::npos);
  CHECK(headers[3].text.find("namespace two_moons {") != std::string::npos);
  CHECK(headers[0].text.find("#define FLOWRT_H") != std::string::npos);
}

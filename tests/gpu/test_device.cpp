// SPDX-License-Identifier: MIT
//
// Whole models on the emulated GPU, through the C interface, against the same on the CPU.

#include "tests/gpu/BesideCpu.h"

#include "runtime/Parameters.h"

#include <catch2/catch.hpp>

using namespace flowc;
using namespace flowc::test;

namespace {

const char *const kCoupling = R"(flow coupling {
  data real[3]
  repeat 2 {
    affine_coupling(mask = alternate, net = mlp(hidden = [5]))
    actnorm
  }
})";

/// A flow of two features.
std::string flowOf(const std::string &items, const std::string &definitions = "") {
  return definitions + "\nflow model {\n  data real[2]\n  " + items + "\n}\n";
}

const std::string kLabels = flowOf("context label[3]\n  affine_coupling(net = mlp(hidden = [4]))");

} // namespace

TEST_CASE("a model on a GPU is the CPU's", "[device]") {
  auto spec = GENERATE(as<std::string>(), kCoupling, flowOf("maf(net = made(hidden = [9]))\n  reverse"),
                       flowOf("spline_coupling(net = mlp(hidden = [4]), bins = 4)"),
                       kLabels,
                       flowOf("context real[2]\n  affine_coupling(net = mlp(hidden = [4]))"),
                       flowOf("residual(net = contraction(hidden = [2]))"),
                       flowOf("batch_norm\n  affine_coupling(net = mlp(hidden = [4]))"),
                       flowOf("affine_coupling(net = mlp(hidden = [4]))\n  objective reverse_kl(bowl)",
                              "energy bowl(x) = dot(x, x)"));
  const DeviceModel &model = DeviceModel::of(spec);
  INFO(spec);
  compareWithCpu<float>(model, {0, 1, 64, 65});
  compareWithCpu<double>(model, {63, 130});
}

TEST_CASE("a batch goes through in parts where the GPU's memory is small", "[device]") {
  const DeviceModel &model = DeviceModel::of(kCoupling);
  Setting memory("FLOWC_EMULATED_MEMORY", "100000");
  compareWithCpu<float>(model, {300, 65, 1000, 0}, "f32", /*hasGradients=*/false); // whose rows must all be there at once
}

TEST_CASE("rows may lie in the GPU's memory and work in the host program's stream", "[device]") {
  const DeviceModel &device = DeviceModel::of(kLabels);
  constexpr int64_t rows = 65;
  const flowrt_api &api = *device.compiled().api();
  Model<float> cpu(&api), gpu(&api, "cuda");
  std::vector<float> parameters = narrow<float>(runtime::randomParameters(device.compiled().manifest(), 1));
  std::vector<float> context = narrow<float>(runtime::randomContexts(device.compiled().manifest(), 2, 0, rows));
  cpu.set_parameters(parameters);
  std::vector<float> density(rows), x = cpu.sample(rows, 1, 0, density, context), found(rows), logDet(rows);
  std::vector<float> z = cpu.to_latent(x, logDet, context);
  DeviceMemory parametersThere(4 * parameters.size()), there(4 * x.size()), contextThere(4 * rows), zThere(4 * x.size()),
      densityThere(4 * rows);
  parametersThere.write(parameters.data(), 4 * parameters.size());
  there.write(x.data(), 4 * x.size());
  contextThere.write(context.data(), 4 * rows);
  REQUIRE(api.set_parameters(gpu.instance(), parametersThere.address()) == FLOWRT_OK);

  SECTION("all of it in the GPU's memory, in streams of the instance") {
    REQUIRE(api.log_prob(gpu.instance(), there.address(), contextThere.address(), rows, densityThere.address()) == FLOWRT_OK);
    densityThere.read(found.data(), 4 * rows);
    same("log_prob", density, found);
  }
  SECTION("in the program's stream, where results are there once it is through") {
    HostStream stream;
    gpu.set_stream(stream.handle());
    REQUIRE(api.to_latent(gpu.instance(), there.address(), contextThere.address(), rows, zThere.address(), densityThere.address()) ==
            FLOWRT_OK);
    // From its result the way back, before anything has been waited for.
    REQUIRE(api.to_data(gpu.instance(), zThere.address(), contextThere.address(), rows, there.address(), nullptr) == FLOWRT_OK);
    stream.wait();
    std::vector<float> onGpu(x.size()), back(x.size());
    zThere.read(onGpu.data(), 4 * x.size());
    there.read(back.data(), 4 * x.size());
    densityThere.read(found.data(), 4 * rows);
    same("to_latent", z, onGpu);
    same("log_det", logDet, found);
    same("to_data", cpu.to_data(z, {}, context), back);
  }
  SECTION("some here and some there") {
    REQUIRE(api.log_prob(gpu.instance(), x.data(), contextThere.address(), rows, densityThere.address()) == FLOWRT_OK);
    densityThere.read(found.data(), 4 * rows);
    same("log_prob", density, found);
    REQUIRE(api.log_prob(gpu.instance(), there.address(), context.data(), rows, found.data()) == FLOWRT_OK);
    same("log_prob to the host", density, found);
    REQUIRE(api.sample(gpu.instance(), contextThere.address(), 1, 0, rows, there.address(), found.data()) == FLOWRT_OK);
    std::vector<float> samples(x.size());
    there.read(samples.data(), 4 * x.size());
    same("samples", x, samples);
  }
  SECTION("wrong labels are found there, too") {
    context[64] = 3;
    contextThere.write(context.data(), 4 * rows);
    CHECK(api.log_prob(gpu.instance(), there.address(), contextThere.address(), rows, densityThere.address()) == FLOWRT_BAD_LABEL);
    CHECK(api.log_prob(gpu.instance(), there.address(), nullptr, rows, densityThere.address()) == FLOWRT_NO_CONTEXT);
  }
}

TEST_CASE("what a machine lacks has a status", "[device]") {
  const DeviceModel &device = DeviceModel::of(kCoupling);
  const flowrt_api &api = *device.compiled().api();
  auto statusOf = [&](const char *name) {
    flowrt_status status = FLOWRT_OK;
    flowrt_instance *instance = api.create_on(FLOWRT_F64, name, &status);
    CHECK((instance == nullptr) == (status != FLOWRT_OK));
    api.destroy(instance);
    return status;
  };
  CHECK(statusOf("cuda") == FLOWRT_OK);
  CHECK(statusOf("cuda:0") == FLOWRT_OK);
  CHECK(statusOf("cpu") == FLOWRT_OK);
  CHECK(statusOf("cuda:1") == FLOWRT_NO_DEVICE);
  for (const char *name : {"", "gpu", "cuda:", "cuda:-1", "cuda:0x", "cuda0", "CUDA", "cuda:99999999999999999999"})
    CHECK(statusOf(name) == FLOWRT_BAD_DEVICE);
  {
    Setting devices("FLOWC_EMULATED_DEVICES", "2");
    CHECK(statusOf("cuda:1") == FLOWRT_OK);
  }
  {
    Setting old("FLOWC_EMULATED_PTX", "6.5");
    CHECK(statusOf("cuda") == FLOWRT_OLD_DRIVER);
  }
  {
    Setting old("FLOWC_EMULATED_ARCHITECTURE", "75");
    CHECK(statusOf("cuda") == FLOWRT_OLD_DEVICE);
  }
  {
    // The newer GPU's own code needs a newer driver than this one, that of the older one does not.
    Setting architecture("FLOWC_EMULATED_ARCHITECTURE", "90"), driver("FLOWC_EMULATED_PTX", "7.0");
    CHECK(statusOf("cuda") == FLOWRT_OK);
  }
  {
    Setting memory("FLOWC_EMULATED_MEMORY", "3000");
    CHECK(statusOf("cuda") == FLOWRT_NO_DEVICE_MEMORY);
  }
  Setting memory("FLOWC_EMULATED_MEMORY", "24000");
  Model<float> model(&api, "cuda");
  model.set_parameters(narrow<float>(runtime::randomParameters(device.compiled().manifest(), 1)));
  std::vector<float> x(3);
  CHECK_THROWS_WITH(model.log_prob(x), Catch::Contains("too little free memory"));
  CHECK_THROWS_WITH(Model<float>(&api).set_stream(nullptr), Catch::Contains("computes on the CPU"));
}

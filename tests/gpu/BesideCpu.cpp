// SPDX-License-Identifier: MIT

#include "tests/gpu/BesideCpu.h"
#include "tests/gpu/Results.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace flowc;
using namespace flowc::test;

namespace {

template <typename T> constexpr double kRounding = sizeof(T) == 4 ? 1e-6 : 1e-14;

/// Tensor cores may move a result so many times as far as moved parameters do.
constexpr double kTimes = 8;

template <typename T> void check(const gpu::Result &expected, const gpu::Result &found, double more = 0) {
  INFO(expected.name);
  CHECK(gpu::distance(expected, found) <= (expected.isSum ? 20 : 1) * kRounding<T> + kTimes * more);
}

} // namespace

template <typename T> void flowc::test::same(const char *what, const std::vector<T> &expected, const std::vector<T> &found) {
  check<T>({what, gpu::widened(expected)}, {what, gpu::widened(found)});
}
template void flowc::test::same(const char *, const std::vector<float> &, const std::vector<float> &);
template void flowc::test::same(const char *, const std::vector<double> &, const std::vector<double> &);

template <typename T>
void flowc::test::compareWithCpu(const DeviceModel &device, const std::vector<int64_t> &batches, const std::string &matmul,
                                 bool hasGradients) {
  const runtime::Manifest &manifest = device.compiled().manifest();
  device.useKernels(matmul);
  Model<T> cpu(device.compiled().api()), gpu(device.compiled().api(), "cuda");
  CHECK(gpu.device() == "cuda:0, emulated GPU");
  gpu::Values parameters = runtime::randomParameters(manifest, 1);
  cpu.set_parameters(narrow<T>(parameters));
  for (int64_t count : batches) {
    INFO(count << " rows");
    gpu::Rows rows{count, {}, {}, {}, runtime::randomContexts(manifest, 2, 0, count)};
    std::vector<T> context = narrow<T>(rows.context), x = cpu.sample(count, 5, 7, {}, context);
    rows.x = gpu::widened(x);
    rows.z = gpu::widened(cpu.to_latent(x, {}, context));
    for (double number : rows.x)
      rows.uniform.push_back(T(1 / (1 + std::exp(-number))));
    std::vector<gpu::Result> found = gpu::computeAll(gpu, manifest, parameters, rows, hasGradients);
    std::vector<double> more = gpu::sensitivity(cpu, manifest, parameters, rows, gpu::roundingOf(matmul));
    std::vector<gpu::Result> expected = gpu::computeAll(cpu, manifest, parameters, rows, hasGradients);
    REQUIRE(expected.size() == found.size());
    for (size_t k = 0; k < expected.size(); ++k)
      check<T>(expected[k], found[k], more.empty() ? 0 : more[k]);
  }
}
template void flowc::test::compareWithCpu<float>(const DeviceModel &, const std::vector<int64_t> &, const std::string &, bool);
template void flowc::test::compareWithCpu<double>(const DeviceModel &, const std::vector<int64_t> &, const std::string &, bool);

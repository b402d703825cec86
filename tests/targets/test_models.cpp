// SPDX-License-Identifier: MIT
//
// Whole models on the emulated GPU against the CPU's kernels: both directions, densities, gradients.

#include "tests/laws/Layers.h"
#include "tests/targets/CompiledTiles.h"
#include "tests/targets/emulation/EmulatedKernels.h"

#include "runtime/abi/flowrt_kernels.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

using namespace flowc::test;
using flowc::cpu::CompiledTiles;

namespace {

constexpr int64_t kTile = 64;

/// What the compiler schedules for a spec.
std::string scheduled(const std::string &spec, const std::string &dtype) {
  auto folder = std::filesystem::temp_directory_path() / ("flowc-kernels-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "model.flow") << spec;
  std::string command = std::string(FLOWC) + " " + (folder / "model.flow").string() + " --target cpu,cuda --emit scheduled --dtype " + dtype + " -o " +
                        (folder / "model.mlir").string();
  INFO(spec);
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream in(folder / "model.mlir");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::filesystem::remove_all(folder);
  return text;
}

/// A model's kernels on both machines.
template <typename T> class Pair {
public:
  static constexpr bool single = sizeof(T) == 4;
  static constexpr int64_t tiles = 3, chunks = 2, blocks = 2;

  explicit Pair(const std::string &spec, const std::string &matmul) {
    std::string text = scheduled(spec, single ? "f32" : "f64"), error;
    cpu = CompiledTiles::compile(text, {}, error);
    INFO(error);
    REQUIRE(cpu);
    // On the second kind of GPU more lies in shared memory.
    gpu = EmulatedKernels::compile(text, 128, error, matmul, matmul == "f32" ? "sm_80" : "sm_90");
    INFO(error);
    REQUIRE(gpu);
    info = cpu->kernel<const flowrt_kernel_info>(name("info").c_str());
    REQUIRE(info);
    workspace.resize(blocks * info->workspace + 16, NAN);
  }

  std::string name(const char *kernel) const { return std::string(single ? "flow_f32_" : "flow_f64_") + kernel; }

  /// Calls a kernel on the CPU. Its buffers start on cache lines.
  template <typename... Pointers> void onCpu(const char *kernel, Pointers... pointers) {
    auto *function = cpu->kernel<void(Pointers..., T *)>(name(kernel).c_str());
    REQUIRE(function);
    function(pointers..., aligned(workspace));
  }
  void onGpu(const std::string &kernel, int64_t count, std::vector<EmulatedKernels::Argument> arguments) {
    INFO(kernel);
    CHECK(gpu->launch(name(kernel.c_str()), count, arguments) == "");
  }

  static T *aligned(std::vector<T> &numbers) {
    return reinterpret_cast<T *>((reinterpret_cast<uintptr_t>(numbers.data()) + 63) / 64 * 64);
  }

  std::unique_ptr<CompiledTiles> cpu;
  std::unique_ptr<EmulatedKernels> gpu;
  const flowrt_kernel_info *info;
  std::vector<T> workspace;
};

/// Numbers on a cache line, with room for it.
template <typename T> struct Numbers {
  explicit Numbers(int64_t count, T value = NAN) : storage(count + 64 / sizeof(T), value), count(count) {}
  T *data() { return Pair<T>::aligned(storage); }
  std::vector<T> storage;
  int64_t count;
};

/// Relative to the largest number; what is infinite or no number must be so in both.
template <typename T> void compare(const char *what, Numbers<T> &expected, Numbers<T> &found, double tolerance) {
  double largest = 1, worst = 0;
  for (int64_t i = 0; i < expected.count; ++i) {
    double one = expected.data()[i], other = found.data()[i];
    if (one == other || (std::isnan(one) && std::isnan(other)))
      continue;
    worst = std::isfinite(one - other) ? std::max(worst, std::abs(one - other)) : INFINITY;
  }
  for (int64_t i = 0; i < expected.count; ++i)
    if (std::isfinite(expected.data()[i]))
      largest = std::max<double>(largest, std::abs(expected.data()[i]));
  INFO(what);
  CHECK(worst <= tolerance * largest);
}

/// Uniform in an interval.
template <typename T> Numbers<T> randomNumbers(int64_t count, unsigned seed, double low, double high) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> number(low, high);
  Numbers<T> result(count);
  for (int64_t i = 0; i < count; ++i)
    result.data()[i] = static_cast<T>(number(random));
  return result;
}

/// Tiles of data with `more` rows of numbers between 0 and 1 behind them: their context, and what training takes at random.
template <typename T> Numbers<T> withRows(Numbers<T> &data, int64_t features, int64_t more) {
  int64_t from = features * kTile, to = (features + more) * kTile, tiles = data.count / from;
  Numbers<T> result = randomNumbers<T>(tiles * to, 6, 0.1, 0.9);
  for (int64_t tile = 0; tile < tiles; ++tile)
    std::copy_n(data.data() + tile * from, from, result.data() + tile * to);
  return result;
}

/// Training, segment by segment, from the same numbers on both machines: what a segment gives, and its gradient. Returns the sums over samples.
template <typename T, typename Compare>
Numbers<T> checkTraining(Pair<T> &model, Numbers<T> &staged, Numbers<T> &x, Compare sameOn, double rounding) {
  const flowrt_kernel_info &info = *model.info;
  constexpr int64_t tiles = Pair<T>::tiles, chunks = Pair<T>::chunks, blocks = Pair<T>::blocks;
  T *workspace = Pair<T>::aligned(model.workspace);
  const flowrt_segment whole[] = {{1, 0, 0, 0}, {}};
  const auto *listed = model.cpu->template kernel<const flowrt_segment>(model.name("segments").c_str());
  const flowrt_segment *segments = listed ? listed : whole;
  Numbers<T> in = withRows(x, info.features, info.context + info.noise), total(info.staged, 0);
  int64_t given = info.features + info.context + info.noise; // rows that a segment begins from
  for (int64_t k = 0; segments[k].outputs; ++k) {
    bool isLast = !segments[k + 1].outputs;
    int64_t outputs = segments[k].outputs, perTile = given * kTile, perOutput = outputs * kTile;
    std::string number = std::to_string(k), back = listed ? "segment_gradient_" + number : "gradient";
    Numbers<T> out(tiles * perOutput), outOnGpu(tiles * perOutput);
    if (!isLast) {
      std::string forward = "segment_" + number;
      for (int64_t tile = 0; tile < tiles; ++tile)
        model.onCpu(forward.c_str(), staged.data(), in.data() + tile * perTile, out.data() + tile * perOutput);
      model.onGpu(forward, blocks, {staged.data(), in.data(), outOnGpu.data(), workspace, tiles});
      sameOn(forward.c_str(), out, outOnGpu);
      for (int64_t row = 0; row < segments[k].probed; ++row) {
        staged.data()[segments[k].mean + row] = static_cast<T>(0.1);
        staged.data()[segments[k].variance + row] = static_cast<T>(1.3);
      }
    }
    int64_t perAdjoint = ((isLast ? 1 : 0) + (k > 0 ? given : 0)) * kTile;
    Numbers<T> weight = randomNumbers<T>(tiles * perOutput, 5, 0, 2), adjoint(tiles * perAdjoint + 1, 0), adjointOnGpu = adjoint,
               sums(chunks * info.staged, 0), sumsOnGpu = sums;
    for (int64_t chunk = 0; chunk < chunks; ++chunk)
      for (int64_t tile = chunk * tiles / chunks; tile < (chunk + 1) * tiles / chunks; ++tile)
        model.onCpu(back.c_str(), staged.data(), in.data() + tile * perTile, weight.data() + tile * perOutput,
                    adjoint.data() + tile * perAdjoint, sums.data() + chunk * info.staged);
    for (int64_t i = 0; i < info.staged; ++i)
      sums.data()[i] += sums.data()[info.staged + i];
    model.onGpu(back, blocks, {staged.data(), in.data(), weight.data(), adjointOnGpu.data(), sumsOnGpu.data(), workspace, tiles, chunks});
    model.onGpu(back + "_reduce", blocks, {sumsOnGpu.data(), chunks});
    sums.count = sumsOnGpu.count = info.staged;
    sameOn(back.c_str(), adjoint, adjointOnGpu);
    compare("gradient", sums, sumsOnGpu, 4 * rounding + (sizeof(T) == 4 ? 1e-5 : 1e-13));
    for (int64_t i = 0; i < info.staged; ++i)
      total.data()[i] += sums.data()[i];
    in = out;
    given = outputs;
  }
  return total;
}

/// What is computed sample by sample has the same steps on both machines, and in practice the same bits; sums over samples are added up
/// in another order. Where factors are rounded that is how near they are, with weights of the size that training gives, and gradients four
/// times as far.
template <typename T>
void checkModel(const std::string &spec, double low, double high, const std::string &matmul = "f32", double rounding = 0) {
  Pair<T> model(spec, matmul);
  const flowrt_kernel_info &info = *model.info;
  constexpr int64_t tiles = Pair<T>::tiles, blocks = Pair<T>::blocks;
  T *workspace = Pair<T>::aligned(model.workspace);
  constexpr bool single = Pair<T>::single;
  auto sameOn = [&](const char *what, Numbers<T> &expected, Numbers<T> &found) {
    compare(what, expected, found, rounding + (single ? 1e-6 : 1e-14));
  };

  double size = rounding > 0 ? 0.2 : 0.5;
  Numbers<T> parameters = randomNumbers<T>(info.parameters, 3, -size, size), staged(info.staged, 0), stagedOnGpu(info.staged, 0);
  model.onCpu("stage", parameters.data(), staged.data());
  model.onGpu("stage", 1, {parameters.data(), stagedOnGpu.data(), workspace});
  sameOn("stage", staged, stagedOnGpu);

  int64_t perTile = info.features * kTile;
  Numbers<T> x = randomNumbers<T>(tiles * perTile, 4, low, high), z(tiles * perTile), zOnGpu(tiles * perTile), back(tiles * perTile),
      backOnGpu(tiles * perTile), density(tiles * kTile), densityOnGpu(tiles * kTile);
  auto map = [&](const char *kernel, Numbers<T> &from, Numbers<T> &out, Numbers<T> &outOnGpu) {
    Numbers<T> in = withRows(from, info.features, info.context);
    for (int64_t tile = 0; tile < tiles; ++tile)
      model.onCpu(kernel, staged.data(), in.data() + in.count / tiles * tile, out.data() + tile * perTile, density.data() + tile * kTile);
    model.onGpu(kernel, blocks, {staged.data(), in.data(), outOnGpu.data(), densityOnGpu.data(), workspace, tiles});
    sameOn(kernel, out, outOnGpu);
    sameOn(kernel, density, densityOnGpu);
  };
  map("to_latent", x, z, zOnGpu);
  map("to_data", z, back, backOnGpu);

  Numbers<T> sums = checkTraining(model, staged, x, sameOn, rounding);

  Numbers<T> gradient(info.parameters, 0), gradientOnGpu(info.parameters, 0);
  model.onCpu("stage_adjoint", parameters.data(), sums.data(), gradient.data());
  model.onGpu("stage_adjoint", 1, {parameters.data(), sums.data(), gradientOnGpu.data(), workspace});
  sameOn("stage_adjoint", gradient, gradientOnGpu);
}

/// The flow of some layers.
std::string flowOf(const std::string &definitions, const std::string &data, const std::string &items) {
  return definitions + "\nflow model {\n  data " + data + "\n  " + items + "\n}\n";
}

} // namespace

TEMPLATE_TEST_CASE("models on the emulated GPU are the CPU's", "[models]", float, double) {
  auto layers = GENERATE(as<std::string>(), "repeat 2 { affine_coupling(mask = alternate, net = mlp(hidden = [17, 33])); actnorm }",
                         "actnorm; maf(net = made(hidden = [19])); reverse", "lu_linear; spline_coupling(net = mlp(hidden = [8]), bins = 4)",
                         "repeat 2 { planar; radial }", "residual(net = contraction(hidden = [6]))",
                         "repeat 2 { affine_coupling(mask = alternate, net = mlp(hidden = [9])); batch_norm }");
  checkModel<TestType>(flowOf("", "real[5]", layers), -2, 2);
}

TEST_CASE("models on tensor cores are near the CPU's", "[models][tensor]") {
  auto [matmul, rounding] = GENERATE(table<std::string, double>({{"tf32", 2e-3}, {"bf16", 16e-3}}));
  auto layers = GENERATE(as<std::string>(), "repeat 2 { affine_coupling(mask = alternate, net = mlp(hidden = [17, 33])); actnorm }",
                         "maf(net = made(hidden = [19])); reverse", "lu_linear; spline_coupling(net = mlp(hidden = [8]), bins = 4)",
                         "affine_coupling(net = mlp(hidden = [64, 65], activation = relu))");
  INFO(layers << matmul);
  checkModel<float>(flowOf("", "real[5]", layers), -2, 2, matmul, rounding);
}

TEST_CASE("every layer on the emulated GPU is the CPU's", "[.layers]") {
  for (const flowc::laws::LayerCase &layer : flowc::laws::layerCases()) {
    std::string size = "7", base = layer.base.empty() ? "" : "bijection law_base(z) = " + layer.base + "\n";
    if (!layer.images.empty())
      size = std::to_string(layer.images.back()[0]) + ", " + std::to_string(layer.images.back()[1]) + ", " +
             std::to_string(layer.images.back()[2]);
    INFO(layer.name);
    checkModel<float>(flowOf(layer.definitions + "\n" + base, layer.data + "[" + size + "]",
                             layer.items + (base.empty() ? "" : "\n  base law_base")),
                      layer.low, layer.high);
  }
}

// SPDX-License-Identifier: MIT
//
// gradient_step MODEL_DIRECTORY [ROWS] [ROUNDS]: GFLOP/s of a compiled model's gradient, beside the libraries'
// products.
//
// Only the multiplications that the mathematics needs count: for each weight [m, n] and row, 2 m n flops for each of
// forward, data gradient and weight gradient, and no data gradient for the first weight, whose input is the data.
// Recomputed or padded products do not count. Everything is measured interleaved, once a round, and medians are
// printed; `peak` is the fastest library at any of its shapes, on as many threads as the model. With 0 ROUNDS the
// gradient alone runs for some seconds on one thread, for a profiler.

#include "bench/Peak.h"
#include "runtime/abi/flowrt.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

using namespace bench;

namespace {

struct Program {
  std::string name;
  std::function<void()> run;
  double flops;
  std::vector<double> seconds;
  double median() {
    std::sort(seconds.begin(), seconds.end());
    return seconds[seconds.size() / 2];
  }
  double rate() { return flops / median() * 1e-9; }
};

} // namespace

struct Flops {
  double forward = 0, gradient = 0;
};

static Flops countFlops(const nlohmann::json &manifest, int64_t rows) {
  Flops flops;
  for (const auto &parameter : manifest["parameters"])
    if (const auto &shape = parameter["shape"]; shape.size() == 2) {
      double pass = 2.0 * shape[0].get<double>() * shape[1].get<double>() * double(rows);
      flops.gradient += flops.forward > 0 ? 3 * pass : 2 * pass;
      flops.forward += pass;
    }
  return flops;
}

int main(int argc, char **argv) {
  holdOpenMpToOneThread(argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: gradient_step MODEL_DIRECTORY [ROWS] [ROUNDS]\n");
    return 2;
  }
  const std::string directory = argv[1];
  const int64_t rows = argc > 2 ? std::atoll(argv[2]) : 1024;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 31;
  auto manifest = nlohmann::json::parse(std::ifstream(directory + "/manifest.json"));
  const std::string name = manifest["name"], path = directory + "/" + name + ".so";
  void *library = dlopen((path.front() == '/' ? path : "./" + path).c_str(), RTLD_NOW);
  auto function =
      library ? reinterpret_cast<flowrt_model_function>(dlsym(library, (name + "_model").c_str())) : nullptr;
  if (!function) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 1;
  }

  flowc::Model<float> model(function());
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> parameters(size_t(model.parameter_count())), gradient(parameters.size());
  std::vector<float> x(size_t(rows * model.features()));
  std::generate(parameters.begin(), parameters.end(), [&] { return 0.05f * normal(random); });
  std::generate(x.begin(), x.end(), [&] { return normal(random); });
  model.set_parameters(parameters);

  if (rounds == 0) {
    model.set_threads(1);
    for (auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3); std::chrono::steady_clock::now() < end;)
      model.gradient(x, gradient);
    return 0;
  }

  const Flops flops = countFlops(manifest, rows);
  const int counts[] = {1, 2};
  std::vector<std::vector<Program>> programs;
  for (int threads : counts) {
    auto &list = programs.emplace_back();
    list.push_back({"gradient",
                    [&, threads] {
                      model.set_threads(threads);
                      model.gradient(x, gradient);
                    },
                    flops.gradient,
                    {}});
    list.push_back({"log_prob",
                    [&, threads] {
                      model.set_threads(threads);
                      model.log_prob(x);
                    },
                    flops.forward,
                    {}});
    for (PeakProgram &peak : peakPrograms(threads))
      list.push_back({peak.name, peak.run, peak.flops, {}});
  }
  for (int round = 0; round < rounds; ++round)
    for (auto &list : programs)
      for (Program &program : list)
        program.seconds.push_back(secondsOf(program.run, 0.01));

  std::printf("%s, %lld rows, f32, medians of %d rounds, %.1f MFLOP a gradient\n\n", name.c_str(),
              static_cast<long long>(rows), rounds, flops.gradient * 1e-6);
  std::printf("| threads | case                    |  us/run | GFLOP/s | of peak |\n|---|---|---|---|---|\n");
  for (size_t i = 0; i < programs.size(); ++i) {
    double peak = 0;
    for (size_t k = 2; k < programs[i].size(); ++k)
      peak = std::max(peak, programs[i][k].rate());
    for (Program &program : programs[i])
      std::printf("| %7d | %-23s | %7.0f | %7.1f | %7.3f |\n", counts[i], program.name.c_str(), program.median() * 1e6,
                  program.rate(), peak > 0 ? program.rate() / peak : 0.0);
  }
  std::printf("\nWhere the time goes: perf record %s %s %lld 0 && perf report\n", argv[0], argv[1],
              static_cast<long long>(rows));
  return 0;
}

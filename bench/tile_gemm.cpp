// SPDX-License-Identifier: MIT
//
// tile_gemm [CPU] [ROUNDS]: GFLOP/s of our products for the three passes of a linear layer, beside those of the
// libraries.
//
// Everything runs on one thread, interleaved: each round measures every program once, so that other work on the machine
// meets all alike; medians of the rounds are printed. `best` is the fastest library at the same shape, `peak` the
// fastest at any shape of the run, 1024 x 1024 x 1024 among them.

#include "bench/Peers.h"
#include "tests/targets/CompiledTiles.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unistd.h>

using namespace bench;
using flowc::cpu::CompiledTiles;

namespace {

enum Pass { Forward, DataGradient, WeightGradient };
const char *const passNames[] = {"forward", "data gradient", "weight gradient"};

struct Case {
  Pass pass;
  int width, tile;
  Product product() const {
    switch (pass) {
    case Forward:
      return {width, tile, width, false, false};
    case DataGradient:
      return {width, tile, width, true, false};
    case WeightGradient:
      return {width, width, tile, false, true};
    }
    return {};
  }
  std::string kernelName() const {
    return "flow_f32_" + std::to_string(pass) + "_" + std::to_string(width) + "_" + std::to_string(tile);
  }
};

struct Program {
  std::string name;
  std::function<void()> run;
  double flops;
  std::vector<double> rates;
  double median() {
    std::sort(rates.begin(), rates.end());
    return rates[rates.size() / 2];
  }
};

using Kernel = void(const float *, const float *, float *);

} // namespace

static std::string matrix(int rows, int columns) {
  return "memref<" + std::to_string(rows) + "x" + std::to_string(columns) + "xf32>";
}

/// A kernel of one product; a transposed operand is a view with its strides exchanged.
static std::string kernelText(const Case &c) {
  Product p = c.product();
  std::string stored = p.transA ? matrix(p.k, p.m) : matrix(p.m, p.k), view = stored, text;
  text = "func.func @" + c.kernelName() + "(%a0: " + stored + ", %b: " + matrix(p.k, p.n) +
         ", %c: " + matrix(p.m, p.n) + ") {\n";
  std::string m = std::to_string(p.m), k = std::to_string(p.k);
  if (p.transA) {
    view = "memref<" + m + "x" + k + "xf32, strided<[1, " + m + "]>>";
    text += "  %a = memref.reinterpret_cast %a0 to offset: [0], sizes: [" + m + ", " + k + "], strides: [1, " + m +
            "] : " + stored + " to " + view + "\n";
  }
  text += std::string("  tile.gemm ") + (p.accumulate ? "accumulate " : "") + "a(" + (p.transA ? "%a" : "%a0") + " : " +
          view + ") b(%b : " + matrix(p.k, p.n) + ") c(%c : " + matrix(p.m, p.n) + ")\n  return\n}\n";
  return text;
}

static std::vector<Case> allCases() {
  std::vector<Case> cases;
  for (Pass pass : {Forward, DataGradient, WeightGradient})
    for (int width : {64, 128, 256, 512})
      for (int tile : {32, 64, 96, 128})
        cases.push_back({pass, width, tile});
  return cases;
}

/// Runs for about a millisecond and notes the rate.
static void measure(Program &program) {
  long repetitions = std::max(1L, static_cast<long>(5e7 / program.flops));
  auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < repetitions; ++i)
    program.run();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  program.rates.push_back(repetitions * program.flops / seconds.count() * 1e-9);
}

static float *buffer(size_t elements) {
  auto *memory = static_cast<float *>(std::aligned_alloc(64, elements * sizeof(float)));
  for (size_t i = 0; i < elements; ++i)
    memory[i] = static_cast<float>(i % 17) * 1e-3f;
  return memory;
}

/// The libraries' products of large matrices: what the machine can do while the cases run.
static std::vector<Program> peakPrograms(const std::vector<Peer> &libraries, float *a, float *b, float *c) {
  std::vector<Program> programs;
  for (const Peer &peer : libraries)
    programs.push_back(
        {peer.name, [=] { peer.multiply({1024, 1024, 1024, false, false}, a, b, c); }, 2.0 * (1 << 30), {}});
  return programs;
}

/// Measures ours, then the libraries', in each round.
static std::vector<Program> runCase(const Case &c, Kernel *kernel, const std::vector<Peer> &libraries, float *a,
                                    float *b, float *out, int rounds) {
  Product p = c.product();
  double flops = 2.0 * p.m * p.n * p.k;
  std::vector<Program> programs = {{"flowc", [=] { kernel(a, b, out); }, flops, {}}};
  for (const Peer &peer : libraries)
    programs.push_back({peer.name, [=] { peer.multiply(p, a, b, out); }, flops, {}});
  std::fill(out, out + p.m * p.n, 0.0f);
  for (int round = 0; round < rounds; ++round)
    for (Program &program : programs)
      measure(program);
  return programs;
}

static void printTable(const std::vector<Case> &cases, std::vector<std::vector<Program>> &results, double peak) {
  std::printf("| pass            | width | tile |");
  for (const Program &program : results.front())
    std::printf(" %8s |", program.name.c_str());
  std::printf(" /best | /peak |\n|---|---|---|");
  for (size_t i = 0; i < results.front().size() + 2; ++i)
    std::printf("---|");
  std::printf("\n");
  for (size_t k = 0; k < cases.size(); ++k) {
    std::printf("| %-15s | %5d | %4d |", passNames[cases[k].pass], cases[k].width, cases[k].tile);
    double ours = results[k].front().median(), best = 0;
    for (size_t i = 0; i < results[k].size(); ++i) {
      best = std::max(best, i > 0 ? results[k][i].median() : 0);
      std::printf(" %8.1f |", results[k][i].median());
    }
    std::printf(" %5.2f | %5.2f |\n", ours / best, ours / peak);
  }
}

int main(int argc, char **argv) {
  // OpenMP reads this before main.
  if (!std::getenv("OMP_NUM_THREADS")) {
    setenv("OMP_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
  std::string text, error;
  for (const Case &c : allCases())
    text += kernelText(c);
  auto kernels = CompiledTiles::compile(text, {argc > 1 ? argv[1] : "native", 0, 3}, error);
  if (!kernels) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  std::vector<Peer> libraries = peers();
  float *a = buffer(1 << 20), *b = buffer(1 << 20), *c = buffer(1 << 20);
  std::vector<Case> cases = allCases();
  std::vector<Program> peaks = peakPrograms(libraries, a, b, c);
  std::vector<std::vector<Program>> results;
  for (const Case &test : cases) {
    results.push_back(runCase(test, kernels->kernel<Kernel>(test.kernelName().c_str()), libraries, a, b, c,
                              argc > 2 ? std::atoi(argv[2]) : 21));
    for (Program &program : peaks)
      measure(program);
  }
  double peak = 0;
  for (Program &program : peaks) {
    std::printf("%s 1024^3: %.1f GFLOP/s\n", program.name.c_str(), program.median());
    peak = std::max(peak, program.median());
  }
  for (std::vector<Program> &programs : results)
    for (size_t i = 1; i < programs.size(); ++i)
      peak = std::max(peak, programs[i].median());
  printTable(cases, results, peak);
}

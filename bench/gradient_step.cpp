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
#include "bench/TimedModel.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

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

int main(int argc, char **argv) {
  holdOpenMpToOneThread(argv);
  if (argc < 2) {
    std::fprintf(stderr, "usage: gradient_step MODEL_DIRECTORY [ROWS] [ROUNDS]\n");
    return 2;
  }
  const int64_t rows = argc > 2 ? std::atoll(argv[2]) : 1024;
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 31;
  TimedModel timed = openTimedModel(argv[1], rows);
  flowc::Model<float> &model = *timed.model;

  if (rounds == 0) {
    model.set_threads(1);
    for (auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3); std::chrono::steady_clock::now() < end;)
      timed.takeGradient();
    return 0;
  }

  const int counts[] = {1, 2};
  std::vector<std::vector<Program>> programs;
  for (int threads : counts) {
    auto &list = programs.emplace_back();
    list.push_back({"gradient",
                    [&, threads] {
                      model.set_threads(threads);
                      timed.takeGradient();
                    },
                    timed.gradientFlops,
                    {}});
    list.push_back({"log_prob",
                    [&, threads] {
                      model.set_threads(threads);
                      model.log_prob(timed.x);
                    },
                    timed.forwardFlops,
                    {}});
    for (PeakProgram &peak : peakPrograms(threads))
      list.push_back({peak.name, peak.run, peak.flops, {}});
  }
  for (int round = 0; round < rounds; ++round)
    for (auto &list : programs)
      for (Program &program : list)
        program.seconds.push_back(secondsOf(program.run, 0.01));

  std::printf("%s, %lld rows, f32, medians of %d rounds, %.1f MFLOP a gradient\n\n", timed.name.c_str(),
              static_cast<long long>(rows), rounds, timed.gradientFlops * 1e-6);
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

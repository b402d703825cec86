// SPDX-License-Identifier: MIT
//
// gradient_ratio ROWS ROUNDS THREADS DIR...: the gradients of models by turns, in processor time.
//
// For the same flow compiled in several ways, on a machine that others use, too: time on the processor does not count what waits for it, and
// each ratio is that of two gradients of one round. `of peak` is against the fastest library's product of a tile in the same round.

#include "bench/Peak.h"
#include "bench/TimedModel.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace bench;

static double processorSeconds(const std::function<void()> &run) {
  auto now = [] {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
  };
  double begin = now();
  run();
  return now() - begin;
}

static double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

int main(int argc, char **argv) {
  holdOpenMpToOneThread(argv);
  if (argc < 5) {
    std::fprintf(stderr, "usage: gradient_ratio ROWS ROUNDS THREADS DIR...\n");
    return 2;
  }
  const int64_t rows = std::atoll(argv[1]);
  const int rounds = std::atoi(argv[2]), threads = std::atoi(argv[3]);
  struct Row {
    TimedModel timed;
    std::vector<double> seconds, ratios, ofPeak;
  };
  std::vector<Row> all;
  for (int i = 4; i < argc; ++i) {
    all.push_back({openTimedModel(argv[i], rows), {}, {}, {}});
    all.back().timed.model->set_threads(threads);
  }
  std::vector<PeakProgram> peaks = peakPrograms(threads);
  for (int round = 0; round < rounds; ++round) {
    for (Row &row : all)
      row.seconds.push_back(processorSeconds([&] { row.timed.takeGradient(); }));
    double peak = 0; // flops in a second of one processor
    for (const PeakProgram &program : peaks)
      peak = std::max(peak, program.flops / processorSeconds(program.run));
    for (Row &row : all) {
      row.ratios.push_back(row.seconds.back() / all.front().seconds.back());
      row.ofPeak.push_back(row.timed.gradientFlops / row.seconds.back() / peak);
    }
  }
  for (size_t k = 0; k < all.size(); ++k)
    std::printf("%-40s %9.0f us on the processors, ratio %.3f, of peak %.3f\n", argv[4 + k], median(all[k].seconds) * 1e6,
                median(all[k].ratios), median(all[k].ofPeak));
  return 0;
}

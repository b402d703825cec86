// SPDX-License-Identifier: MIT

#include "bench/Peak.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <unistd.h>

namespace bench {

static const Product Shapes[] = {
    {1024, 1024, 1024, false, false}, {128, 64, 128, false, false}, {128, 128, 64, false, true}};

static PeakProgram peakProgram(const Peer &peer, const Product &shape, int threads) {
  double once = 2.0 * shape.m * shape.n * shape.k;
  int repetitions = std::max(1, int(2e8 / once));
  auto buffers = std::make_shared<std::vector<std::vector<float>>>();
  for (int i = 0; i < 3 * threads; ++i)
    buffers->emplace_back(1 << 20, 1e-3f);
  auto work = [=](int thread) {
    float *a = (*buffers)[size_t(3 * thread)].data(), *b = (*buffers)[size_t(3 * thread + 1)].data();
    float *c = (*buffers)[size_t(3 * thread + 2)].data();
    for (int i = 0; i < repetitions; ++i)
      peer.multiply(shape, a, b, c);
  };
  work(0); // Prepares kernels, which is not for several threads.
  auto run = [=] {
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i)
      others.emplace_back(work, i);
    work(0);
    for (std::thread &other : others)
      other.join();
  };
  std::string name =
      peer.name + " " + std::to_string(shape.m) + "x" + std::to_string(shape.n) + "x" + std::to_string(shape.k);
  return {name, run, once * repetitions * threads};
}

std::vector<PeakProgram> peakPrograms(int threads) {
  std::vector<PeakProgram> programs;
  for (const Peer &peer : peers())
    for (const Product &shape : Shapes)
      programs.push_back(peakProgram(peer, shape, threads));
  return programs;
}

double secondsOf(const std::function<void()> &run, double least) {
  using Clock = std::chrono::steady_clock;
  auto start = Clock::now();
  std::chrono::duration<double> seconds{};
  long runs = 0;
  do {
    run();
    ++runs;
    seconds = Clock::now() - start;
  } while (seconds.count() < least);
  return seconds.count() / double(runs);
}

void holdOpenMpToOneThread(char **argv) {
  if (!std::getenv("OMP_NUM_THREADS")) {
    setenv("OMP_NUM_THREADS", "1", 1);
    execv("/proc/self/exe", argv);
  }
}

} // namespace bench

// SPDX-License-Identifier: MIT
//
// What the machine can multiply: the libraries' products at a few shapes, as things to time beside a model.

#pragma once

#include "bench/Peers.h"

namespace bench {

/// So many flops, done by one call of `run`.
struct PeakProgram {
  std::string name;
  std::function<void()> run;
  double flops;
};

/// Every library's products, on each of `threads` threads at once, each thread with matrices of its own. The shapes: a large square,
/// and the products of a tile of 64 rows in a layer of 128 x 128.
std::vector<PeakProgram> peakPrograms(int threads);

/// Seconds of one run, from as many runs as fill about `least` seconds, at least one.
double secondsOf(const std::function<void()> &run, double least);

/// The libraries' threads are ours: starts the process again with OpenMP held to one, which is read before main.
void holdOpenMpToOneThread(char **argv);

} // namespace bench

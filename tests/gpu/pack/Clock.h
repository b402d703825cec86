// SPDX-License-Identifier: MIT
//
// Time and memory on a GPU, by its driver, which is opened at run time.

#ifndef FLOWC_TESTS_GPU_PACK_CLOCK_H
#define FLOWC_TESTS_GPU_PACK_CLOCK_H

#include "runtime/abi/flowrt.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace flowc::gpu {

/// A stream, and how long work in it takes. One model must have been made on the device before, which leaves the device's context there.
class Clock {
public:
  Clock();
  ~Clock();
  Clock(const Clock &) = delete;

  void *stream() const { return queue; }
  /// What measures: "events" of the driver, or, where it has none, the host's "clock" around work that is waited for.
  static const char *kind();
  /// The median of the seconds that a run takes: a warm-up, then at least five runs, and more while a second lasts.
  double median(const std::function<flowrt_status()> &run);
  void wait();

private:
  double once(const std::function<flowrt_status()> &run);

  void *context = nullptr, *queue = nullptr, *begin = nullptr, *end = nullptr;
};

/// Floats in the device's memory.
class Buffer {
public:
  Buffer(Clock &clock, size_t count);
  Buffer(Clock &clock, const std::vector<float> &numbers);
  ~Buffer();
  Buffer(const Buffer &) = delete;

  float *data() const { return reinterpret_cast<float *>(address); }

private:
  uint64_t address = 0;
};

} // namespace flowc::gpu

#endif

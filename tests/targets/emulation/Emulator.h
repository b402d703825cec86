// SPDX-License-Identifier: MIT
//
// Runs kernels for a GPU on this machine: one fiber for each thread of a block, block after block. Every access to memory is told to the
// emulator, which finds two threads that meet at a number without a barrier between them, in whatever order they happen to run.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace flowc::test {

/// Behind a kernel's name, the name of a number: the bytes of shared memory that it is to be launched with.
inline constexpr char kSharedBytes[] = "_shared";

/// What emulated code calls; it finds the addresses in its global `flow_emulator`, in this order.
struct EmulatorHooks {
  int64_t (*thread)();
  int64_t (*block)();
  int64_t (*blocks)();
  void (*barrier)();
  /// The bits of the lane that is `distance` (exclusive or) away.
  uint32_t (*shuffle)(uint32_t bits, int32_t distance);
  /// Four matrices of 8 x 4 words, of which each lane names the address of one row; four words of each lane.
  void (*matrices)(const void *row, uint32_t *words);
  /// d = a b + c by all lanes of a warp: `depth` is 8 for tf32 and 16 for bf16. Lanes have four words of a, two of b, four of c and d.
  void (*product)(const uint32_t *a, const uint32_t *b, const float *c, float *d, int64_t depth);
  uint32_t (*roundToTf32)(float number);
  uint32_t (*packBf16)(float high, float low);
  /// Starts to copy `there` of `bytes` bytes from global to shared memory, and zeros behind them; closes a group of such copies; waits
  /// until all but `left` groups are done.
  void (*copy)(void *target, const void *source, int64_t bytes, int64_t there);
  void (*closeCopies)();
  void (*waitForCopies)(int64_t left);
  /// The shared memory that the launch gives to the block.
  void *(*activations)();
  /// Shared memory is a block's own.
  void (*read)(const void *address, int64_t bytes, int64_t isShared);
  void (*write)(const void *address, int64_t bytes, int64_t isShared);
};

const EmulatorHooks &emulatorHooks();

/// Runs `kernel` once for every thread of every block, to which the launch gives `sharedBytes`. Returns what went wrong, or nothing: a race, threads that wait at different places,
/// a number of shared memory that is read before it is written.
std::string emulate(int64_t blocks, int64_t threads, const std::function<void()> &kernel, int64_t sharedBytes = 0);

} // namespace flowc::test

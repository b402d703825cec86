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

/// What emulated code calls; it finds the addresses in its global `flow_emulator`, in this order.
struct EmulatorHooks {
  int64_t (*thread)();
  int64_t (*block)();
  int64_t (*blocks)();
  void (*barrier)();
  /// The bits of the lane that is `distance` (exclusive or) away.
  uint32_t (*shuffle)(uint32_t bits, int32_t distance);
  /// Shared memory is a block's own.
  void (*read)(const void *address, int64_t bytes, int64_t isShared);
  void (*write)(const void *address, int64_t bytes, int64_t isShared);
};

const EmulatorHooks &emulatorHooks();

/// Runs `kernel` once for every thread of every block. Returns what went wrong, or nothing: a race, threads that wait at different places,
/// a number of shared memory that is read before it is written.
std::string emulate(int64_t blocks, int64_t threads, const std::function<void()> &kernel);

} // namespace flowc::test

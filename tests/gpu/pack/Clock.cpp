// SPDX-License-Identifier: MIT

#include "tests/gpu/pack/Clock.h"

#include <algorithm>
#include <chrono>
#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace flowc::gpu {
namespace {

void *symbol(const char *name) {
  static void *library = dlopen("libcuda.so.1", RTLD_NOW);
  return library ? dlsym(library, name) : nullptr;
}

/// Calls a function of the driver, whose arguments must have exactly the types that it takes.
template <typename... Args> void call(const char *name, Args... args) {
  auto function = reinterpret_cast<int (*)(Args...)>(symbol(name));
  if (int result = function ? function(args...) : -1; result != 0)
    throw std::runtime_error(std::string(name) + (function ? " fails with " + std::to_string(result) : " is not in the driver"));
}

/// The same where nobody can do anything about a failure.
template <typename... Args> void tidy(const char *name, Args... args) {
  if (auto function = reinterpret_cast<int (*)(Args...)>(symbol(name)))
    function(args...);
}

bool hasEvents() { return symbol("cuEventElapsedTime") != nullptr; }

} // namespace

Clock::Clock() {
  int device = 0;
  call("cuInit", 0u);
  call("cuDeviceGet", &device, 0);
  call("cuDevicePrimaryCtxRetain", &context, device);
  call("cuCtxPushCurrent_v2", context);
  call("cuStreamCreate", &queue, 0u);
  if (hasEvents()) {
    call("cuEventCreate", &begin, 0u);
    call("cuEventCreate", &end, 0u);
  }
}

Clock::~Clock() {
  if (hasEvents()) {
    tidy("cuEventDestroy_v2", begin);
    tidy("cuEventDestroy_v2", end);
  }
  tidy("cuStreamDestroy_v2", queue);
  tidy("cuCtxPopCurrent_v2", &context);
  tidy("cuDevicePrimaryCtxRelease_v2", 0);
}

const char *Clock::kind() { return hasEvents() ? "events" : "the clock"; }

void Clock::wait() { call("cuStreamSynchronize", queue); }

double Clock::once(const std::function<flowrt_status()> &run) {
  auto check = [](flowrt_status status) {
    if (status != FLOWRT_OK)
      throw std::runtime_error("a call that has worked fails with status " + std::to_string(status));
  };
  if (!hasEvents()) {
    auto start = std::chrono::steady_clock::now();
    check(run());
    wait();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  float milliseconds = 0;
  call("cuEventRecord", begin, queue);
  check(run());
  call("cuEventRecord", end, queue);
  call("cuEventSynchronize", end);
  call("cuEventElapsedTime", &milliseconds, begin, end);
  return milliseconds * 1e-3;
}

double Clock::median(const std::function<flowrt_status()> &run) {
  once(run);
  std::vector<double> seconds;
  double spent = 0;
  while (seconds.size() < 5 || (spent < 1 && seconds.size() < 200)) {
    seconds.push_back(once(run));
    spent += seconds.back();
  }
  std::nth_element(seconds.begin(), seconds.begin() + long(seconds.size() / 2), seconds.end());
  return seconds[seconds.size() / 2];
}

Buffer::Buffer(Clock &, size_t count) { call("cuMemAlloc_v2", &address, std::max<size_t>(count, 1) * sizeof(float)); }

Buffer::Buffer(Clock &clock, const std::vector<float> &numbers) : Buffer(clock, numbers.size()) {
  if (!numbers.empty())
    call("cuMemcpyHtoDAsync_v2", address, static_cast<const void *>(numbers.data()), numbers.size() * sizeof(float), clock.stream());
  clock.wait();
}

Buffer::~Buffer() { tidy("cuMemFree_v2", address); }

} // namespace flowc::gpu

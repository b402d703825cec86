// SPDX-License-Identifier: MIT
//
// A GPU with the model's code on it: memory, copies, launches. What fails is remembered, and everything after it does nothing: who calls
// asks once, with status(), how a sequence of work went.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_DEVICE_H
#define FLOWC_RUNTIME_MODEL_DEVICE_DEVICE_H

#include "runtime/model/Memory.h"
#include "runtime/model/device/Driver.h"

namespace flowc::runtime::model {

/// A kernel of the model; without a function where the model has none of its name.
struct DeviceKernel {
  DriverFunction *function = nullptr;
  int64_t threads = 0;    // of a block
  int64_t mostBlocks = 0; // that run at a time
  explicit operator bool() const { return function; }

  /// For so many items, each a thread's.
  int64_t blocksFor(int64_t items) const {
    int64_t blocks = threads > 0 ? (items + threads - 1) / threads : 1;
    return blocks < 1 ? 1 : blocks < mostBlocks ? blocks : mostBlocks;
  }
};

class Device {
public:
  /// Opens a device and loads the code that is linked into this library; `status` says what it lacks.
  flowrt_status open(int64_t ordinal);
  void close();
  bool isOpen() const { return context; }
  bool isGood() const { return good(); }

  /// "cuda:0, NAME".
  const char *description() const { return text; }
  DeviceKernel find(const char *prefix, const char *name);
  int64_t freeBytes();

  /// How everything went since it was asked last.
  flowrt_status status();
  void fail(flowrt_status status) { failure = good() ? status : failure; }

  /// Room for `count` numbers; null, and remembered, where there is none. Null may be freed.
  template <typename T> T *allocate(int64_t count) { return static_cast<T *>(allocateBytes(count * int64_t(sizeof(T)))); }
  void free(void *memory);
  /// The same in the host's memory, at a fixed place, so that copies go on beside other work.
  template <typename T> T *allocatePinned(int64_t count) { return static_cast<T *>(pinBytes(count * int64_t(sizeof(T)))); }
  void freePinned(void *memory);

  /// Whether an address is of a device's memory; another device's is remembered as a failure.
  bool owns(const void *pointer);

  // In the order of a stream. What is copied from the host's memory must stay until the stream is through.
  template <typename T> void toDevice(T *to, const T *from, int64_t count, DriverStream *stream) {
    if (count > 0)
      did(good() ? driver->copyToDevice(address(to), from, bytes<T>(count), stream) : DriverSuccess);
  }
  template <typename T> void toHost(T *to, const T *from, int64_t count, DriverStream *stream) {
    if (count > 0)
      did(good() ? driver->copyToHost(to, address(from), bytes<T>(count), stream) : DriverSuccess);
  }
  template <typename T> void copy(T *to, const T *from, int64_t count, DriverStream *stream) {
    if (count > 0)
      did(good() ? driver->copyOnDevice(address(to), address(from), bytes<T>(count), stream) : DriverSuccess);
  }
  template <typename T> void clear(T *at, int64_t count, DriverStream *stream) {
    if (count > 0)
      did(good() ? driver->clear(address(at), 0, bytes<T>(count), stream) : DriverSuccess);
  }
  /// From or to wherever the pointer outside lies; `put` from the host, the others from or to the device.
  template <typename T> void bring(T *to, const T *outside, int64_t count, DriverStream *stream) {
    owns(outside) ? copy(to, outside, count, stream) : toDevice(to, outside, count, stream);
  }
  template <typename T> void give(T *outside, const T *from, int64_t count, DriverStream *stream) {
    owns(outside) ? copy(outside, from, count, stream) : toHost(outside, from, count, stream);
  }
  template <typename T> void put(T *outside, const T *from, int64_t count, DriverStream *stream) {
    owns(outside) ? toDevice(outside, from, count, stream) : model::copy(outside, from, count);
  }
  /// Every argument is a pointer or a number of 64 bits.
  template <typename... Arguments>
  void launch(const DeviceKernel &kernel, int64_t blocks, DriverStream *stream, Arguments... arguments) {
    uint64_t words[] = {word(arguments)...};
    launchWords(kernel, blocks, stream, words, sizeof words);
  }
  void wait(DriverStream *stream);
  /// For all streams, the host program's with them, which may be gone.
  void waitForAll();

  /// A place in a stream, which another stream or the host waits for.
  DriverEvent *makeEvent();
  void freeEvent(DriverEvent *event);
  void record(DriverEvent *event, DriverStream *stream) { did(good() ? driver->recordEvent(event, stream) : DriverSuccess); }
  void orderBehind(DriverStream *stream, DriverEvent *event) { did(good() ? driver->orderBehind(stream, event, 0) : DriverSuccess); }
  void waitFor(DriverEvent *event) { did(driver->awaitEvent(event)); }

  DriverStream *makeStream();
  void freeStream(DriverStream *stream);

private:
  friend class DeviceUse;

  template <typename T> static size_t bytes(int64_t count) { return size_t(count) * sizeof(T); }
  static DeviceAddress address(const void *pointer) { return reinterpret_cast<DeviceAddress>(pointer); }
  static uint64_t word(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }
  static uint64_t word(int64_t number) { return uint64_t(number); }
  static uint64_t word(double number) { return __builtin_bit_cast(uint64_t, number); }

  bool good() const { return failure == FLOWRT_OK; }
  bool did(DriverResult result);
  flowrt_status prepare(int64_t ordinal);
  flowrt_status load(int64_t architecture);
  void *allocateBytes(int64_t bytes);
  void *pinBytes(int64_t bytes);
  void launchWords(const DeviceKernel &kernel, int64_t blocks, DriverStream *stream, uint64_t *words, size_t bytes);

  const Driver *driver = nullptr;
  DriverContext *context = nullptr;
  DriverModule *module = nullptr;
  int device = 0, ordinal = 0, multiprocessors = 1;
  flowrt_status failure = FLOWRT_OK;
  char text[160] = {};
};

/// The calling thread uses the device while this lives.
class DeviceUse {
public:
  explicit DeviceUse(Device &device)
      : device(device), isCurrent(device.driver->pushContext(device.context) == DriverSuccess) {
    if (!isCurrent && device.good())
      device.failure = FLOWRT_DEVICE_FAILED;
  }
  ~DeviceUse() {
    DriverContext *context;
    if (isCurrent)
      device.driver->popContext(&context);
  }
  DeviceUse(const DeviceUse &) = delete;

private:
  Device &device;
  bool isCurrent;
};

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// Stands for libcuda.so.1 where no GPU is: kernels run on the emulator, memory is the host's. Work stays in its stream until somebody waits
// for it, so that results which nobody waited for are not there. What the calls of a program have wrong ends it with 99 and a line that says
// it: memory outside of what was allocated, memory that is freed while work may use it, memory that is never freed, whatever the emulator
// finds. README.md lists the variables that say what machine it is.

#include "tests/gpu/driver/Ranges.h"
#include "tests/targets/emulation/Emulator.h"

#include <cstdio>
#include <deque>
#include <dlfcn.h>
#include <functional>
#include <link.h>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unistd.h>
#include <vector>

namespace flowc::test {
namespace {

enum Result : int {
  Success = 0,
  InvalidValue = 1,
  OutOfMemory = 2,
  NoDevice = 100,
  InvalidDevice = 101,
  InvalidContext = 201,
  UnsupportedPtx = 222,
  NotFound = 500,
};

/// A number that the environment gives.
double setting(const char *name, double otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atof(text) : otherwise;
}

/// Bytes of shared memory that a block may ask for; unless said otherwise what every GPU from sm_80 on has.
int sharedMemory() { return static_cast<int>(setting("FLOWC_EMULATED_SHARED", 99 << 10)); }

[[noreturn]] void complain(const std::string &what) {
  std::fprintf(stderr, "the driver's stand-in: %s\n", what.c_str());
  std::fflush(stderr);
  _exit(99);
}

struct Stream {
  std::deque<std::function<void()>> work;
  int64_t done = 0; // how much work has left the queue
};
/// A place in a stream's work.
struct Event {
  Stream *stream = nullptr;
  int64_t place = 0;
};
struct Module;
struct Function {
  Module *module;
  std::string name;
  int64_t threads;
  size_t arguments;
  int64_t shared, sharedAllowed; // bytes of shared memory that a launch must give, and may
  void (*entry)(const uint64_t *);
};
struct Module {
  void *library;
  std::string ptx;
  std::deque<Function> functions;
};

std::recursive_mutex mutex;
Ranges device, pinned, constants;
Stream defaultStream;
std::set<Stream *> streams;
std::set<Event *> events;
std::set<Module *> modules;
int retained = 0, current = 0;

void run(Stream &stream, int64_t end = INT64_MAX) {
  while (!stream.work.empty() && stream.done < end) {
    auto work = std::move(stream.work.front());
    stream.work.pop_front();
    ++stream.done;
    work();
  }
}
void runUpTo(const Event &event) {
  if (event.stream && streams.contains(event.stream))
    run(*event.stream, event.place);
}
void runAll() {
  for (Stream *stream : streams)
    run(*stream);
}

/// Streams order themselves with the default stream: what is begun there waits for all others.
int enqueue(Stream *stream, std::function<void()> work) {
  if (!current)
    return InvalidContext;
  if (stream && !streams.contains(stream))
    complain("work for a stream that is none");
  if (stream)
    stream->work.push_back(std::move(work));
  else {
    runAll();
    work();
  }
  return Success;
}

void checkDevice(const void *address, size_t bytes, const char *what) {
  if (!device.contain(address, bytes))
    complain(std::string(what) + " outside of the device's memory");
}

/// A copy to or from memory that is not pinned is made when it is asked for, after what stands before it.
int copy(void *to, const void *from, size_t bytes, Stream *stream, const void *host) {
  int result = enqueue(stream, [=] { std::memmove(to, from, bytes); });
  if (host && stream && result == Success && !pinned.contain(host, bytes))
    run(*stream);
  return result;
}

const EmulatorHooks &checkedHooks() {
  static const EmulatorHooks hooks = [] {
    EmulatorHooks all = emulatorHooks();
    auto check = [](const void *address, int64_t bytes, int64_t isShared, const char *what) {
      if (!isShared && !device.contain(address, size_t(bytes)) && !constants.contain(address, size_t(bytes)))
        complain(std::string("a kernel ") + what + " outside of the device's memory");
    };
    static auto checkIt = check;
    all.read = [](const void *address, int64_t bytes, int64_t isShared) {
      checkIt(address, bytes, isShared, "reads");
      emulatorHooks().read(address, bytes, isShared);
    };
    all.write = [](const void *address, int64_t bytes, int64_t isShared) {
      checkIt(address, bytes, isShared, "writes");
      emulatorHooks().write(address, bytes, isShared);
    };
    all.copy = [](void *target, const void *source, int64_t bytes, int64_t there) {
      if (there > 0)
        checkIt(source, there, false, "copies from");
      emulatorHooks().copy(target, source, bytes, there);
    };
    return all;
  }();
  return hooks;
}

/// The number behind `word` in a PTX, or 0.
double numberAfter(const std::string &ptx, const std::string &word, size_t from = 0) {
  size_t at = ptx.find(word, from);
  return at == std::string::npos ? 0 : std::atof(ptx.c_str() + at + word.size());
}

/// The library's own memory: kernels read its tables.
void addConstants(void *library) {
  struct link_map *map = nullptr;
  dlinfo(library, RTLD_DI_LINKMAP, &map);
  auto add = [](dl_phdr_info *info, size_t, void *wanted) {
    if (info->dlpi_addr == reinterpret_cast<link_map *>(wanted)->l_addr)
      for (int k = 0; k < info->dlpi_phnum; ++k)
        if (info->dlpi_phdr[k].p_type == PT_LOAD)
          constants.add(reinterpret_cast<void *>(info->dlpi_addr + info->dlpi_phdr[k].p_vaddr), info->dlpi_phdr[k].p_memsz);
    return 0;
  };
  dl_iterate_phdr(add, map);
}

/// A program that ends has given everything back.
__attribute__((destructor)) void checkLeaks() {
  if (device.count() || pinned.count() || !streams.empty() || !events.empty() || !modules.empty() || retained || current)
    complain("left behind: " + std::to_string(device.count()) + " allocations of the device, " + std::to_string(pinned.count()) +
             " of the host, " + std::to_string(streams.size()) + " streams, " + std::to_string(events.size()) + " events, " + std::to_string(modules.size()) + " modules, " +
             std::to_string(retained) + " contexts");
}

} // namespace
} // namespace flowc::test

using namespace flowc::test;
#define EXPORTED extern "C" __attribute__((visibility("default"))) int
#define LOCKED std::lock_guard<std::recursive_mutex> lock(mutex)

EXPORTED cuInit(unsigned) { return setting("FLOWC_EMULATED_DEVICES", 1) > 0 ? Success : NoDevice; }
EXPORTED cuDeviceGetCount(int *count) {
  *count = static_cast<int>(setting("FLOWC_EMULATED_DEVICES", 1));
  return Success;
}
EXPORTED cuDeviceGet(int *handle, int ordinal) {
  *handle = ordinal + 10; // handles are not ordinals
  return ordinal < setting("FLOWC_EMULATED_DEVICES", 1) ? Success : InvalidDevice;
}
EXPORTED cuDeviceGetName(char *name, int length, int) {
  std::snprintf(name, static_cast<size_t>(length), "emulated GPU");
  return Success;
}
EXPORTED cuDeviceGetAttribute(int *value, int attribute, int) {
  int architecture = static_cast<int>(setting("FLOWC_EMULATED_ARCHITECTURE", 80));
  const std::map<int, int> values = {{16, 2}, {75, architecture / 10}, {76, architecture % 10}, {97, sharedMemory()}};
  auto found = values.find(attribute);
  *value = found == values.end() ? 0 : found->second;
  return found == values.end() ? InvalidValue : Success;
}
EXPORTED cuDevicePrimaryCtxRetain(void **context, int handle) {
  LOCKED;
  *context = &retained;
  retained += 1;
  return handle >= 10 ? Success : InvalidDevice;
}
EXPORTED cuDevicePrimaryCtxRelease_v2(int) {
  LOCKED;
  if (--retained < 0)
    complain("a context is released that nobody retains");
  return Success;
}
EXPORTED cuCtxPushCurrent_v2(void *context) {
  LOCKED;
  current += context == &retained;
  return context == &retained ? Success : InvalidContext;
}
EXPORTED cuCtxPopCurrent_v2(void **context) {
  LOCKED;
  *context = &retained;
  if (--current < 0)
    complain("a context is popped that nobody pushed");
  return Success;
}

EXPORTED cuModuleLoadDataEx(Module **module, const void *image, unsigned, int *, void **) {
  LOCKED;
  std::string ptx(static_cast<const char *>(image));
  if (!current)
    return InvalidContext;
  if (numberAfter(ptx, ".version ") > setting("FLOWC_EMULATED_PTX", 99))
    return UnsupportedPtx;
  if (numberAfter(ptx, ".target sm_") > setting("FLOWC_EMULATED_ARCHITECTURE", 80))
    complain("code for a newer GPU is loaded");
  const char *path = std::getenv("FLOWC_EMULATED_KERNELS");
  void *library = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
  if (!library)
    complain("FLOWC_EMULATED_KERNELS names no library of kernels that emulate-model made");
  *static_cast<EmulatorHooks *>(dlsym(library, "flow_emulator")) = checkedHooks();
  addConstants(library);
  *module = new Module{library, std::move(ptx), {}};
  modules.insert(*module);
  return Success;
}
EXPORTED cuModuleUnload(Module *module) {
  LOCKED;
  if (!modules.erase(module))
    complain("a module is unloaded that is none");
  runAll();
  delete module;
  return Success;
}
/// For tests: how many are loaded.
EXPORTED emulatedModules() {
  LOCKED;
  return static_cast<int>(modules.size());
}
EXPORTED cuModuleGetFunction(Function **function, Module *module, const char *name) {
  LOCKED;
  size_t at = module->ptx.find(std::string(".entry ") + name + "(");
  void *entry = dlsym(module->library, name);
  if (at == std::string::npos || !entry)
    return NotFound;
  auto threads = static_cast<int64_t>(numberAfter(module->ptx, ".maxntid ", at));
  size_t arguments = 0;
  for (size_t next = at, end = module->ptx.find(')', at); (next = module->ptx.find(".param", next + 1)) < end;)
    ++arguments;
  auto *shared = static_cast<const int64_t *>(dlsym(module->library, (std::string(name) + kSharedBytes).c_str()));
  module->functions.push_back({module, name, threads, arguments, *shared, 0, reinterpret_cast<void (*)(const uint64_t *)>(entry)});
  *function = &module->functions.back();
  return Success;
}
EXPORTED cuFuncSetAttribute(Function *function, int attribute, int value) {
  LOCKED;
  if (attribute != 8 || value < 0 || value > sharedMemory())
    return InvalidValue;
  function->sharedAllowed = value;
  return Success;
}
EXPORTED cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, Function *, int, size_t) {
  *blocks = 2;
  return Success;
}

EXPORTED cuMemGetInfo_v2(size_t *free, size_t *total) {
  LOCKED;
  *total = static_cast<size_t>(setting("FLOWC_EMULATED_MEMORY", 1 << 30));
  *free = *total > device.bytes() ? *total - device.bytes() : 0;
  return Success;
}
EXPORTED cuMemAlloc_v2(void **address, size_t bytes) {
  LOCKED;
  if (!current || !bytes)
    return current ? InvalidValue : InvalidContext;
  if (device.bytes() + bytes > setting("FLOWC_EMULATED_MEMORY", 1 << 30))
    return OutOfMemory;
  *address = device.make(bytes);
  return Success;
}
EXPORTED cuMemFree_v2(void *address) {
  LOCKED;
  for (Stream *stream : streams)
    if (!stream->work.empty())
      complain("memory is freed while work may use it");
  if (!device.destroy(address))
    complain("memory is freed that is none");
  return Success;
}
EXPORTED cuMemAllocHost_v2(void **address, size_t bytes) {
  LOCKED;
  *address = pinned.make(bytes);
  return Success;
}
EXPORTED cuMemFreeHost(void *address) {
  LOCKED;
  for (Stream *stream : streams)
    if (!stream->work.empty())
      complain("memory of the host is freed while copies may use it");
  if (!pinned.destroy(address))
    complain("memory of the host is freed that is none");
  return Success;
}
EXPORTED cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, Stream *stream) {
  LOCKED;
  checkDevice(to, bytes, "a copy to");
  return copy(to, from, bytes, stream, from);
}
EXPORTED cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, Stream *stream) {
  LOCKED;
  checkDevice(from, bytes, "a copy from");
  return copy(to, from, bytes, stream, to);
}
EXPORTED cuMemcpyDtoDAsync_v2(void *to, const void *from, size_t bytes, Stream *stream) {
  LOCKED;
  checkDevice(to, bytes, "a copy to");
  checkDevice(from, bytes, "a copy from");
  return copy(to, from, bytes, stream, nullptr);
}
EXPORTED cuMemsetD8Async(void *at, unsigned char value, size_t bytes, Stream *stream) {
  LOCKED;
  checkDevice(at, bytes, "a fill");
  return enqueue(stream, [=] { std::memset(at, value, bytes); });
}

EXPORTED cuStreamCreate(Stream **stream, unsigned) {
  LOCKED;
  streams.insert(*stream = new Stream);
  return Success;
}
EXPORTED cuStreamDestroy_v2(Stream *stream) {
  LOCKED;
  if (!streams.erase(stream))
    complain("a stream is destroyed that is none");
  run(*stream);
  delete stream;
  return Success;
}
EXPORTED cuStreamSynchronize(Stream *stream) {
  LOCKED;
  if (!current)
    return InvalidContext;
  run(stream ? *stream : defaultStream);
  return Success;
}

EXPORTED cuCtxSynchronize() {
  LOCKED;
  runAll();
  return current ? Success : InvalidContext;
}

EXPORTED cuEventCreate(Event **event, unsigned) {
  LOCKED;
  events.insert(*event = new Event);
  return Success;
}
EXPORTED cuEventDestroy_v2(Event *event) {
  LOCKED;
  if (!events.erase(event))
    complain("an event is destroyed that is none");
  delete event;
  return Success;
}
EXPORTED cuEventRecord(Event *event, Stream *stream) {
  LOCKED;
  *event = stream ? Event{stream, stream->done + static_cast<int64_t>(stream->work.size())} : Event{};
  return Success;
}
EXPORTED cuEventSynchronize(Event *event) {
  LOCKED;
  runUpTo(*event);
  return Success;
}
EXPORTED cuStreamWaitEvent(Stream *stream, Event *event, unsigned) {
  LOCKED;
  return enqueue(stream, [seen = *event] { runUpTo(seen); });
}

EXPORTED cuPointerGetAttribute(void *value, int attribute, const void *address) {
  LOCKED;
  bool onDevice = device.contain(address, 1);
  if (!onDevice && !pinned.contain(address, 1))
    return InvalidValue;
  if (attribute == 2)
    *static_cast<unsigned *>(value) = onDevice ? 2 : 1;
  else
    *static_cast<int *>(value) = 0;
  return Success;
}

/// Arguments come packed: 64 bits each.
EXPORTED cuLaunchKernel(Function *function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY,
                        unsigned blockZ, unsigned shared, Stream *stream, void **, void **packed) {
  LOCKED;
  if (gridX == 0 || gridY != 1 || gridZ != 1 || blockX != function->threads || blockY != 1 || blockZ != 1)
    complain("a launch of `" + function->name + "` with a grid or block that it is not for");
  if (!packed || packed[0] != reinterpret_cast<void *>(1) || packed[2] != reinterpret_cast<void *>(2))
    complain("a launch without packed arguments");
  auto *words = static_cast<const uint64_t *>(packed[1]);
  std::vector<uint64_t> arguments(words, words + *static_cast<size_t *>(packed[3]) / 8);
  if (arguments.size() != function->arguments)
    complain("a launch of `" + function->name + "` with " + std::to_string(arguments.size()) + " arguments; it takes " +
             std::to_string(function->arguments));
  if (shared > function->sharedAllowed)
    complain("a launch of `" + function->name + "` with more shared memory than it was announced with");
  if (shared < function->shared)
    complain("a launch of `" + function->name + "` with " + std::to_string(shared) + " bytes of shared memory; it takes " +
             std::to_string(function->shared));
  return enqueue(stream, [=] {
    std::string problem = emulate(gridX, blockX, [&] { function->entry(arguments.data()); }, shared);
    if (!problem.empty())
      complain(function->name + ": " + problem);
  });
}

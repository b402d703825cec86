// SPDX-License-Identifier: MIT

#include "runtime/model/device/Device.h"

#include <stdio.h>
#include <string.h>

namespace flowc::runtime::model {

/// What a launch's packed arguments are introduced by.
static void *const PackedPointer = reinterpret_cast<void *>(1), *const PackedSize = reinterpret_cast<void *>(2);

/// Orders itself with the legacy default stream, so that what a host program has begun there is seen.
static constexpr unsigned BlockingStream = 0;

static Modules modules;

bool Device::did(DriverResult result) {
  if (good())
    failure = statusOf(result);
  return good();
}

flowrt_status Device::status() {
  flowrt_status last = failure;
  failure = FLOWRT_OK;
  return last;
}

flowrt_status Device::open(int64_t number) {
  flowrt_status result = prepare(number);
  if (result != FLOWRT_OK)
    close();
  return result;
}

flowrt_status Device::prepare(int64_t number) {
  if (!flow_cuda_images)
    return FLOWRT_NO_DEVICE_CODE;
  if (flow_cuda_abi != FLOWRT_DEVICE_ABI)
    return FLOWRT_ABI_MISMATCH;
  flowrt_status result;
  if (!(driver = findDriver(result)))
    return result;
  int count = 0, major = 0, minor = 0, sharedBytes = 0;
  if (!did(driver->deviceCount(&count)))
    return status();
  if (number < 0 || number >= count)
    return FLOWRT_NO_DEVICE;
  ordinal = int(number);
  char name[100] = "";
  did(driver->getDevice(&device, ordinal));
  did(driver->deviceName(name, sizeof name, device));
  did(driver->deviceAttribute(&major, AttributeMajor, device));
  did(driver->deviceAttribute(&minor, AttributeMinor, device));
  did(driver->deviceAttribute(&multiprocessors, AttributeMultiprocessors, device));
  did(driver->deviceAttribute(&sharedBytes, AttributeSharedBytes, device));
  snprintf(text, sizeof text, "cuda:%d, %s", ordinal, name);
  if (good() && !did(driver->retainContext(&context, device)))
    context = nullptr;
  if (!good())
    return status();
  DeviceUse use(*this);
  return load(10 * major + minor, sharedBytes);
}

/// The newest image that the device and the driver take, unless it is there.
flowrt_status Device::load(int64_t architecture, int64_t sharedBytes) {
  flowrt_status result = FLOWRT_OLD_DEVICE;
  code = modules.use(context, [&]() -> LoadedCode {
    LoadedCode made;
    for (const flowrt_device_image *image = flow_cuda_images; image->architecture; ++image)
      if (image->architecture <= architecture && image->shared <= sharedBytes) {
        made.kernels = flow_cuda_kernels + image->kernels;
        result = statusOf(driver->loadModule(&made.module, flow_cuda_text + image->text, 0, nullptr, nullptr));
        if (result != FLOWRT_OLD_DRIVER)
          break;
      }
    return result == FLOWRT_OK ? made : LoadedCode();
  });
  return code.module ? status() : result;
}

void Device::close() {
  if (!context)
    return;
  {
    DeviceUse use(*this);
    if (code.module && modules.leave(code.module))
      driver->unloadModule(code.module);
    code = {};
  }
  driver->releaseContext(device);
  context = nullptr;
}

DeviceKernel Device::find(const char *prefix, const char *name) {
  char whole[100];
  snprintf(whole, sizeof whole, "flow_%s_%s", prefix, name);
  DeviceKernel kernel;
  for (const flowrt_device_kernel *listed = code.kernels; listed->threads; ++listed)
    if (strcmp(flow_cuda_text + listed->name, whole) == 0) {
      kernel.threads = listed->threads;
      kernel.shared = listed->shared;
    }
  if (!kernel.threads || !did(driver->getFunction(&kernel.function, code.module, whole)))
    return {};
  // Above 48 KiB of shared memory, with what is the function's anyhow, a launch must have been announced.
  if (kernel.shared)
    did(driver->setFunctionAttribute(kernel.function, FunctionSharedBytes, int(kernel.shared)));
  int blocks = 0;
  did(driver->blocksPerMultiprocessor(&blocks, kernel.function, int(kernel.threads), size_t(kernel.shared)));
  kernel.mostBlocks = int64_t(blocks > 0 ? blocks : 1) * multiprocessors;
  return kernel;
}

int64_t Device::freeBytes() {
  size_t free = 0, total = 0;
  did(driver->memoryInfo(&free, &total));
  return int64_t(free);
}

void *Device::allocateBytes(int64_t bytes) {
  DeviceAddress result = 0;
  return good() && did(driver->allocate(&result, size_t(bytes > 0 ? bytes : 1))) ? reinterpret_cast<void *>(result) : nullptr;
}

void Device::free(void *memory) {
  if (memory)
    driver->release(address(memory));
}

void *Device::pinBytes(int64_t bytes) {
  void *result = nullptr;
  if (good() && driver->allocateHost(&result, size_t(bytes > 0 ? bytes : 1)) != DriverSuccess)
    failure = FLOWRT_NO_MEMORY;
  return good() ? result : nullptr;
}

void Device::freePinned(void *memory) {
  if (memory)
    driver->releaseHost(memory);
}

bool Device::owns(const void *pointer) {
  unsigned type = 0;
  int where = ordinal;
  // Of memory that it has never seen the driver says that the value is invalid.
  if (!pointer || driver->pointerAttribute(&type, PointerMemoryType, address(pointer)) != DriverSuccess || type != MemoryOnDevice)
    return false;
  if (driver->pointerAttribute(&where, PointerDevice, address(pointer)) == DriverSuccess && where != ordinal && good())
    failure = FLOWRT_OTHER_DEVICE;
  return true;
}

void Device::launchWords(const DeviceKernel &kernel, int64_t blocks, DriverStream *stream, uint64_t *words, size_t bytes) {
  void *packed[] = {PackedPointer, words, PackedSize, &bytes, nullptr};
  if (good() && blocks > 0)
    did(driver->launch(kernel.function, unsigned(blocks), 1, 1, unsigned(kernel.threads), 1, 1, unsigned(kernel.shared), stream, nullptr,
                       packed));
}

// Also after a failure: memory that work still uses must not be freed.
void Device::wait(DriverStream *stream) { did(driver->synchronize(stream)); }
void Device::waitForAll() { did(driver->synchronizeAll()); }

DriverStream *Device::makeStream() {
  DriverStream *stream = nullptr;
  return good() && did(driver->createStream(&stream, BlockingStream)) ? stream : nullptr;
}

/// Without the time, which nobody asks for.
static constexpr unsigned EventWithoutTime = 2;

DriverEvent *Device::makeEvent() {
  DriverEvent *event = nullptr;
  return good() && did(driver->createEvent(&event, EventWithoutTime)) ? event : nullptr;
}

void Device::freeEvent(DriverEvent *event) {
  if (event)
    driver->destroyEvent(event);
}

void Device::freeStream(DriverStream *stream) {
  if (stream)
    driver->destroyStream(stream);
}

} // namespace flowc::runtime::model

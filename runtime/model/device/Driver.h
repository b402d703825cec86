// SPDX-License-Identifier: MIT
//
// NVIDIA's driver as a table of functions. The library is looked for when a device is asked for, so that a model runs where there is none;
// nothing of a toolkit is needed. The names and numbers are those of the driver's interface.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_DRIVER_H
#define FLOWC_RUNTIME_MODEL_DEVICE_DRIVER_H

#include "runtime/abi/flowrt.h"

#include <stddef.h>

namespace flowc::runtime::model {

/// What the driver's functions return; 0 is success.
using DriverResult = int;
enum : DriverResult {
  DriverSuccess = 0,
  DriverInvalidValue = 1,
  DriverOutOfMemory = 2,
  DriverStub = 34,
  DriverNoDevice = 100,
  DriverInvalidDevice = 101,
  DriverNoBinary = 209,
  DriverUnsupportedPtx = 222,
  DriverNotFound = 500,
  DriverMismatch = 803,
};

/// Attributes of devices, pointers, functions and launches that are asked for.
enum : int {
  AttributeMultiprocessors = 16,
  AttributeMajor = 75,
  AttributeMinor = 76,
  AttributeSharedBytes = 97, // that a block may ask for
  PointerMemoryType = 2,
  PointerDevice = 9,
  MemoryOnDevice = 2,
  FunctionSharedBytes = 8, // that a launch may ask for
};

struct DriverContext;
struct DriverModule;
struct DriverFunction;
struct DriverStream;
struct DriverEvent;
/// An address on the device. One space of addresses holds the host's, too.
using DeviceAddress = uint64_t;

/// Every function with its name in the library and what it takes.
#define FLOWC_DRIVER_FUNCTIONS(X)                                                                                            \
  X(init, cuInit, (unsigned flags))                                                                                          \
  X(deviceCount, cuDeviceGetCount, (int *count))                                                                             \
  X(getDevice, cuDeviceGet, (int *device, int ordinal))                                                                      \
  X(deviceName, cuDeviceGetName, (char *name, int length, int device))                                                       \
  X(deviceAttribute, cuDeviceGetAttribute, (int *value, int attribute, int device))                                          \
  X(retainContext, cuDevicePrimaryCtxRetain, (DriverContext * *context, int device))                                         \
  X(releaseContext, cuDevicePrimaryCtxRelease_v2, (int device))                                                              \
  X(pushContext, cuCtxPushCurrent_v2, (DriverContext * context))                                                             \
  X(popContext, cuCtxPopCurrent_v2, (DriverContext * *context))                                                              \
  X(loadModule, cuModuleLoadDataEx, (DriverModule * *module, const void *image, unsigned options, int *names, void **values)) \
  X(unloadModule, cuModuleUnload, (DriverModule * module))                                                                   \
  X(getFunction, cuModuleGetFunction, (DriverFunction * *function, DriverModule *module, const char *name))                  \
  X(setFunctionAttribute, cuFuncSetAttribute, (DriverFunction * function, int attribute, int value))                          \
  X(blocksPerMultiprocessor, cuOccupancyMaxActiveBlocksPerMultiprocessor,                                                    \
    (int *blocks, DriverFunction *function, int threads, size_t sharedBytes))                                                \
  X(memoryInfo, cuMemGetInfo_v2, (size_t * free, size_t *total))                                                             \
  X(allocate, cuMemAlloc_v2, (DeviceAddress * address, size_t bytes))                                                        \
  X(release, cuMemFree_v2, (DeviceAddress address))                                                                          \
  X(allocateHost, cuMemAllocHost_v2, (void **address, size_t bytes))                                                         \
  X(releaseHost, cuMemFreeHost, (void *address))                                                                             \
  X(copyToDevice, cuMemcpyHtoDAsync_v2, (DeviceAddress to, const void *from, size_t bytes, DriverStream *stream))            \
  X(copyToHost, cuMemcpyDtoHAsync_v2, (void *to, DeviceAddress from, size_t bytes, DriverStream *stream))                    \
  X(copyOnDevice, cuMemcpyDtoDAsync_v2, (DeviceAddress to, DeviceAddress from, size_t bytes, DriverStream *stream))          \
  X(clear, cuMemsetD8Async, (DeviceAddress at, unsigned char value, size_t bytes, DriverStream *stream))                     \
  X(createStream, cuStreamCreate, (DriverStream * *stream, unsigned flags))                                                  \
  X(destroyStream, cuStreamDestroy_v2, (DriverStream * stream))                                                              \
  X(synchronize, cuStreamSynchronize, (DriverStream * stream))                                                               \
  X(createEvent, cuEventCreate, (DriverEvent * *event, unsigned flags))                                                      \
  X(destroyEvent, cuEventDestroy_v2, (DriverEvent * event))                                                                  \
  X(recordEvent, cuEventRecord, (DriverEvent * event, DriverStream *stream))                                                 \
  X(awaitEvent, cuEventSynchronize, (DriverEvent * event))                                                                   \
  X(orderBehind, cuStreamWaitEvent, (DriverStream * stream, DriverEvent *event, unsigned flags))                             \
  X(synchronizeAll, cuCtxSynchronize, ())                                                                                    \
  X(pointerAttribute, cuPointerGetAttribute, (void *value, int attribute, DeviceAddress pointer))                            \
  X(launch, cuLaunchKernel,                                                                                                  \
    (DriverFunction * function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, \
     unsigned sharedBytes, DriverStream *stream, void **arguments, void **packed))

struct Driver {
#define FLOWC_DRIVER_FUNCTION(NAME, SYMBOL, ARGUMENTS) DriverResult(*NAME) ARGUMENTS;
  FLOWC_DRIVER_FUNCTIONS(FLOWC_DRIVER_FUNCTION)
#undef FLOWC_DRIVER_FUNCTION
};

/// The driver of this machine, started; looked for once, from any thread. Or null with the reason.
const Driver *findDriver(flowrt_status &status);

/// What a result means to who calls the model.
flowrt_status statusOf(DriverResult result);

} // namespace flowc::runtime::model

#endif

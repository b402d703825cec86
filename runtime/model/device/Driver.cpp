// SPDX-License-Identifier: MIT

#include "runtime/model/device/Driver.h"

#include <dlfcn.h>
#include <pthread.h>

namespace flowc::runtime::model {
namespace {

Driver driver;
flowrt_status found = FLOWRT_NO_DRIVER;

/// The library stays open: a context of another model may live in it.
void open() {
  void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return;
#define FLOWC_FIND(NAME, SYMBOL, ARGUMENTS)                                                                                  \
  if (!(driver.NAME = reinterpret_cast<DriverResult(*) ARGUMENTS>(dlsym(library, #SYMBOL)))) {                               \
    found = FLOWRT_OLD_DRIVER;                                                                                               \
    return;                                                                                                                  \
  }
  FLOWC_DRIVER_FUNCTIONS(FLOWC_FIND)
#undef FLOWC_FIND
  found = statusOf(driver.init(0));
}

} // namespace

const Driver *findDriver(flowrt_status &status) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, open);
  status = found;
  return found == FLOWRT_OK ? &driver : nullptr;
}

flowrt_status statusOf(DriverResult result) {
  switch (result) {
  case DriverSuccess:
    return FLOWRT_OK;
  case DriverOutOfMemory:
    return FLOWRT_NO_DEVICE_MEMORY;
  case DriverStub:
    return FLOWRT_NO_DRIVER;
  case DriverUnsupportedPtx:
  case DriverMismatch:
    return FLOWRT_OLD_DRIVER;
  case DriverNoDevice:
  case DriverInvalidDevice:
    return FLOWRT_NO_DEVICE;
  case DriverNoBinary:
    return FLOWRT_OLD_DEVICE;
  }
  return FLOWRT_DEVICE_FAILED;
}

} // namespace flowc::runtime::model

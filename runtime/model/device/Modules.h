// SPDX-License-Identifier: MIT
//
// The model's code on the devices that it is used on: loaded into each once, however many instances use it there.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_MODULES_H
#define FLOWC_RUNTIME_MODEL_DEVICE_MODULES_H

#include "runtime/abi/flowrt_device.h"
#include "runtime/model/device/Driver.h"

#include <pthread.h>

namespace flowc::runtime::model {

/// One image of the model's code, and what its kernels are. No module is nothing.
struct LoadedCode {
  DriverModule *module = nullptr;
  const flowrt_device_kernel *kernels = nullptr;
};

class Modules {
public:
  /// What is loaded in a context, or what `load` gives, which may be nothing. Counted until it is left.
  template <typename Load> LoadedCode use(DriverContext *context, Load load) {
    Locked locked(lock);
    for (Entry &entry : entries)
      if (entry.users > 0 && entry.context == context) {
        ++entry.users;
        return entry.code;
      }
    LoadedCode code = load();
    for (Entry &entry : entries)
      if (code.module && entry.users == 0) {
        entry = {context, code, 1};
        break;
      }
    return code;
  }

  /// Whether nobody uses it any more: then it is the caller's to unload.
  bool leave(DriverModule *module) {
    Locked locked(lock);
    for (Entry &entry : entries)
      if (entry.users > 0 && entry.code.module == module)
        return --entry.users == 0;
    return true; // of a device beyond those that there are places for
  }

private:
  struct Entry {
    DriverContext *context = nullptr;
    LoadedCode code;
    int64_t users = 0;
  };
  struct Locked {
    explicit Locked(pthread_mutex_t &mutex) : mutex(mutex) { pthread_mutex_lock(&mutex); }
    ~Locked() { pthread_mutex_unlock(&mutex); }
    pthread_mutex_t &mutex;
  };

  static constexpr int MostDevices = 64;
  Entry entries[MostDevices];
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
};

} // namespace flowc::runtime::model

#endif

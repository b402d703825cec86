// SPDX-License-Identifier: MIT
//
// The model's code on the devices that it is used on: loaded into each once, however many instances use it there.

#ifndef FLOWC_RUNTIME_MODEL_DEVICE_MODULES_H
#define FLOWC_RUNTIME_MODEL_DEVICE_MODULES_H

#include "runtime/model/device/Driver.h"

#include <pthread.h>

namespace flowc::runtime::model {

class Modules {
public:
  /// What is loaded in a context, or what `load` gives, which may be null. Counted until it is left.
  template <typename Load> DriverModule *use(DriverContext *context, Load load) {
    Locked locked(lock);
    for (Entry &entry : entries)
      if (entry.users > 0 && entry.context == context) {
        ++entry.users;
        return entry.module;
      }
    DriverModule *module = load();
    for (Entry &entry : entries)
      if (module && entry.users == 0) {
        entry = {context, module, 1};
        break;
      }
    return module;
  }

  /// Whether nobody uses it any more: then it is the caller's to unload.
  bool leave(DriverModule *module) {
    Locked locked(lock);
    for (Entry &entry : entries)
      if (entry.users > 0 && entry.module == module)
        return --entry.users == 0;
    return true; // of a device beyond those that there are places for
  }

private:
  struct Entry {
    DriverContext *context = nullptr;
    DriverModule *module = nullptr;
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

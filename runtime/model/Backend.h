// SPDX-License-Identifier: MIT
//
// What computes: the C interface's functions (runtime/abi/flowrt.h) for one element type, whatever machine they run on. Entry.cpp checks
// the arguments that can be checked without knowing the machine, and calls these.

#ifndef FLOWC_RUNTIME_MODEL_BACKEND_H
#define FLOWC_RUNTIME_MODEL_BACKEND_H

#include "runtime/abi/flowrt.h"

/// What Entry.cpp needs to know before it knows the element type.
struct flowrt_instance {
  flowrt_dtype dtype;
  bool hasParameters = false;
  int64_t threads = 1;
  flowrt_parallel_for parallelFor = nullptr;
  void *host = nullptr;
};

namespace flowc::runtime::model {

/// Rows and their contexts, which are null where the model is not conditional.
template <typename T> struct Given {
  const T *rows, *context;
};

template <typename T> class Backend : public flowrt_instance {
public:
  virtual void destroy() = 0;
  virtual int64_t parameterCount() const = 0;
  /// What it computes on, for people.
  virtual const char *device() const = 0;

  virtual flowrt_status setThreads(int64_t count) = 0;
  virtual flowrt_status setStream(void *stream) = 0;
  virtual flowrt_status setParameters(const T *values) = 0;
  /// Whether the model can take that as the context of so many rows.
  virtual flowrt_status checkContext(const T *context, int64_t rows) = 0;
  virtual flowrt_status logProb(Given<T> x, int64_t rows, T *logProb) = 0;
  virtual flowrt_status toLatent(Given<T> x, int64_t rows, T *z, T *logDet) = 0;
  virtual flowrt_status toData(Given<T> z, int64_t rows, T *x, T *logDet) = 0;
  virtual flowrt_status sample(const T *context, uint64_t seed, uint64_t first, int64_t count, T *x, T *logProb) = 0;
  virtual flowrt_status objective(Given<T> in, int64_t rows, T *objective) = 0;
  virtual flowrt_status target(Given<T> x, int64_t rows, T *logDensity) = 0;
  virtual flowrt_status gradient(Given<T> in, const T *weight, int64_t rows, T *objective, T *gradient) = 0;
  virtual flowrt_status statistics(T *values) = 0;
  virtual flowrt_status probe(Given<T> x, int64_t rows, T *mean, T *deviation) = 0;
  virtual flowrt_status start(const T *mean, const T *deviation, T *values) = 0;

protected:
  ~Backend() = default; // nothing is deleted: destroy() frees
};

} // namespace flowc::runtime::model

#endif

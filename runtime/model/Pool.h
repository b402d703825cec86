// SPDX-License-Identifier: MIT
//
// The model library's own threads: created on demand, kept, stopped when the library is unloaded.

#ifndef FLOWC_RUNTIME_MODEL_POOL_H
#define FLOWC_RUNTIME_MODEL_POOL_H

#include "runtime/abi/flowrt.h"

namespace flowc::runtime::model {

/// At most this many threads in all, the caller included.
inline constexpr int64_t MaxThreads = 256;

/// Runs task(context, i) for each i in [0, count), on the caller and up to count - 1 threads of the pool. Where the
/// pool is busy with another caller, or cannot make threads, the caller runs what is left.
void poolParallelFor(int64_t count, flowrt_task task, void *context);

/// FLOWC_NUM_THREADS, or else the processors that this process may use.
int64_t defaultThreads();

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// A pool of pthreads. A job is a generation number with (task, context, count); thread k runs index k of it if k <
// count. Threads spin briefly for the next generation, since training steps follow each other closely, and then sleep.
// With FLOWRT_NO_THREADS everything runs on the caller.

#include "runtime/model/Pool.h"

#ifdef FLOWRT_NO_THREADS

namespace flowc::runtime::model {
void poolParallelFor(int64_t count, flowrt_task task, void *context) {
  for (int64_t i = 0; i < count; ++i)
    task(context, i);
}
int64_t defaultThreads() { return 1; }
} // namespace flowc::runtime::model

#else

#include <atomic>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

namespace flowc::runtime::model {
namespace {

struct Pool {
  pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER; // held by the caller whose job is running
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards the job and the flags below
  pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
  pthread_cond_t done = PTHREAD_COND_INITIALIZER;
  std::atomic<uint64_t> generation{0};
  std::atomic<int64_t> remaining{0};
  flowrt_task task = nullptr;
  void *context = nullptr;
  int64_t count = 0;
  bool stopping = false;
  pid_t owner = 0;
  std::atomic<int64_t> spins{0}; // how often to look before sleeping
  int64_t size = 0;              // threads made, the caller not counted
  pthread_t threads[MaxThreads];
};

Pool pool;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

int64_t usableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? online : 1;
}

/// Waits for a generation other than `seen`; false when the pool stops.
bool awaitJob(uint64_t &seen, flowrt_task &task, void *&context, int64_t &count) {
  for (int64_t spin = 0;
       spin < pool.spins.load(std::memory_order_relaxed) && pool.generation.load(std::memory_order_acquire) == seen;
       ++spin)
    relax();
  pthread_mutex_lock(&pool.lock);
  while (pool.generation.load(std::memory_order_relaxed) == seen && !pool.stopping)
    pthread_cond_wait(&pool.wake, &pool.lock);
  bool goOn = !pool.stopping;
  seen = pool.generation.load(std::memory_order_relaxed);
  task = pool.task;
  context = pool.context;
  count = pool.count;
  pthread_mutex_unlock(&pool.lock);
  return goOn;
}

struct ThreadStart {
  int64_t index;
  uint64_t generation;
};
ThreadStart starts[MaxThreads];

void *threadMain(void *argument) {
  auto [index, seen] = *static_cast<ThreadStart *>(argument);
  flowrt_task task;
  void *context;
  int64_t count;
  while (awaitJob(seen, task, context, count)) {
    if (index >= count)
      continue;
    task(context, index);
    if (pool.remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      pthread_mutex_lock(&pool.lock);
      pthread_cond_signal(&pool.done);
      pthread_mutex_unlock(&pool.lock);
    }
  }
  return nullptr;
}

/// A child process inherits the pool's memory but none of its threads: begin anew there.
void forgetThreadsAfterFork() {
  pid_t self = getpid();
  if (pool.owner == self)
    return;
  pool.owner = self;
  pool.size = 0;
  pool.lock = PTHREAD_MUTEX_INITIALIZER;
  pool.wake = PTHREAD_COND_INITIALIZER;
  pool.done = PTHREAD_COND_INITIALIZER;
}

/// Makes threads until there are `wanted`. Signals are the host's business, so the threads block them all.
void growPool(int64_t wanted) {
  if (pool.size >= wanted)
    return;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  for (; pool.size < wanted; ++pool.size) {
    starts[pool.size] = {pool.size + 1, pool.generation.load(std::memory_order_relaxed)};
    if (pthread_create(&pool.threads[pool.size], nullptr, threadMain, &starts[pool.size]) != 0)
      break;
  }
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  // Spinning while another thread of ours waits for the processor would only delay it.
  pool.spins.store(pool.size < usableProcessors() ? 4000 : 0, std::memory_order_relaxed);
}

void publishJob(int64_t count, flowrt_task task, void *context) {
  pthread_mutex_lock(&pool.lock);
  pool.task = task;
  pool.context = context;
  pool.count = count;
  pool.remaining.store(count - 1, std::memory_order_relaxed);
  pool.generation.fetch_add(1, std::memory_order_release);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.lock);
}

void awaitHelpers() {
  for (int64_t spin = 0;
       spin < pool.spins.load(std::memory_order_relaxed) && pool.remaining.load(std::memory_order_acquire) > 0; ++spin)
    relax();
  if (pool.remaining.load(std::memory_order_acquire) == 0)
    return;
  pthread_mutex_lock(&pool.lock);
  while (pool.remaining.load(std::memory_order_acquire) > 0)
    pthread_cond_wait(&pool.done, &pool.lock);
  pthread_mutex_unlock(&pool.lock);
}

/// Without this, unloading the library would pull the code from under the threads' feet.
__attribute__((destructor)) void stopPool() {
  if (pool.owner != getpid())
    return;
  pthread_mutex_lock(&pool.lock);
  pool.stopping = true;
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.lock);
  for (int64_t i = 0; i < pool.size; ++i)
    pthread_join(pool.threads[i], nullptr);
  pool.size = 0;
}

} // namespace

void poolParallelFor(int64_t count, flowrt_task task, void *context) {
  bool owned = count > 1 && pthread_mutex_trylock(&pool.busy) == 0;
  int64_t shared = 1;
  if (owned) {
    forgetThreadsAfterFork();
    growPool((count < MaxThreads ? count : MaxThreads) - 1);
    shared = count < pool.size + 1 ? count : pool.size + 1;
    if (shared > 1)
      publishJob(shared, task, context);
  }
  if (count > 0)
    task(context, 0);
  for (int64_t i = shared; i < count; ++i)
    task(context, i);
  if (owned) {
    if (shared > 1)
      awaitHelpers();
    pthread_mutex_unlock(&pool.busy);
  }
}

int64_t defaultThreads() {
  const char *asked = getenv("FLOWC_NUM_THREADS");
  int64_t threads = asked ? atol(asked) : 0;
  if (threads <= 0)
    threads = usableProcessors();
  return threads < MaxThreads ? threads : MaxThreads;
}

} // namespace flowc::runtime::model

#endif

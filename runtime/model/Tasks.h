// SPDX-License-Identifier: MIT
//
// Work on the items of a batch, shared among workers.

#ifndef FLOWC_RUNTIME_MODEL_TASKS_H
#define FLOWC_RUNTIME_MODEL_TASKS_H

#include "runtime/model/Instance.h"
#include "runtime/model/Pool.h"
#include "runtime/model/Tile.h"

#include <atomic>

namespace flowc::runtime::model {

template <typename Body, typename T> struct Job {
  Body *body;
  Worker<T> *workers;
  int64_t items;
  int64_t grain;
  std::atomic<int64_t> next{0};

  static void run(void *context, int64_t index) {
    auto *job = static_cast<Job *>(context);
    for (int64_t first; (first = job->next.fetch_add(job->grain, std::memory_order_relaxed)) < job->items;)
      for (int64_t item = first, end = smaller(first + job->grain, job->items); item < end; ++item)
        (*job->body)(job->workers[index], item);
  }
};

template <typename T> template <typename Body> void Instance<T>::forEach(int64_t items, Body body) {
  int64_t used = smaller(threads, items);
  int64_t grain = items / (used > 0 ? used * 8 : 1);
  Job<Body, T> job{&body, workers, items, grain > 0 ? grain : 1};
  if (used <= 1)
    Job<Body, T>::run(&job, 0);
  else if (parallelFor)
    parallelFor(host, used, Job<Body, T>::run, &job);
  else
    poolParallelFor(used, Job<Body, T>::run, &job);
}

} // namespace flowc::runtime::model

#endif

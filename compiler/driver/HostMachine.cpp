// SPDX-License-Identifier: MIT

#include "compiler/driver/HostMachine.h"

#include "runtime/TrainOptions.h"

#include <sched.h>
#include <unistd.h>

namespace flowc::driver {
namespace {

/// What the system knows, or else what is usual.
int64_t known(long value, int64_t otherwise) { return value > 0 ? value : otherwise; }

int64_t usableProcessors(int64_t otherwise) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : otherwise;
}

} // namespace

ScheduleTarget scheduleTargetOf(const cpu::CpuOptions &options, const llvm::json::Value &train) {
  ScheduleTarget target;
  const llvm::json::Object *settings = train.getAsObject();
  target.batch = (settings ? settings->getInteger("batch_size") : std::nullopt).value_or(runtime::TrainOptions().batchSize);
  if (!options.cpu.empty() && options.cpu != "native")
    return target;
  target.secondCache = known(sysconf(_SC_LEVEL2_CACHE_SIZE), target.secondCache);
  target.thirdCache = known(sysconf(_SC_LEVEL3_CACHE_SIZE), target.thirdCache);
  target.processors = usableProcessors(target.processors);
  return target;
}

} // namespace flowc::driver

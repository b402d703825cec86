// SPDX-License-Identifier: MIT
//
// DIR/schedule.json: how training is scheduled in a model directory, as `--tune` measured it, and what for.

#pragma once

#include "compiler/Schedule/Choice.h"
#include "targets/cpu/CpuTarget.h"

#include <optional>
#include <string>

namespace flowc::driver {

/// What a measurement holds for: it says nothing of another model, machine or batch.
struct TuningKey {
  std::string spec;    ///< Hash of the spec's text.
  std::string machine; ///< Processor, caches and threads.
  int64_t batch = 0;
  bool operator==(const TuningKey &) const = default;
};

TuningKey tuningKeyOf(llvm::StringRef spec, const cpu::CpuOptions &options, const ScheduleTarget &target);

/// The text of schedule.json.
std::string printTunedSchedule(const TuningKey &key, const TrainingSchedule &schedule);

/// What DIR/schedule.json says, if it is there and for `key`; `ignored` becomes why it is passed over, if it is there.
std::optional<TrainingSchedule> readTunedSchedule(const std::string &directory, const TuningKey &key, std::string &ignored);

} // namespace flowc::driver

// SPDX-License-Identifier: MIT
//
// What schedules are chosen for: the machine that compiles, or one of the usual size where code is for another.

#pragma once

#include "compiler/Schedule/Choice.h"
#include "targets/cpu/CpuTarget.h"

#include "llvm/Support/JSON.h"

namespace flowc::driver {

/// `train` is the spec's own settings, of which the rows of a step count.
ScheduleTarget scheduleTargetOf(const cpu::CpuOptions &options, const llvm::json::Value &train);

} // namespace flowc::driver

// SPDX-License-Identifier: MIT
//
// `flowc build --tune`: the few ways to cut training, timed on this machine.

#pragma once

#include "compiler/Schedule/Choice.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace flowc::driver {

/// The ways that are tried: other tiles, and twice as many places to sum in, around what the model of costs chose, which is the first.
/// Two that cut a batch in the same way are one.
std::vector<TrainingSchedule> trainingCandidates(const TrainingSchedule &chosen, const ScheduleTarget &target);

/// Makes a model directory with the given schedule.
using MakeModel = llvm::function_ref<llvm::Error(const TrainingSchedule &schedule, const std::string &directory)>;

/// The candidate whose gradients take least time; tells on stderr what each takes. The first one stays unless another is faster by more than
/// what measurements err by.
llvm::Expected<TrainingSchedule> fastestSchedule(llvm::ArrayRef<TrainingSchedule> candidates, int64_t batch, MakeModel make);

} // namespace flowc::driver

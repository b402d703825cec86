// SPDX-License-Identifier: MIT
//
// The learning rate over the steps.

#ifndef FLOWC_RUNTIME_OPTIMIZERS_SCHEDULE_H
#define FLOWC_RUNTIME_OPTIMIZERS_SCHEDULE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace flowc::runtime {

struct Schedule {
  enum class Kind { Constant, Cosine };
  Kind kind = Kind::Constant;
  double rate = 1e-3;
  int64_t warmup = 0; // steps over which the rate grows from 0
  int64_t steps = 1;  // of the whole training: cosine reaches 0 after the last
};

/// The rate of step number `step`; the first is 1.
inline double scheduledRate(const Schedule &schedule, int64_t step) {
  double rate = schedule.rate;
  if (step <= schedule.warmup)
    return rate * double(step) / double(schedule.warmup);
  if (schedule.kind == Schedule::Kind::Cosine) {
    double length = double(std::max<int64_t>(schedule.steps - schedule.warmup, 1));
    double done = std::min(double(step - 1 - schedule.warmup) / length, 1.0);
    rate *= 0.5 * (1 + std::cos(std::numbers::pi * done));
  }
  return rate;
}

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT
//
// Work in child processes: what crashes or hangs ends a child, not the run.

#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace flowc::fuzz {

struct Answer {
  enum How { Done, Crashed, Hung } how = Done;
  /// What the work returned; of a crash, what it printed.
  std::string text;
  double seconds = 0;
};

/// Calls work(0) ... work(count - 1) in `jobs` children, and `take` here for each, until that returns false. A single
/// piece of work may take `limit` seconds.
void runIsolated(size_t count, unsigned jobs, double limit, const std::function<std::string(size_t)> &work,
                 const std::function<bool(size_t, const Answer &)> &take);

} // namespace flowc::fuzz

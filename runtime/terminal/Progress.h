// SPDX-License-Identifier: MIT
//
// Training seen on stderr: a bar that redraws itself on a terminal, one plain line an epoch elsewhere.

#ifndef FLOWC_RUNTIME_TERMINAL_PROGRESS_H
#define FLOWC_RUNTIME_TERMINAL_PROGRESS_H

#include "runtime/Trainer.h"
#include "runtime/cli/Terminal.h"

#include <chrono>

namespace flowc::runtime {

class Progress {
public:
  /// `metric` is the short name of what is lowered.
  Progress(const cli::Terminal &terminal, std::string metric) : terminal(terminal), metric(std::move(metric)) {}

  void onStep(const StepReport &report);
  void onEpoch(const EpochReport &report);

  /// Leaves the terminal on a fresh line, with the validation losses as a sparkline.
  void finish();

private:
  std::string bar(const StepReport &report, int width) const;
  std::string line(const StepReport &report) const;

  cli::Terminal terminal;
  std::string metric;
  std::chrono::steady_clock::time_point drawn{};
  bool barIsDrawn = false;
  std::vector<double> losses;
};

/// "182k", "1.2M".
std::string formatCount(double count);

/// "0:41", "2:03:10".
std::string formatDuration(double seconds);

/// One character a value, low values low.
std::string sparkline(const std::vector<double> &values, size_t width);

} // namespace flowc::runtime

#endif

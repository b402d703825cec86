// SPDX-License-Identifier: MIT

#include "runtime/terminal/Progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>

namespace flowc::runtime {

using cli::Color;

std::string formatCount(double count) {
  if (count >= 1e6)
    return fmt::format("{:.1f}M", count / 1e6);
  return count >= 1e4 ? fmt::format("{:.0f}k", count / 1e3) : fmt::format("{:.0f}", count);
}

std::string formatDuration(double seconds) {
  if (!(seconds < 360000))
    return "-:--";
  auto total = int64_t(std::ceil(seconds));
  if (total >= 3600)
    return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

std::string sparkline(const std::vector<double> &values, size_t width) {
  static constexpr const char *blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (values.empty())
    return {};
  auto [low, high] = std::minmax_element(values.begin(), values.end());
  width = std::min(width, values.size());
  std::string text;
  for (size_t i = 0; i < width; ++i) {
    double value = values[i * (values.size() - 1) / std::max<size_t>(width - 1, 1)];
    double level = *high > *low ? (value - *low) / (*high - *low) : 0;
    text += blocks[std::min(7, int(level * 8))];
  }
  return text;
}

std::string Progress::bar(const StepReport &report, int width) const {
  double filled = double(report.step) / double(std::max<int64_t>(report.steps, 1)) * width;
  std::string done, left;
  for (int i = 0; i < width; ++i)
    if (i + 1 <= filled)
      done += terminal.unicode ? "━" : "#";
    else if (i + 0.5 <= filled)
      done += terminal.unicode ? "╸" : "#";
    else
      left += terminal.unicode ? "─" : "-";
  return terminal.paint(Color::Cyan, done) + terminal.paint(Color::Faint, left);
}

std::string Progress::line(const StepReport &report) const {
  std::string count =
      fmt::format("epoch {:>{}}/{} ", report.epoch, fmt::formatted_size("{}", report.epochs), report.epochs);
  std::string rest =
      fmt::format(" {:>3}%  train {:.3f}", 100 * report.step / std::max<int64_t>(report.steps, 1), report.trainLoss);
  if (std::isfinite(report.validLoss))
    rest += fmt::format("  valid {:.3f}", report.validLoss);
  // What fits: the bar shrinks first, then the less important figures go.
  for (const std::string &part : {fmt::format("  ETA {}", formatDuration(report.secondsLeft)),
                                  fmt::format("  {} rows/s", formatCount(report.rowsPerSecond)),
                                  fmt::format("  |g| {:.2g}", report.gradientNorm)})
    if (int(count.size() + rest.size() + part.size()) + 10 < terminal.width)
      rest += part;
  int width = std::clamp(terminal.width - 1 - int(count.size() + rest.size()), 4, 40);
  return count + bar(report, width) + rest;
}

void Progress::onStep(const StepReport &report) {
  auto now = std::chrono::steady_clock::now();
  if (!terminal.interactive || now - drawn < std::chrono::milliseconds(80))
    return;
  drawn = now;
  barIsDrawn = true;
  fmt::print(stderr, "\r{}\x1b[K", line(report));
  std::fflush(stderr);
}

void Progress::onEpoch(const EpochReport &report) {
  losses.push_back(std::isfinite(report.validLoss) ? report.validLoss : report.trainLoss);
  if (terminal.interactive)
    return;
  std::string valid = std::isfinite(report.validLoss) ? fmt::format("  valid {:.4f}", report.validLoss) : "";
  fmt::print(stderr, "epoch {}/{}  train {:.4f}{}  |g| {:.3g}  {} rows/s{}\n", report.epoch, report.epochs,
             report.trainLoss, valid, report.gradientNorm, formatCount(report.rowsPerSecond),
             report.isBest ? "  best" : "");
}

void Progress::finish() {
  if (!barIsDrawn)
    return;
  fmt::print(stderr, "\r\x1b[K");
  if (terminal.unicode && losses.size() > 1)
    fmt::print(stderr, "{} {}  {:.3f} → {:.3f}\n", metric, terminal.paint(Color::Cyan, sparkline(losses, 40)), losses.front(),
               losses.back());
  barIsDrawn = false;
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT

#include "runtime/plots/LossPlot.h"

#include "runtime/plots/Axes.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace flowc::runtime {
namespace {

constexpr const char *TrainColor = "#8fa3bf";
constexpr const char *ValidColor = "#e4572e";

struct Series {
  const char *name, *color;
  double EpochReport::*value;
};

/// The range of what is worth looking at: a first epoch far above the rest is allowed to leave the picture.
Axis lossAxis(const std::vector<EpochReport> &epochs) {
  std::vector<double> values;
  for (const EpochReport &epoch : epochs)
    for (double value : {epoch.trainLoss, epoch.validLoss})
      if (std::isfinite(value))
        values.push_back(value);
  if (values.empty())
    return makeAxis(0, 1, 5, true);
  std::sort(values.begin(), values.end());
  double low = values.front(), high = values.back();
  double usual = values[size_t(double(values.size() - 1) * 0.95)];
  if (values.size() > 20 && high - low > 4 * (usual - low))
    high = low + 2 * (usual - low);
  double margin = 0.04 * (high - low);
  return makeAxis(low - margin, high + margin, 6, true);
}

std::string drawSeries(const Panel &panel, const Series &series, const std::vector<EpochReport> &epochs) {
  std::string path;
  for (const EpochReport &epoch : epochs)
    if (double value = epoch.*series.value; std::isfinite(value))
      path +=
          fmt::format("{}{:.1f},{:.1f}", path.empty() ? "M" : " L", panel.mapX(double(epoch.epoch)), panel.mapY(value));
  if (path.empty())
    return {};
  std::string dot;
  if (epochs.size() == 1)
    dot = fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n",
                      panel.mapX(double(epochs[0].epoch)), panel.mapY(epochs[0].*series.value), series.color);
  return fmt::format("<path class=\"line\" stroke=\"{}\" d=\"{}\"/>\n{}", series.color, path, dot);
}

/// The lines' names and last values at their right ends, pushed apart where they would overlap.
std::string labelEnds(const Panel &panel, const std::vector<Series> &shown, const EpochReport &last) {
  std::vector<std::pair<double, const Series *>> places;
  for (const Series &series : shown)
    places.emplace_back(std::clamp(panel.mapY(last.*series.value), panel.top, panel.top + panel.height), &series);
  std::sort(places.begin(), places.end());
  for (size_t i = 1; i < places.size(); ++i)
    places[i].first = std::max(places[i].first, places[i - 1].first + 34);
  std::string out;
  for (auto [y, series] : places) {
    double x = panel.left + panel.width + 10;
    out += svgText(x, y + 1, "label", "start", series->name, fmt::format("style=\"fill: {}\"", series->color));
    out += svgText(x, y + 16, "tick", "start", fmt::format("{:.3f}", last.*series->value));
  }
  return out;
}

std::string markBest(const Panel &panel, const EpochReport &best, const Series &series) {
  double value = best.*series.value;
  if (!std::isfinite(value) || value > panel.y.high)
    return {};
  double x = panel.mapX(double(best.epoch)), y = panel.mapY(value);
  return fmt::format(
      "<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" stroke=\"{3}\" stroke-width=\"1\" "
      "stroke-dasharray=\"2 3\"/>\n<circle cx=\"{0:.1f}\" cy=\"{1:.1f}\" r=\"4.5\" fill=\"#ffffff\" "
      "stroke=\"{3}\" stroke-width=\"2\"/>\n",
      x, y, panel.top + panel.height, series.color);
}

} // namespace

std::string lossPlot(const std::string &name, const std::string &what, const std::vector<EpochReport> &epochs) {
  std::vector<Series> shown = {{"training", TrainColor, &EpochReport::trainLoss}};
  if (std::isfinite(epochs.back().validLoss))
    shown.push_back({"validation", ValidColor, &EpochReport::validLoss});
  Panel panel{62,
              78,
              556,
              300,
              makeAxis(double(epochs.front().epoch), double(epochs.back().epoch), 8, false),
              lossAxis(epochs)};
  // Epochs are whole numbers; a short run gets one tick for each.
  if (panel.x.digits > 0 || epochs.size() < 8) {
    panel.x.digits = 0;
    panel.x.ticks.clear();
    for (const EpochReport &epoch : epochs)
      panel.x.ticks.push_back(double(epoch.epoch));
  }
  const EpochReport *best = &epochs.back();
  for (const EpochReport &epoch : epochs)
    if (epoch.isBest)
      best = &epoch;
  const Series &judged = shown.back();
  std::string out = svgBegin(720, 430, name + ": loss");
  out += svgText(24, 34, "title", "start", name);
  out += svgText(24, 54, "subtitle", "start",
                 fmt::format("{} · best {} {:.4f} at epoch {}", what, judged.name, best->*judged.value, best->epoch));
  out += panel.axes(true);
  out += fmt::format(
      "<clipPath id=\"panel\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/></clipPath>\n",
      panel.left - 4, panel.top, panel.width + 8, panel.height + 1);
  out += "<g clip-path=\"url(#panel)\">\n";
  for (const Series &series : shown)
    out += drawSeries(panel, series, epochs);
  out += "</g>\n";
  out += markBest(panel, *best, judged);
  out += labelEnds(panel, shown, epochs.back());
  out += svgText(panel.left + panel.width / 2, panel.top + panel.height + 40, "note", "middle", "epoch");
  return out + svgEnd();
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT

#include "runtime/plots/DensityPlot.h"

#include "runtime/plots/Axes.h"
#include "runtime/plots/Png.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace flowc::runtime {
namespace {

constexpr int GridSize = 320;
constexpr double PanelSize = 380;
constexpr const char *SampleColor = "#d1495b";
constexpr const char *DataColor = "#8a93a3";

/// Points drawn at most: more would be a blot, and a large file.
constexpr size_t MaxPoints = 4000;

/// The colors of magma at equal distances, dark to light.
constexpr std::array<std::array<double, 3>, 9> Magma = {{{0, 0, 4},
                                                         {28, 16, 68},
                                                         {79, 18, 123},
                                                         {129, 37, 129},
                                                         {181, 54, 122},
                                                         {229, 80, 100},
                                                         {251, 135, 97},
                                                         {254, 194, 135},
                                                         {252, 253, 191}}};

std::array<uint8_t, 3> colorOf(double level) {
  double at = std::clamp(level, 0.0, 1.0) * double(Magma.size() - 1);
  size_t index = std::min(size_t(at), Magma.size() - 2);
  std::array<uint8_t, 3> color;
  for (size_t c = 0; c < 3; ++c)
    color[c] = uint8_t(std::lround(Magma[index][c] + (at - double(index)) * (Magma[index + 1][c] - Magma[index][c])));
  return color;
}

/// The interval that holds all but half a percent of the values at either end, and some room around it.
Axis windowAxis(const std::vector<double> &data, const std::vector<double> &samples, size_t coordinate) {
  double low = 1e300, high = -1e300;
  for (const std::vector<double> *points : {&data, &samples}) {
    std::vector<double> values;
    for (size_t i = coordinate; i < points->size(); i += 2)
      if (std::isfinite((*points)[i]))
        values.push_back((*points)[i]);
    if (values.empty())
      continue;
    std::sort(values.begin(), values.end());
    size_t cut = values.size() / 200;
    low = std::min(low, values[cut]);
    high = std::max(high, values[values.size() - 1 - cut]);
  }
  if (low > high)
    low = -3, high = 3;
  double margin = std::max(0.14 * (high - low), 1e-6);
  return makeAxis(low - margin, high + margin, 5, false);
}

std::string heatMap(const Panel &panel, const std::function<std::vector<double>(std::span<const double>)> &logProb) {
  std::vector<double> points;
  for (int row = 0; row < GridSize; ++row)
    for (int column = 0; column < GridSize; ++column) {
      points.push_back(panel.x.low + (column + 0.5) / GridSize * (panel.x.high - panel.x.low));
      points.push_back(panel.y.high - (row + 0.5) / GridSize * (panel.y.high - panel.y.low));
    }
  std::vector<double> density = logProb(points);
  // Only ratios are shown, so a constant does not matter, however large it is.
  double highest = -HUGE_VAL;
  for (double value : density)
    highest = std::isfinite(value) ? std::max(highest, value) : highest;
  // The brightest color is what a thousandth of the window exceeds: one sharp peak must not darken everything else.
  std::vector<double> sorted;
  for (double &value : density) {
    value = std::isfinite(value) ? std::exp(value - highest) : 0;
    sorted.push_back(value);
  }
  auto peak = sorted.end() - 1 - std::ptrdiff_t(sorted.size() / 1000);
  std::nth_element(sorted.begin(), peak, sorted.end());
  double brightest = std::max(*peak, 1e-300);
  std::vector<uint8_t> rgb;
  for (double value : density)
    for (uint8_t byte : colorOf(std::pow(value / brightest, 0.6)))
      rgb.push_back(byte);
  return fmt::format("<image x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" preserveAspectRatio=\"none\" "
                     "xlink:href=\"data:image/png;base64,{}\"/>\n",
                     panel.left, panel.top, panel.width, panel.height,
                     encodeBase64(encodePng(GridSize, GridSize, rgb)));
}

/// One path of dots: a line of no length with a round cap is a dot, and costs a dozen bytes.
std::string drawDots(const Panel &panel, const std::vector<double> &points, const char *color, double size,
                     double opacity) {
  std::string path;
  size_t rows = std::min(points.size() / 2, MaxPoints);
  for (size_t row = 0; row < rows; ++row) {
    double x = points[2 * row], y = points[2 * row + 1];
    if (x >= panel.x.low && x <= panel.x.high && y >= panel.y.low && y <= panel.y.high)
      path += fmt::format("M{:.1f},{:.1f}h0", panel.mapX(x), panel.mapY(y));
  }
  return fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\" "
                     "stroke-opacity=\"{}\"/>\n",
                     path, color, size, opacity);
}

std::string legend(double x, double y, const char *color, std::string_view text) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x, y - 4, color) +
         svgText(x + 9, y, "note", "start", text);
}

} // namespace

std::string densityPlot(const DensityPicture &picture) {
  Axis x = windowAxis(picture.data, picture.samples, 0), y = windowAxis(picture.data, picture.samples, 1);
  auto panelAt = [&](int place) { return Panel{60.0 + place * (PanelSize + 36), 88, PanelSize, PanelSize, x, y}; };
  bool hasTarget = bool(picture.target);
  Panel left = panelAt(0), right = panelAt(hasTarget ? 2 : 1);
  std::string out = svgBegin(hasTarget ? 880 + PanelSize + 36 : 880, 510, picture.name + ": density and samples");
  out += svgText(24, 34, "title", "start", picture.name);
  out += svgText(left.left, 78, "label", "start", "density");
  out += heatMap(left, picture.logProb) + left.axes(false);
  if (hasTarget) {
    Panel middle = panelAt(1);
    out += svgText(middle.left, 78, "label", "start", "target");
    out += heatMap(middle, picture.target) + middle.axes(false, false);
  }
  out += svgText(right.left, 78, "label", "start", "samples");
  double at = right.left + PanelSize - 36;
  if (!picture.data.empty()) {
    out += drawDots(right, picture.data, DataColor, 2.6, 0.45);
    out += legend(at, 78, DataColor, "data");
    at -= 82;
  }
  out += drawDots(right, picture.samples, SampleColor, 2.6, 0.7);
  out += legend(picture.data.empty() ? at - 20 : at, 78, SampleColor, "samples");
  out += right.axes(false, false);
  return out + svgEnd();
}

} // namespace flowc::runtime

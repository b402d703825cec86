// SPDX-License-Identifier: MIT
//
// The parts of an SVG plot: ranges with round ticks, a panel with grid and labels, text that is safe in XML.

#ifndef FLOWC_RUNTIME_PLOTS_AXES_H
#define FLOWC_RUNTIME_PLOTS_AXES_H

#include <string>
#include <string_view>
#include <vector>

namespace flowc::runtime {

/// A range of values and the round ones in it that are labelled.
struct Axis {
  double low = 0, high = 1;
  std::vector<double> ticks;
  int digits = 0; // after the decimal point

  std::string label(double tick) const;
};

/// The axis over [low, high] with about `count` ticks. `widen` moves the ends out to round values.
Axis makeAxis(double low, double high, int count, bool widen);

/// A rectangle of the picture, in pixels, with an axis along its bottom and its left.
struct Panel {
  double left, top, width, height;
  Axis x, y;

  double mapX(double value) const { return left + (value - x.low) / (x.high - x.low) * width; }
  double mapY(double value) const { return top + height - (value - y.low) / (y.high - y.low) * height; }

  /// Grid lines and tick labels. Without a grid, small tick marks.
  std::string axes(bool grid, bool yLabels = true) const;
};

/// The beginning of a picture: size, font, background; and its end.
std::string svgBegin(int width, int height, std::string_view title);
std::string svgEnd();

/// One line of text. `style` names a class: title, subtitle, label, tick, note.
std::string svgText(double x, double y, std::string_view style, std::string_view anchor, std::string_view text,
                    std::string_view extra = {});

/// `text` with the characters that mean something in XML replaced.
std::string escapeXml(std::string_view text);

} // namespace flowc::runtime

#endif

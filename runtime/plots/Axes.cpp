// SPDX-License-Identifier: MIT

#include "runtime/plots/Axes.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace flowc::runtime {

std::string Axis::label(double tick) const {
  std::string text = fmt::format("{:.{}f}", tick, digits);
  if (text[0] == '-' && text.find_first_not_of("-0.") == text.npos)
    text.erase(0, 1);
  if (text[0] == '-')
    text.replace(0, 1, "−");
  return text;
}

Axis makeAxis(double low, double high, int count, bool widen) {
  if (!(high > low)) {
    double margin = std::max(std::abs(low) * 0.05, 0.5);
    low -= margin;
    high += margin;
  }
  double raw = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
  Axis axis;
  axis.low = widen ? std::floor(low / step) * step : low;
  axis.high = widen ? std::ceil(high / step) * step : high;
  axis.digits = std::clamp(int(-std::floor(std::log10(step) + 1e-9)), 0, 12);
  auto first = int64_t(std::ceil(axis.low / step - 1e-9)), last = int64_t(std::floor(axis.high / step + 1e-9));
  for (int64_t i = first; i <= last; ++i)
    axis.ticks.push_back(double(i) * step);
  return axis;
}

std::string Panel::axes(bool grid, bool yLabels) const {
  std::string out;
  double bottom = top + height, right = left + width;
  for (double tick : y.ticks) {
    double at = mapY(tick);
    if (grid)
      out += fmt::format("<line class=\"grid\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, at,
                         right, at);
    else
      out += fmt::format("<line class=\"mark\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left - 4,
                         at, left, at);
    if (yLabels)
      out += svgText(left - 8, at + 4, "tick", "end", y.label(tick));
  }
  for (double tick : x.ticks) {
    double at = mapX(tick);
    out += fmt::format("<line class=\"mark\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", at, bottom,
                       at, bottom + 4);
    out += svgText(at, bottom + 18, "tick", "middle", x.label(tick));
  }
  if (grid)
    out += fmt::format("<line class=\"axis\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", left, bottom,
                       right, bottom);
  else
    out += fmt::format("<rect class=\"frame\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", left,
                       top, width, height);
  return out;
}

std::string svgBegin(int width, int height, std::string_view title) {
  return fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img">
<title>{2}</title>
<style>
text {{ font-family: "Inter", "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #2b2f36 }}
.title {{ font-size: 17px; font-weight: 600 }}
.subtitle {{ font-size: 12.5px; fill: #6b7280 }}
.label {{ font-size: 12.5px; font-weight: 600 }}
.tick {{ font-size: 11.5px; fill: #6b7280 }}
.note {{ font-size: 12px; fill: #6b7280 }}
.grid {{ stroke: #e8eaed; stroke-width: 1 }}
.axis {{ stroke: #9aa1ab; stroke-width: 1 }}
.mark {{ stroke: #9aa1ab; stroke-width: 1 }}
.frame {{ fill: none; stroke: #9aa1ab; stroke-width: 1 }}
.line {{ fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }}
</style>
<rect width="{0}" height="{1}" fill="#ffffff"/>
)",
      width, height, escapeXml(title));
}

std::string svgEnd() { return "</svg>\n"; }

std::string svgText(double x, double y, std::string_view style, std::string_view anchor, std::string_view text,
                    std::string_view extra) {
  return fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\"{}{}>{}</text>\n", style, x, y,
                     anchor, extra.empty() ? "" : " ", extra, escapeXml(text));
}

std::string escapeXml(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t')
      out += c;
  return out;
}

} // namespace flowc::runtime

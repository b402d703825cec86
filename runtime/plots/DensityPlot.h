// SPDX-License-Identifier: MIT
//
// A two-dimensional model: its density as a heat map, its samples beside the data.

#ifndef FLOWC_RUNTIME_PLOTS_DENSITYPLOT_H
#define FLOWC_RUNTIME_PLOTS_DENSITYPLOT_H

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace flowc::runtime {

struct DensityPicture {
  std::string name;
  std::vector<double> samples; // [rows][2]
  std::vector<double> data;    // [rows][2]; may be empty
  /// Log densities of the points [rows][2].
  std::function<std::vector<double>(std::span<const double>)> logProb;
  /// The same of what the model is to resemble, up to a constant; may be empty.
  std::function<std::vector<double>(std::span<const double>)> target;
};

/// The SVG. The window is where nearly all samples and data lie.
std::string densityPlot(const DensityPicture &picture);

} // namespace flowc::runtime

#endif

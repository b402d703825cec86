// SPDX-License-Identifier: MIT

#pragma once

#include <array>
#include <string>
#include <vector>

namespace flowc::laws {

/// A layer under test: definitions, and the flow's items. `low` and `high` bound the data that it is tried on.
struct LayerCase {
  std::string name, definitions, items;
  double low = -3, high = 3;
  /// How much the layer magnifies errors at most, beyond what a well-conditioned one does: x^3 near 0 loses half the digits on the way
  /// back.
  double slack = 1;
  /// The base's cumulative distribution as a formula of z; empty for `normal`, or where the items name a base.
  std::string base = "";
  /// Where the data lives.
  std::string data = "real";
  /// The most features for which it is derived.
  int mostFeatures = 65;
  /// The images that it is tried on, [channels, height, width]; empty if it takes any number of features.
  std::vector<std::array<int, 3>> images = {};
};

/// Every row of the scalar table as a layer, every layer and bijection of the prelude, and some stacks.
const std::vector<LayerCase> &layerCases();

} // namespace flowc::laws

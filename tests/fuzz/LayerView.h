// SPDX-License-Identifier: MIT
//
// A layer of a recorded program as a function of inputs and raw parameters, with where its inputs lie: what numeric
// checks look at.

#pragma once

#include "tests/fuzz/Checked.h"

#include <random>

namespace flowc::fuzz {

struct Range {
  long double low, high;
  bool isAll() const;
};

/// Inputs and raw parameters.
struct Spot {
  std::vector<long double> input, raw;
  std::map<std::string, double> overrides;
};

/// A determinant of the Jacobian, and whether its sign can be relied on.
struct Determinant {
  long double value = 0;
  bool reliable = false;
};

class LayerView {
public:
  LayerView(const Checked &checked, size_t layer, std::mt19937_64 &random);

  size_t features() const { return ranges.size(); }
  const Range &range(size_t j) const { return ranges[j]; }
  const Tape &tape() const { return *checked.tape; }
  size_t index() const { return layer; }
  /// Whether the ranges are where the inputs lie, and not only where some were seen.
  bool rangesAreKnown() const { return known; }
  /// What the layer's output has to cover, if anything.
  const std::optional<Range> &target() const { return wanted; }

  Spot randomSpot();
  /// A number of the range: `t` from -inf to inf covers it.
  long double place(size_t j, long double t) const;
  bool contains(size_t j, long double v) const { return v > ranges[j].low && v < ranges[j].high; }

  /// Outputs, with slopes along input j.
  Evaluation at(const Spot &spot, size_t j = 0) const;
  /// Outputs with the errors that they have if the inputs are 64-bit numbers, after a few operations on such.
  Evaluation roundedAt(const Spot &spot) const;
  Determinant determinant(const Spot &spot) const;
  /// The same from differences of values, for what slopes must agree with.
  Determinant differenceDeterminant(const Spot &spot) const;

  std::string describe(const Spot &spot) const;

private:
  const Checked &checked;
  size_t layer;
  std::mt19937_64 &random;
  std::vector<Range> ranges;
  std::optional<Range> wanted;
  bool known = true;
  std::vector<size_t> own;
};

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT

#include "tests/fuzz/LayerView.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace flowc::fuzz {
namespace {

using Real = long double;
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kSpecial[] = {0, 1, -1, 0.5L, 2, -2, 3, -3, 3.14159265358979323846L, -3.14159265358979323846L, 10, -10};

/// By elimination with row exchanges; unsure where the pivots are what rounding left.
Determinant determinantOf(std::vector<std::vector<Real>> matrix, Real tolerance) {
  Determinant result{1, true};
  for (size_t column = 0; column < matrix.size(); ++column) {
    size_t pivot = column;
    Real largest = 0;
    for (size_t row = column; row < matrix.size(); ++row) {
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column]))
        pivot = row;
      for (Real entry : matrix[row])
        largest = std::max(largest, std::abs(entry));
    }
    if (pivot != column) {
      std::swap(matrix[column], matrix[pivot]);
      result.value = -result.value;
    }
    Real head = matrix[column][column];
    result.reliable &= std::isfinite(head) && (matrix.size() == 1 || std::abs(head) > tolerance * largest);
    result.value *= head;
    for (size_t row = column + 1; row < matrix.size(); ++row)
      for (size_t k = matrix.size(); k-- > column;)
        matrix[row][k] -= head == 0 ? 0 : matrix[row][column] / head * matrix[column][k];
  }
  return result;
}

/// Where a side of the layer is declared to lie: a declaration is about the side that the layer is written from.
std::optional<Range> declared(const TapeLayer &layer, bool latentSide) {
  if (!layer.domain || layer.info.generative != latentSide)
    return std::nullopt;
  return Range{layer.domain->low, layer.domain->high};
}

} // namespace

bool Range::isAll() const { return std::isinf(low) && std::isinf(high); }

LayerView::LayerView(const Checked &checked, size_t layer, std::mt19937_64 &random)
    : checked(checked), layer(layer), random(random), own(checked.tape->parametersOf(layer)) {
  const std::vector<TapeLayer> &layers = tape().layers();
  const TapeLayer &info = layers[layer];
  Range all{-kInfinity, kInfinity};
  std::optional<Range> next;
  if (layer + 1 < checked.layers.size())
    next = declared(layers[layer + 1], false);
  if (info.info.base)
    next = Range{0, 1};
  ranges.assign(info.info.features, all);
  if (info.info.generative) {
    ranges.assign(info.info.features, declared(info, true).value_or(next.value_or(all)));
    return;
  }
  wanted = next;
  if (auto range = declared(info, false)) {
    ranges.assign(info.info.features, *range);
  } else if (layer > 0 && declared(layers[layer - 1], true)) {
    ranges.assign(info.info.features, *declared(layers[layer - 1], true));
  } else if (layer > 0 && !layers[layer - 1].info.generative) {
    // Where the layer before takes random points.
    LayerView before(checked, layer - 1, random);
    if (before.target()) {
      ranges.assign(info.info.features, *before.target());
      return;
    }
    known = false;
    for (Range &range : ranges)
      range = {kInfinity, -kInfinity};
    for (int k = 0; k < 40; ++k) {
      Evaluation found = before.at(before.randomSpot());
      for (size_t j = 0; j < ranges.size(); ++j)
        if (found.result[j].isReliable()) {
          ranges[j].low = std::min(ranges[j].low, found.result[j].value);
          ranges[j].high = std::max(ranges[j].high, found.result[j].value);
        }
    }
    for (Range &range : ranges)
      if (!(range.low < range.high))
        range = {0, 1e-3L};
  }
}

Spot LayerView::randomSpot() {
  static constexpr Real sizes[] = {0.3L, 1, 1, 3, 8};
  std::normal_distribution<double> normal;
  Spot spot;
  spot.raw.assign(tape().parameterCount(), 0);
  // A network's weights add up.
  Real size = sizes[random() % (own.size() > 12 ? 3 : 5)];
  for (size_t place : own)
    spot.raw[place] = size * normal(random);
  size = sizes[random() % 5];
  for (size_t j = 0; j < features(); ++j) {
    Real special = kSpecial[random() % std::size(kSpecial)];
    spot.input.push_back(random() % 4 == 0 && contains(j, special) ? special : place(j, size * normal(random)));
  }
  return spot;
}

long double LayerView::place(size_t j, long double t) const {
  const Range &range = ranges[j];
  if (range.isAll())
    return t;
  if (std::isinf(range.high))
    return range.low + std::exp(t);
  if (std::isinf(range.low))
    return range.high - std::exp(-t);
  // From the nearer end, so that it is never reached.
  Real share = std::exp(-std::abs(t)) / (1 + std::exp(-std::abs(t)));
  return t < 0 ? range.low + (range.high - range.low) * share : range.high - (range.high - range.low) * share;
}

Evaluation LayerView::at(const Spot &spot, size_t j) const {
  Numbers input, raw(spot.raw.begin(), spot.raw.end());
  for (size_t k = 0; k < spot.input.size(); ++k)
    input.emplace_back(spot.input[k], k == j ? 1 : 0);
  return tape().evaluate(layer, input, raw, spot.overrides);
}

Evaluation LayerView::roundedAt(const Spot &spot) const {
  constexpr double kRounding = 4 * std::numeric_limits<double>::epsilon();
  Numbers input, raw(spot.raw.begin(), spot.raw.end());
  for (Real v : spot.input)
    input.emplace_back(v, 0, kRounding * std::abs(v));
  return tape().evaluate(layer, input, raw, spot.overrides, kRounding);
}

Determinant LayerView::determinant(const Spot &spot) const {
  std::vector<std::vector<Real>> jacobian(features(), std::vector<Real>(features()));
  for (size_t j = 0; j < features(); ++j) {
    Evaluation found = at(spot, j);
    for (size_t i = 0; i < features(); ++i) {
      if (!found.result[i].isReliable() || found.mishaps.any() || !std::isfinite(found.result[i].slope))
        return {};
      jacobian[i][j] = found.result[i].slope;
    }
  }
  return determinantOf(std::move(jacobian), 1e-9L);
}

Determinant LayerView::differenceDeterminant(const Spot &spot) const {
  std::vector<std::vector<Real>> jacobian(features(), std::vector<Real>(features()));
  bool reliable = true;
  for (size_t j = 0; j < features(); ++j) {
    Real h = 1e-6L * (1 + std::abs(spot.input[j]));
    Spot left = spot, right = spot;
    left.input[j] -= h, right.input[j] += h;
    if (!contains(j, left.input[j]) || !contains(j, right.input[j]))
      return {};
    Evaluation below = at(left), above = at(right);
    for (size_t i = 0; i < features(); ++i) {
      Real difference = above.result[i].value - below.result[i].value,
           error = above.result[i].error + below.result[i].error;
      if (!std::isfinite(difference))
        return {};
      reliable &= features() > 1 || std::abs(difference) > 2 * error;
      jacobian[i][j] = std::abs(difference) > error ? difference / (2 * h) : 0;
    }
  }
  Determinant result = determinantOf(std::move(jacobian), 1e-6L);
  result.reliable &= reliable;
  return result;
}

std::string LayerView::describe(const Spot &spot) const {
  std::string text = fmt::format("layer {} at x = [", layer);
  for (Real v : spot.input)
    text += fmt::format("{:.12g} ", static_cast<double>(v));
  text += "], raw parameters [";
  for (size_t place : own)
    text += fmt::format("{:.9g} ", static_cast<double>(spot.raw[place]));
  text += "]";
  for (const auto &[name, value] : spot.overrides)
    text += fmt::format(" {} = {:.12g}", name, value);
  return text;
}

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// The rules under test as plain functions of numbers and intervals, so that the tests see no MLIR.

#pragma once

#include "compiler/Dialect/Flow/Interval.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace flowc::test {

/// One row of the scalar table.
struct Row {
  std::string name;
  flow::Interval domain, range, injectiveOn;
  bool increasing;
  std::string term, lemma, pairLemma;
  std::function<double(double)> value, derivative;
  /// Empty where the table has none.
  std::function<double(double)> logDerivative, inverse;
  std::function<flow::Interval(flow::Interval)> image;
  std::function<double(flow::Interval)> steepness;
  /// The limit where the argument tends to a number or an infinity; nothing if it is not known to be a number or infinity.
  std::function<std::optional<double>(double)> limit;
};
const std::vector<Row> &rows();

struct Identity {
  std::string f, g, text;
};
std::vector<Identity> identities();

/// What is said of x f(x): f, and how steep the product is.
std::vector<std::pair<std::string, double>> products();

/// An op of two or three operands, or one that is not in the table.
struct Operation {
  std::string name;
  unsigned operands;
  std::function<flow::Interval(const std::vector<flow::Interval> &)> range;
  std::function<double(const std::vector<double> &)> value;
  /// How far the result moves at most, given the operands' ranges and how far they move.
  std::function<double(const std::vector<flow::Interval> &, const std::vector<double> &)> steepness;
};
const std::vector<Operation> &operations();

} // namespace flowc::test

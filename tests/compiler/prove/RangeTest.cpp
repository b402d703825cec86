// SPDX-License-Identifier: MIT
//
// The range of every op's result against sampling.

#include "Rules.h"
#include "Samples.h"

#include <catch2/catch.hpp>

using namespace flowc::flow;
using namespace flowc::test;

namespace {

/// Whether every result lies in the range that is inferred.
void checkRange(const Operation &op, const std::vector<Interval> &operands) {
  Interval range = op.range(operands);
  std::vector<std::vector<double>> samples(1);
  for (const Interval &operand : operands) {
    std::vector<std::vector<double>> longer;
    for (const std::vector<double> &sample : samples)
      for (double v : numbers(operand)) {
        longer.push_back(sample);
        longer.back().push_back(v);
      }
    samples = std::move(longer);
  }
  for (const std::vector<double> &sample : samples) {
    double v = op.value(sample);
    bool underflow = op.name == "pow" && v == 0;
    if (!std::isfinite(v) || underflow)
      continue;
    bool exact = op.name != "div" && op.name != "pow";
    if (exact ? contains(range, v) : contains(range, v) || contains(range, v * (1 + 1e-12)) || contains(range, v * (1 - 1e-12)))
      continue;
    CAPTURE(op.name, sample, v, range.low, range.high, range.lowOpen, range.highOpen);
    FAIL("a value outside of the inferred range");
  }
}

} // namespace

TEST_CASE("no op's range is too small", "[range]") {
  for (const Operation &op : operations())
    for (const Interval &a : intervals()) {
      if (op.operands == 1)
        checkRange(op, {a});
      for (const Interval &b : intervals())
        if (op.operands == 2)
          checkRange(op, {a, b});
    }
}

TEST_CASE("a choice has the range of both branches, or of the one that is known", "[range]") {
  const Operation &select = operations().back();
  REQUIRE(select.name == "select");
  Interval a = Interval::open(0, 1), b = Interval::closed(2, 3);
  CHECK(select.range({Interval::point(1), a, b}) == a);
  CHECK(select.range({Interval::point(0), a, b}) == b);
  CHECK(select.range({Interval::closed(0, 1), a, b}) == hull(a, b));
}

TEST_CASE("attained ends stay attained, so that no sign is claimed that is not there", "[range]") {
  for (const Operation &op : operations()) {
    if (op.name == "mul")
      CHECK_FALSE(op.range({Interval::open(0, kInfinity), Interval::closed(0, 1)}).isNonZero());
    if (op.name == "max")
      CHECK_FALSE(op.range({Interval::all(), Interval::point(0)}).isNonZero());
    if (op.name == "sub")
      CHECK_FALSE(op.range({Interval::closed(0, 1), Interval::closed(-1, 0)}).isNonZero());
    if (op.name == "pow")
      CHECK(op.range({Interval::open(0, 1), Interval::open(0, kInfinity)}) == Interval::open(0, 1));
  }
}

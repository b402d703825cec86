// SPDX-License-Identifier: MIT
//
// How far every op's result moves against sampling.

#include "Rules.h"
#include "Samples.h"

#include <catch2/catch.hpp>

#include <map>

using namespace flowc::flow;
using namespace flowc::test;

namespace {

/// Rounding of the values and their differences.
constexpr double kSlack = 1e-9;

} // namespace

TEST_CASE("no function moves further than its steepness says", "[steepness]") {
  for (const Row &row : rows())
    for (const Interval &range : intervals()) {
      std::vector<double> points = numbers(range);
      for (double x : points)
        for (double u : points) {
          if (!contains(row.domain, x) || !contains(row.domain, u) || !std::isfinite(row.value(x)) || !std::isfinite(row.value(u)))
            continue;
          CAPTURE(row.name, range.low, range.high, x, u);
          CHECK(std::abs(row.value(x) - row.value(u)) <= times(row.steepness(range), std::abs(x - u)) + kSlack * (1 + std::abs(row.value(x))));
        }
    }
}

TEST_CASE("the steepness of bounded slopes is known", "[steepness]") {
  std::map<std::string, double> known{{"tanh", 1}, {"sigmoid", 0.25}, {"softplus", 1}, {"sin", 1}, {"cos", 1}, {"atan", 1}, {"asinh", 1}, {"abs", 1}};
  for (const Row &row : rows())
    if (known.contains(row.name)) {
      CAPTURE(row.name);
      CHECK(row.steepness(Interval::all()) == Approx(known[row.name]));
    }
}

TEST_CASE("x f(x) is as steep as its table says, and not much less", "[steepness]") {
  for (const auto &[name, bound] : products()) {
    auto row = std::find_if(rows().begin(), rows().end(), [&](const Row &r) { return r.name == name; });
    REQUIRE(row != rows().end());
    double steepest = 0;
    for (int k = -400000; k <= 400000; ++k) {
      double x = k * 1e-4, slope = row->value(x) + x * row->derivative(x);
      steepest = std::max(steepest, std::abs(slope));
    }
    CAPTURE(name, steepest);
    CHECK(steepest <= bound);
    CHECK(steepest >= bound - 1e-4);
  }
}

TEST_CASE("no op moves further than its steepness says", "[steepness]") {
  for (const Operation &op : operations())
    for (const Interval &a : intervals())
      for (const Interval &b : intervals()) {
        if (op.operands != 2)
          continue;
        for (double x : numbers(a))
          for (double u : numbers(a))
            for (double y : numbers(b))
              for (double v : numbers(b)) {
                double before = op.value({x, y}), after = op.value({u, v});
                if (!std::isfinite(before) || !std::isfinite(after))
                  continue;
                double bound = op.steepness({a, b}, {std::abs(x - u), std::abs(y - v)});
                if (std::abs(before - after) <= bound + kSlack * (1 + std::abs(before) + std::abs(after)))
                  continue;
                CAPTURE(op.name, x, u, y, v, bound);
                FAIL("a result that moves further");
              }
      }
}

// SPDX-License-Identifier: MIT
//
// Every row of the scalar table: what it says of a function against the function itself.

#include "Rules.h"
#include "Samples.h"
#include "SmtText.h"

#include <catch2/catch.hpp>

using namespace flowc::flow;
using namespace flowc::test;

namespace {

/// Arguments inside the domain, closer to 0 and 1 more of them; sums of two of them are exact.
std::vector<double> arguments(const Row &row) {
  std::vector<double> all;
  for (int k = -96; k <= 96; ++k)
    all.push_back(k / 8.0);
  for (int k = -64; k <= 128; ++k)
    all.push_back(k / 64.0);
  for (double v : {1e-3, 1e-6, 20.0, 30.0})
    all.insert(all.end(), {v, -v, 1 - v, 1 + v});
  std::vector<double> inside;
  for (double v : all)
    if (contains(row.domain, v) && std::isfinite(row.value(v)))
      inside.push_back(v);
  return inside;
}

bool isClose(double a, double b, double slack) { return std::abs(a - b) <= slack * (1 + std::abs(a) + std::abs(b)); }

/// Whether rounding has put the value on an end that it never attains.
bool isSaturated(const Row &row, double y) {
  return (row.range.lowOpen && y <= row.range.low) || (row.range.highOpen && y >= row.range.high);
}

const Row &rowOf(const std::string &name) {
  for (const Row &row : rows())
    if (row.name == name)
      return row;
  FAIL("an identity of an unknown function: " << name);
  return rows().front();
}

} // namespace

TEST_CASE("values lie in the range", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row)) {
      CAPTURE(row.name, x);
      CHECK((contains(row.range, row.value(x)) || isSaturated(row, row.value(x))));
    }
}

TEST_CASE("what is attained belongs to the range", "[table]") {
  // (0 and 1 at 0 and 1 are no rounded values.)
  for (const Row &row : rows())
    for (double x : {0.0, 1.0})
      if (double y = row.value(x); contains(row.domain, x) && (y == 0 || y == 1)) {
        CAPTURE(row.name, x);
        CHECK(contains(row.range, y));
        CHECK(contains(row.image(Interval::point(x)), y));
      }
}

TEST_CASE("the derivative is the slope", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row)) {
      double step = 1e-5 * std::min(1.0, 0.1 + std::abs(x)), before = row.value(x - step), after = row.value(x + step);
      double slope = (after - before) / (2 * step), finer = (row.value(x + step / 2) - row.value(x - step / 2)) / step;
      bool kink = !isClose(after - row.value(x), row.value(x) - before, 0.01 * step);
      // Close to an end, at a kink, or where the values are too large for differences, they tell nothing.
      if (!contains(row.domain, x - step) || !contains(row.domain, x + step) || !isClose(slope, finer, 1e-6) || kink)
        continue;
      if (std::abs(slope) < 1e-5 * std::abs(row.value(x)) || isSaturated(row, before) || isSaturated(row, after))
        continue;
      CAPTURE(row.name, x);
      CHECK(isClose(row.derivative(x), slope, 1e-5));
    }
}

TEST_CASE("the stable logarithm of the derivative is its logarithm", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row)) {
      if (!row.logDerivative || std::abs(x) > 12)
        continue;
      double slope = std::abs(row.derivative(x));
      if (slope > 1e-8 && std::isfinite(slope)) {
        CAPTURE(row.name, x);
        CHECK(isClose(row.logDerivative(x), std::log(slope), 1e-6));
      }
    }
}

TEST_CASE("the inverse undoes", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row)) {
      double y = row.value(x);
      if (!row.inverse || !contains(row.injectiveOn, x) || isSaturated(row, y) || std::abs(x) > 5)
        continue;
      double slope = std::abs(row.derivative(x));
      if (slope > 1e-4) {
        CAPTURE(row.name, x);
        CHECK(isClose(row.inverse(y), x, 1e-9 / std::min(1.0, slope)));
      }
    }
}

TEST_CASE("a function goes its direction where it is said to be injective", "[table]") {
  for (const Row &row : rows())
    for (double a : arguments(row))
      for (double b : arguments(row)) {
        if (!(a < b) || !contains(row.injectiveOn, a) || !contains(row.injectiveOn, b))
          continue;
        double left = row.value(a), right = row.value(b);
        bool rounded = left == right && std::abs(row.derivative(a)) < 1e-6;
        CAPTURE(row.name, a, b);
        REQUIRE((rounded || (row.increasing ? left < right : left > right)));
      }
}

TEST_CASE("images are not too small, and tight where f is monotone", "[table]") {
  for (const Row &row : rows())
    for (const Interval &x : intervals({-kInfinity, -4, -1, -0.5, 0, 0.25, 0.5, 1, 2, 5, kInfinity})) {
      if (!x.within({row.domain.low, row.domain.high, false, false}))
        continue;
      Interval image = row.image(x);
      CAPTURE(row.name, x.low, x.high, x.lowOpen, x.highOpen, image.low, image.high);
      CHECK(image.within(row.range));
      std::vector<double> inside = numbers(x);
      for (double k = -40; k <= 40; ++k)
        if (contains(x, k / 4))
          inside.push_back(k / 4);
      for (double v : inside)
        if (contains(row.domain, v) && std::isfinite(row.value(v)) && !isSaturated(row, row.value(v)))
          CHECK(contains(image, row.value(v)));
      if (x.within(row.injectiveOn) && std::isfinite(x.low) && std::isfinite(x.high) && x.low < x.high) {
        double low = row.value(row.increasing ? x.low : x.high), high = row.value(row.increasing ? x.high : x.low);
        CHECK((!std::isfinite(low) || isClose(image.low, low, 1e-9)));
        CHECK((!std::isfinite(high) || isClose(image.high, high, 1e-9)));
      }
    }
}

TEST_CASE("the solver's terms are the functions", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row))
      if (!row.term.empty()) {
        CAPTURE(row.name, x);
        CHECK(isClose(valueOf(row.term, {{'x', x}}), row.value(x), 1e-12));
      }
}

TEST_CASE("values far out are finite where they can be, so that no bound rests on an overflow", "[table]") {
  for (const Row &row : rows())
    for (double x : {800.0, 1e4, 1e10}) {
      bool grows = row.name == "exp" || row.name == "expm1" || row.name == "sinh" || row.name == "cosh";
      CAPTURE(row.name, x);
      if (contains(row.domain, x) && !grows)
        CHECK(std::isfinite(row.value(x)));
    }
}

TEST_CASE("lemmas hold", "[table]") {
  for (const Row &row : rows())
    for (double x : arguments(row)) {
      double y = row.value(x);
      if (row.lemma.empty() || isSaturated(row, y))
        continue;
      CAPTURE(row.name, row.lemma, x, y);
      CHECK(holds(row.lemma, {{'x', x}, {'y', y}}));
    }
}

TEST_CASE("lemmas of pairs hold", "[table]") {
  for (const Row &row : rows()) {
    if (row.pairLemma.empty())
      continue;
    for (double x : arguments(row))
      for (double u : {-x, 1 - x, 2 * x, x / 2, x, 0.5, 1.0, 2.0}) {
        double y = row.value(x), v = row.value(u);
        if (!contains(row.domain, u) || !std::isfinite(v) || isSaturated(row, y) || isSaturated(row, v))
          continue;
        CAPTURE(row.name, row.pairLemma, x, u);
        CHECK(holds(row.pairLemma, {{'x', x}, {'y', y}, {'u', u}, {'v', v}}));
      }
  }
}

TEST_CASE("identities of two functions hold", "[table]") {
  for (const Identity &identity : identities()) {
    const Row &f = rowOf(identity.f), &g = rowOf(identity.g);
    for (double x : arguments(f)) {
      double y = f.value(x);
      for (double u : {x, -x, 2 * x, x / 2, x - 1, 1 - x, y}) {
        double v = g.value(u);
        if (!contains(g.domain, u) || !std::isfinite(v) || isSaturated(f, y) || isSaturated(g, v) || std::abs(x) > 8)
          continue;
        CAPTURE(identity.f, identity.g, identity.text, x, u);
        CHECK(holds(identity.text, {{'x', x}, {'y', y}, {'u', u}, {'v', v}}));
      }
    }
  }
}

TEST_CASE("limits at the ends are approached", "[table]") {
  for (const Row &row : rows())
    for (bool high : {false, true}) {
      double end = high ? row.domain.high : row.domain.low;
      auto limit = row.limit(end);
      if (!limit)
        continue;
      double near = std::isinf(end) ? (high ? 1 : -1) * 600.0 : end + (high ? -1 : 1) * 1e-12;
      double nearer = std::isinf(end) ? (high ? 1 : -1) * 700.0 : end + (high ? -1 : 1) * 1e-15;
      CAPTURE(row.name, end, *limit);
      if (std::isinf(*limit))
        CHECK((*limit > 0 ? row.value(nearer) > row.value(near) && row.value(near) > 2
                          : row.value(nearer) < row.value(near) && row.value(near) < -2));
      else
        CHECK(isClose(row.value(near), *limit, 2e-3));
    }
}

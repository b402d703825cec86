// SPDX-License-Identifier: MIT
//
// Intervals: never too small, and no larger than they need be where a proof depends on it.

#include "Samples.h"

#include <catch2/catch.hpp>

using namespace flowc::flow;
using namespace flowc::test;

TEST_CASE("an attained zero annihilates, an open one does not", "[interval]") {
  CHECK(Interval::open(0, kInfinity) * Interval::closed(0, 1) == Interval{0, kInfinity, false, true});
  CHECK((Interval::open(0, kInfinity) * Interval::open(0, 1)).isPositive());
  CHECK(Interval::all() * Interval::point(0) == Interval::point(0));
  CHECK((Interval::open(0, 1) + Interval::closed(0, 1)).isPositive());
  CHECK((Interval::closed(0, 1) + Interval::open(0, 1)).isPositive());
  CHECK_FALSE((Interval::closed(0, 1) + Interval::closed(0, 1)).isNonZero());
  CHECK((-Interval::open(0, kInfinity)).isNegative());
}

TEST_CASE("ends are rounded outwards, unless they are exact", "[interval]") {
  Interval sum = Interval::point(1) + Interval::point(0x1p-60);
  CHECK(sum.low <= 1);
  CHECK(sum.high > 1);
  CHECK((sum + Interval::point(-1)).high >= 0x1p-60);
  Interval third = reciprocal(Interval::point(3));
  CHECK(third.low < third.high);
  CHECK((third * Interval::point(3)).within({0.9, 1.1, true, true}));
  CHECK(contains(third * Interval::point(3), 1));
  CHECK(Interval::point(0.5) + Interval::point(0.25) == Interval::point(0.75));
  CHECK(Interval::point(3) * Interval::point(-0.5) == Interval::point(-1.5));
  CHECK(reciprocal(Interval::point(4)) == Interval::point(0.25));
  // Tiny and huge numbers.
  Interval tiny = Interval::point(1e-200) * Interval::point(1e-200);
  CHECK(tiny.high > 0);
  CHECK(tiny.low <= 0);
  Interval huge = Interval::point(1e300) * Interval::point(1e300);
  CHECK(std::isfinite(huge.low));
  CHECK(huge.high == kInfinity);
}

TEST_CASE("hull, intersection and containment", "[interval]") {
  for (const Interval &a : intervals())
    for (const Interval &b : intervals()) {
      Interval both = hull(a, b), common = intersection(a, b);
      CHECK(a.within(both));
      CHECK(b.within(both));
      bool within = true;
      for (double v : numbers(a)) {
        CHECK(contains(both, v));
        within &= contains(b, v);
        if (contains(b, v))
          CHECK(contains(common, v));
      }
      if (a.within(b))
        CHECK(within);
    }
}

TEST_CASE("the signs are what they say", "[interval]") {
  for (const Interval &a : intervals())
    for (double v : numbers(a)) {
      if (a.isPositive())
        CHECK(v > 0);
      if (a.isNegative())
        CHECK(v < 0);
    }
}

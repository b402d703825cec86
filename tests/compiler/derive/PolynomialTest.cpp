// SPDX-License-Identifier: MIT
//
// What is proved positive is positive wherever it is tried: random polynomials over random intervals, closed ends included.

#include "compiler/Derive/Polynomial.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>

namespace {

using namespace flowc;
using flow::Interval;

constexpr Interval kRanges[] = {
    {0, 1, true, true},
    {0, 1, false, false},
    {-1, 1, true, true},
    {-1, 1, false, false},
    {0, flow::kInfinity, true, true},
    {-1, flow::kInfinity, true, true},
    {0, flow::kInfinity, false, true},
    {-flow::kInfinity, -2, true, false},
    Interval{},
};

/// A point of the interval; its ends, where they belong to it, are as likely as the inside.
double pick(const Interval &range, std::mt19937 &random) {
  double low = std::max(range.low, -9.0), high = std::min(range.high, 9.0), share = random() % 4;
  if (share == 0 && !range.lowOpen)
    return low;
  if (share == 1 && !range.highOpen)
    return high;
  return low + (high - low) * std::uniform_real_distribution<double>(0.001, 0.999)(random);
}

double evaluate(const Polynomial &polynomial, const std::vector<double> &at) {
  double total = 0;
  for (auto [monomial, coefficient] : polynomial.terms()) {
    for (auto [atom, exponent] : monomial)
      coefficient *= std::pow(at[atom], exponent);
    total += coefficient;
  }
  return total;
}

} // namespace

TEST_CASE("a polynomial that is proved positive is so everywhere") {
  std::mt19937 random(1);
  int proved = 0, notNegative = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::vector<Interval> ranges;
    for (int atom = 0; atom < 3; ++atom)
      ranges.push_back(kRanges[random() % std::size(kRanges)]);
    Polynomial polynomial(int(random() % 5) - 1);
    for (int term = 0; term < 3; ++term) {
      Polynomial product(int(random() % 5) - 2);
      for (unsigned atom = 0; atom < 3; ++atom)
        if (int exponent = random() % 3; exponent && random() % 2)
          product = product * Polynomial::atom(atom, exponent);
      polynomial = polynomial + product;
    }
    Positivity found = positivity(polynomial, [&](unsigned atom) { return ranges[atom]; });
    proved += found == Positivity::Positive;
    notNegative += found == Positivity::NonNegative;
    for (int point = 0; point < 20 && found != Positivity::Unknown; ++point) {
      std::vector<double> at;
      for (const Interval &range : ranges)
        at.push_back(pick(range, random));
      double value = evaluate(polynomial, at);
      REQUIRE((found == Positivity::Positive ? value > 0 : value >= -1e-12));
    }
  }
  CHECK(proved > 1000);
  CHECK(notNegative > 100);
}

TEST_CASE("a square of what may be 0 is not positive") {
  auto any = [](unsigned) { return Interval::all(); };
  CHECK(positivity(Polynomial::atom(0, 2), any) == Positivity::NonNegative);
  CHECK(positivity(Polynomial::atom(0, 2) + Polynomial(1), any) == Positivity::Positive);
}

TEST_CASE("planar's slope is positive for a squashing function") {
  // 1 + (1 - t^2) (p - 1) for -1 < t < 1 and p > 0
  Polynomial t = Polynomial::atom(0), p = Polynomial::atom(1), one(1);
  Polynomial slope = one + (one + -1.0 * (t * t)) * (p + -1.0 * one);
  Interval ranges[] = {Interval::open(-1, 1), Interval::open(0, flow::kInfinity)};
  CHECK(positivity(slope, [&](unsigned atom) { return ranges[atom]; }) == Positivity::Positive);
  ranges[1] = Interval::open(-1, flow::kInfinity);
  CHECK(positivity(slope, [&](unsigned atom) { return ranges[atom]; }) == Positivity::Unknown);
}

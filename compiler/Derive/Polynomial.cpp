// SPDX-License-Identifier: MIT

#include "compiler/Derive/Polynomial.h"

#include <algorithm>
#include <cmath>

using namespace flowc::flow;

namespace flowc {

Polynomial Polynomial::atom(unsigned atom, int exponent) {
  Polynomial result;
  result.add({{atom, exponent}}, 1);
  return result;
}

void Polynomial::add(const Monomial &monomial, double coefficient) {
  double &total = coefficients[monomial];
  // What is left of a difference of equal decimal fractions is rounding.
  constexpr double kRounding = 1e-14;
  double sum = total + coefficient, size = std::abs(total) + std::abs(coefficient);
  total = sum;
  if (std::abs(sum) <= kRounding * size)
    coefficients.erase(monomial);
}

std::optional<double> Polynomial::constant() const {
  if (coefficients.empty())
    return 0;
  if (coefficients.size() == 1 && coefficients.begin()->first.empty())
    return coefficients.begin()->second;
  return std::nullopt;
}

static Monomial multiply(const Monomial &a, const Monomial &b) {
  std::map<unsigned, int> exponents(a.begin(), a.end());
  for (auto [atom, exponent] : b)
    exponents[atom] += exponent;
  return {exponents.begin(), exponents.end()};
}

Polynomial operator+(const Polynomial &a, const Polynomial &b) {
  Polynomial sum = a;
  for (const auto &[monomial, coefficient] : b.terms())
    sum.add(monomial, coefficient);
  return sum;
}

Polynomial operator*(const Polynomial &a, const Polynomial &b) {
  Polynomial product;
  for (const auto &[left, c] : a.terms())
    for (const auto &[right, d] : b.terms())
      product.add(multiply(left, right), c * d);
  return product;
}

Polynomial operator*(double a, const Polynomial &b) { return Polynomial(a) * b; }

static int powerOf(const Monomial &monomial, unsigned atom) {
  for (auto [a, exponent] : monomial)
    if (a == atom)
      return exponent;
  return 0;
}

static Monomial without(const Monomial &monomial, unsigned atom) {
  Monomial rest;
  std::copy_if(monomial.begin(), monomial.end(), std::back_inserter(rest), [&](auto f) { return f.first != atom; });
  return rest;
}

int Polynomial::onlyPower(unsigned atom) const {
  int power = 0;
  for (const auto &[monomial, coefficient] : coefficients) {
    int here = powerOf(monomial, atom);
    if (here && power && here != power)
      return 0;
    power = here ? here : power;
  }
  return power;
}

int Polynomial::leastPower(unsigned atom) const {
  int least = std::numeric_limits<int>::max();
  for (const auto &[monomial, coefficient] : coefficients)
    least = std::min(least, powerOf(monomial, atom));
  return least;
}

void Polynomial::divide(unsigned atom, int exponent) {
  std::map<Monomial, double> divided;
  for (const auto &[monomial, coefficient] : coefficients) {
    Monomial rest = without(monomial, atom);
    if (int left = powerOf(monomial, atom) - exponent)
      rest = multiply(rest, {{atom, left}});
    divided[rest] = coefficient;
  }
  coefficients = std::move(divided);
}

Polynomial Polynomial::substitute(unsigned atom, int power, const Polynomial &value) const {
  Polynomial result;
  for (const auto &[monomial, coefficient] : coefficients) {
    Polynomial rest;
    rest.add(without(monomial, atom), coefficient);
    result = result + (powerOf(monomial, atom) == power ? rest * value : rest);
  }
  return result;
}

std::vector<unsigned> Polynomial::atoms() const {
  std::vector<unsigned> all;
  for (const auto &[monomial, coefficient] : coefficients)
    for (auto [atom, exponent] : monomial)
      all.push_back(atom);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::optional<unsigned> Polynomial::soleAtom() const {
  if (coefficients.size() != 1)
    return std::nullopt;
  const auto &[monomial, coefficient] = *coefficients.begin();
  bool sole = coefficient == 1 && monomial.size() == 1 && monomial[0].second == 1;
  return sole ? std::optional(monomial[0].first) : std::nullopt;
}

//===- proofs -----------------------------------------------------------------------------------------------------===//

namespace {

using RangeOf = llvm::function_ref<Interval(unsigned)>;

bool isNonNegative(const Interval &a) { return a.low >= 0; }

/// x^power for x in `a`.
Interval powerRange(const Interval &a, int power) {
  if (power % 2 || isNonNegative(a)) {
    Interval result = a;
    for (int k = 1; k < power; ++k)
      result = result * a;
    return result;
  }
  double largest = std::max(std::abs(a.low), std::abs(a.high));
  bool open = (std::abs(a.low) < largest || a.lowOpen) && (std::abs(a.high) < largest || a.highOpen);
  double end = std::pow(largest, power);
  bool zero = !a.isNonZero();
  return {0, end, !zero, open || std::isinf(end)};
}

/// A finite number of monomials, each of known sign.
Positivity bySigns(const Polynomial &polynomial, RangeOf rangeOf) {
  Positivity result = Positivity::NonNegative;
  for (const auto &[monomial, coefficient] : polynomial.terms()) {
    Interval value = Interval::point(coefficient);
    for (auto [atom, exponent] : monomial)
      value = value * powerRange(rangeOf(atom), exponent);
    if (value.isPositive())
      result = Positivity::Positive;
    else if (!isNonNegative(value))
      return Positivity::Unknown;
  }
  return result;
}

/// Of an affine function: between two ends, from what it is there.
Positivity between(Positivity low, Positivity high, const Interval &range) {
  if (low == Positivity::Unknown || high == Positivity::Unknown)
    return Positivity::Unknown;
  bool lowFits = range.lowOpen || low == Positivity::Positive, highFits = range.highOpen || high == Positivity::Positive;
  bool some = low == Positivity::Positive || high == Positivity::Positive;
  return lowFits && highFits && some ? Positivity::Positive : Positivity::NonNegative;
}

Positivity prove(const Polynomial &polynomial, RangeOf rangeOf, int depth) {
  Positivity best = bySigns(polynomial, rangeOf);
  if (best == Positivity::Positive || depth == 0)
    return best;
  for (unsigned atom : polynomial.atoms()) {
    int power = polynomial.onlyPower(atom);
    if (power == 0 || (power > 1 && power % 2))
      continue;
    Interval range = power == 1 ? rangeOf(atom) : powerRange(rangeOf(atom), power);
    bool below = std::isfinite(range.low), above = std::isfinite(range.high);
    Positivity found = Positivity::Unknown;
    if (below && above) {
      Positivity low = prove(polynomial.substitute(atom, power, Polynomial(range.low)), rangeOf, depth - 1);
      if (low != Positivity::Unknown)
        found = between(low, prove(polynomial.substitute(atom, power, Polynomial(range.high)), rangeOf, depth - 1), range);
    } else if (power == 1 && (below || above) && (below ? range.low : range.high) != 0) {
      // The distance from the end stands in for the atom.
      double end = below ? range.low : range.high, direction = below ? 1 : -1;
      Interval distance{0, kInfinity, below ? range.lowOpen : range.highOpen, true};
      Polynomial moved = polynomial.substitute(atom, 1, Polynomial(end) + direction * Polynomial::atom(atom));
      found = prove(moved, [&](unsigned a) { return a == atom ? distance : rangeOf(a); }, depth - 1);
    }
    if (found == Positivity::Positive)
      return found;
    best = std::max(best, found);
  }
  return best;
}

} // namespace

Positivity positivity(const Polynomial &polynomial, llvm::function_ref<Interval(unsigned)> rangeOf) {
  // Every step takes an atom out or makes it positive; formulas have few.
  constexpr int kMostSteps = 6;
  return prove(polynomial, rangeOf, kMostSteps);
}

} // namespace flowc

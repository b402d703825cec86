// SPDX-License-Identifier: MIT
//
// Polynomials in atoms, and the proof that one is positive. An atom is anything that algebra does not look into; all
// that is known of it is an interval.

#pragma once

#include "compiler/Dialect/Flow/Interval.h"

#include "llvm/ADT/STLFunctionalExtras.h"

#include <map>
#include <optional>
#include <vector>

namespace flowc {

/// Atoms with their exponents (at least 1), ascending.
using Monomial = std::vector<std::pair<unsigned, int>>;

/// A sum of monomials with real coefficients, none of them 0.
class Polynomial {
public:
  Polynomial() = default;
  explicit Polynomial(double constant) { add({}, constant); }
  static Polynomial atom(unsigned atom, int exponent = 1);

  const std::map<Monomial, double> &terms() const { return coefficients; }
  void add(const Monomial &monomial, double coefficient);
  /// The number that this is, if it is one.
  std::optional<double> constant() const;
  /// The atom with its value put in; its powers must be 1, or all of them `power`, which counts as one.
  Polynomial substitute(unsigned atom, int power, const Polynomial &value) const;
  /// The exponents with which the atom occurs are 0 and this one; 0 if there are others.
  int onlyPower(unsigned atom) const;
  /// Divides every monomial by atom^exponent.
  void divide(unsigned atom, int exponent);
  /// The least exponent of the atom.
  int leastPower(unsigned atom) const;
  std::vector<unsigned> atoms() const;
  /// The atom that this is, if it is one.
  std::optional<unsigned> soleAtom() const;

  bool operator==(const Polynomial &) const = default;

private:
  std::map<Monomial, double> coefficients;
};

Polynomial operator+(const Polynomial &a, const Polynomial &b);
Polynomial operator*(const Polynomial &a, const Polynomial &b);
Polynomial operator*(double a, const Polynomial &b);

/// What is known of a polynomial's sign over all values that its atoms can have.
enum class Positivity { Unknown, NonNegative, Positive };

/// Proves that a polynomial is positive, or at least not negative.
///
/// A sum of monomials of known sign shows it at once. Else an atom in which the polynomial is affine and that lies in
/// an interval is taken out: on a finite interval an affine function is positive if it is at both ends; on a < x the
/// polynomial in x - a is looked at, which is positive. An atom that stands in one even power only counts as that
/// power.
Positivity positivity(const Polynomial &polynomial, llvm::function_ref<flow::Interval(unsigned)> rangeOf);

} // namespace flowc

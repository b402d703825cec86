// SPDX-License-Identifier: MIT

#include "compiler/Derive/Algebra.h"

#include "compiler/Derive/Blocks.h"

#include "compiler/Dialect/Flow/Expr.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// Beyond this many terms a formula is an atom: proofs are for formulas that a person wrote.
constexpr size_t kMostTerms = 100;

/// Divides both sides by the powers of atoms that all their monomials have in common, and by the denominator if it is a
/// number.
Fraction reduced(Polynomial numerator, Polynomial denominator) {
  for (unsigned atom : denominator.atoms())
    if (int common = std::min(numerator.leastPower(atom), denominator.leastPower(atom)); common > 0 && !numerator.terms().empty()) {
      numerator.divide(atom, common);
      denominator.divide(atom, common);
    }
  if (!numerator.terms().empty() && !denominator.terms().empty()) {
    double ratio = numerator.terms().begin()->second / denominator.terms().begin()->second;
    if (numerator == ratio * denominator)
      return {Polynomial(ratio), Polynomial(1)};
  }
  if (auto number = denominator.constant(); number && *number != 0)
    return {1 / *number * numerator, Polynomial(1)};
  return {std::move(numerator), std::move(denominator)};
}

Fraction operator+(const Fraction &a, const Fraction &b) {
  if (a.denominator == b.denominator)
    return reduced(a.numerator + b.numerator, a.denominator);
  return reduced(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

Fraction operator*(const Fraction &a, const Fraction &b) { return reduced(a.numerator * b.numerator, a.denominator * b.denominator); }

Fraction operator/(const Fraction &a, const Fraction &b) { return reduced(a.numerator * b.denominator, a.denominator * b.numerator); }

Fraction negative(const Fraction &a) { return {-1.0 * a.numerator, a.denominator}; }

Fraction number(double value) { return {Polynomial(value), Polynomial(1)}; }

} // namespace

int Algebra::sign(Value value) {
  Fraction fraction = read(value);
  auto range = [&](unsigned atom) { return atoms[atom].range; };
  auto signOf = [&](const Polynomial &polynomial) {
    if (positivity(polynomial, range) == Positivity::Positive)
      return 1;
    return positivity(-1.0 * polynomial, range) == Positivity::Positive ? -1 : 0;
  };
  return signOf(fraction.numerator) * signOf(fraction.denominator);
}

std::optional<double> Algebra::constant(Value value) {
  Fraction fraction = read(value);
  if (!fraction.denominator.constant())
    return std::nullopt;
  return fraction.numerator.constant();
}

Value Algebra::collapsed(OpBuilder &builder, Value value, size_t most) {
  Fraction fraction = read(value);
  if (!fraction.denominator.constant() || fraction.numerator.terms().size() > most)
    return {};
  Location loc = value.getLoc();
  std::optional<Expr> total;
  for (const auto &[monomial, coefficient] : fraction.numerator.terms())
    for (auto [atom, exponent] : monomial)
      if (!atoms[atom].value || atoms[atom].value == value || exponent > 1)
        return {};
  // The constant, which is the first, comes last.
  for (const auto &[monomial, coefficient] : llvm::reverse(fraction.numerator.terms())) {
    double size = total ? std::abs(coefficient) : coefficient;
    Expr term(builder, loc, constantOf(builder, loc, value.getType(), size));
    for (auto [atom, exponent] : monomial)
      term = term * Expr(builder, loc, shapedLike(builder, atoms[atom].value, value));
    total = !total ? term : coefficient < 0 ? *total - term : *total + term;
  }
  return total ? static_cast<Value>(*total) : constantOf(builder, loc, value.getType(), 0);
}

/// Equal ops on equal operands have one number.
unsigned Algebra::numberOf(Value value) {
  if (auto found = numbers.find(value); found != numbers.end())
    return found->second;
  Operation *op = value.getDefiningOp();
  std::string key = op && isPure(op) && op->getNumRegions() == 0 ? op->getName().getStringRef().str() : "";
  if (key.empty())
    key = "value " + std::to_string(reinterpret_cast<uintptr_t>(value.getAsOpaquePointer()));
  else {
    key += " " + std::to_string(reinterpret_cast<uintptr_t>(op->getAttrDictionary().getAsOpaquePointer()));
    for (Value operand : op->getOperands())
      key += " " + std::to_string(numberOf(operand));
  }
  return numbers[value] = numberByKey.try_emplace(key, numberByKey.size()).first->second;
}

unsigned Algebra::atomFor(const std::string &key, const Interval &range, bool isVector, Value value) {
  auto [it, inserted] = atomByKey.try_emplace(key, atoms.size());
  if (inserted)
    atoms.push_back({range, isVector, value});
  else if (!atoms[it->second].value)
    atoms[it->second].value = value;
  return it->second;
}

Fraction Algebra::atomOf(Value value) {
  unsigned atom = atomFor("op " + std::to_string(numberOf(value)), inferRange(value, ranges), elementCount(value) > 1, value);
  return {Polynomial::atom(atom), Polynomial(1)};
}

bool Algebra::variesByElement(const Polynomial &polynomial) const {
  return llvm::any_of(polynomial.atoms(), [&](unsigned atom) { return atoms[atom].isVector; });
}

/// sum over i of c p[i] = c times the atom sum(p), for every monomial p in what varies by element.
Fraction Algebra::sumOf(const Fraction &vector, int64_t count, Operation *op) {
  if (count == 1)
    return vector;
  if (variesByElement(vector.denominator))
    return atomOf(op->getResult(0));
  Polynomial total;
  for (const auto &[monomial, coefficient] : vector.numerator.terms()) {
    Polynomial scalar(coefficient);
    std::string key = "sum";
    bool even = true, varies = false;
    for (auto [atom, exponent] : monomial) {
      if (!atoms[atom].isVector) {
        scalar = scalar * Polynomial::atom(atom, exponent);
        continue;
      }
      key += " " + std::to_string(atom) + "^" + std::to_string(exponent);
      even &= exponent % 2 == 0;
      varies = true;
    }
    Interval range = even ? Interval{0, kInfinity, false, true} : Interval::all();
    // The op itself is this atom if it sums nothing else.
    bool same = vector.numerator.terms().size() == 1 && coefficient == 1 && scalar.constant() && vector.denominator.constant();
    Value value = same ? op->getResult(0) : Value();
    total = total + scalar * (varies ? Polynomial::atom(atomFor(key, range, false, value)) : Polynomial(count));
  }
  return reduced(total, vector.denominator);
}

Fraction Algebra::read(Value value) {
  if (auto found = known.find(value); found != known.end())
    return found->second;
  Fraction fraction;
  Operation *op = value.getDefiningOp();
  if (auto constant = constantValue(value))
    fraction = number(*constant);
  else if (op && !given.contains(value) && reach > 0) {
    --reach;
    fraction = readOp(op);
    ++reach;
  } else
    fraction = atomOf(value);
  if (fraction.numerator.terms().size() > kMostTerms || fraction.denominator.terms().size() > kMostTerms)
    fraction = atomOf(value);
  known[value] = fraction;
  return fraction;
}

Fraction Algebra::readOp(Operation *op) {
  auto operand = [&](unsigned k) { return read(op->getOperand(k)); };
  if (isa<arith::AddFOp>(op))
    return operand(0) + operand(1);
  if (isa<arith::SubFOp>(op))
    return operand(0) + negative(operand(1));
  if (isa<arith::NegFOp>(op))
    return negative(operand(0));
  if (isa<arith::MulFOp>(op))
    return operand(0) * operand(1);
  if (isa<arith::DivFOp>(op) && !operand(1).numerator.terms().empty())
    return operand(0) / operand(1);
  if (isa<SquareOp>(op))
    return operand(0) * operand(0);
  if (isa<CubeOp>(op))
    return operand(0) * operand(0) * operand(0);
  if (isa<SplatOp, DetachOp>(op))
    return operand(0);
  if (auto sum = dyn_cast<SumOp>(op))
    return sumOf(operand(0), elementCount(sum.getVector()), op);
  if (auto fact = dyn_cast<ConstrainedOp>(op)) {
    Fraction of = operand(0);
    // A fact about an atom holds wherever the atom stands. Of others it counts only where it says more than the operand shows.
    if (auto atom = of.denominator.constant() == 1 ? of.numerator.soleAtom() : std::nullopt) {
      atoms[*atom].range = intersection(atoms[*atom].range, fact.inferRange({Interval::all()}));
      return of;
    }
    if (inferRange(fact.getValue(), ranges).within(fact.inferRange({Interval::all()})))
      return of;
  }
  return atomOf(op->getResult(0));
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Dialect/Flow/Limit.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/FlowDialect.h"

#include <cmath>

using namespace mlir;

namespace flowc::flow {
namespace {

/// The number that a limit is known to be.
std::optional<double> numberOf(const Limit &a) { return a.kind == Limit::Finite ? constantValue(a.value) : std::nullopt; }

Limit infinity(int sign) { return sign > 0 ? Limit::plusInfinity() : Limit::minusInfinity(); }

/// A number that arithmetic gives without rounding.
std::optional<double> exactly(const Interval &range) {
  return range.low == range.high ? std::optional(range.low) : std::nullopt;
}

/// A number counts as what grows with power 0.
std::optional<Limit::Growth> growthOf(const Limit &a) {
  if (a.growth)
    return a.growth;
  auto number = numberOf(a);
  return number && *number != 0 ? std::optional(Limit::Growth{*number, 0, true}) : std::nullopt;
}

/// What grows so.
Limit growing(OpBuilder &builder, Location loc, const Limit::Growth &growth) {
  if (growth.power == 0)
    return Limit::number(builder, loc, growth.coefficient);
  Limit limit = growth.power > 0 ? infinity(growth.coefficient > 0 ? 1 : -1) : Limit::number(builder, loc, 0);
  limit.growth = growth;
  return limit;
}

/// The sum of two infinities, as far as their growths tell: the larger power wins.
std::optional<Limit> sumOfGrowths(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
  if (!a.growth || !b.growth)
    return std::nullopt;
  if (a.growth->power != b.growth->power) {
    Limit::Growth larger = a.growth->power > b.growth->power ? *a.growth : *b.growth;
    larger.whole = false;
    return growing(builder, loc, larger);
  }
  auto coefficient = exactly(Interval::point(a.growth->coefficient) + Interval::point(b.growth->coefficient));
  bool whole = a.growth->whole && b.growth->whole;
  if (!coefficient || (*coefficient == 0 && !whole))
    return std::nullopt;
  if (*coefficient == 0)
    return Limit::number(builder, loc, 0);
  return growing(builder, loc, {*coefficient, a.growth->power, whole});
}

/// Nothing where neither grows, or the coefficient is no number exactly.
std::optional<Limit> productOfGrowths(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
  auto x = growthOf(a), y = growthOf(b);
  if (!x || !y || !(a.growth || b.growth))
    return std::nullopt;
  auto coefficient = exactly(Interval::point(x->coefficient) * Interval::point(y->coefficient));
  if (!coefficient)
    return std::nullopt;
  bool whole = x->whole && y->whole && !(a.growth && b.growth);
  return growing(builder, loc, {*coefficient, x->power + y->power, whole});
}

} // namespace

int signOf(const Limit &a) {
  if (a.kind != Limit::Finite)
    return a.kind == Limit::PlusInfinity ? 1 : a.kind == Limit::MinusInfinity ? -1 : 0;
  llvm::DenseMap<Value, Interval> given;
  Interval range = inferRange(a.value, given);
  return range.isPositive() ? 1 : range.isNegative() ? -1 : 0;
}

Limit Limit::atEnd(OpBuilder &builder, Location loc, double end) {
  return std::isinf(end) ? growing(builder, loc, {end > 0 ? 1.0 : -1.0, kPowers, true}) : number(builder, loc, end);
}

std::optional<Limit::Growth> powerOf(const Limit::Growth &growth, double exponent, int sign) {
  // A whole power, or a whole root whose power it is.
  bool root = exponent < 1;
  int64_t n = std::lround(root ? 1 / exponent : exponent);
  double base = std::abs(growth.coefficient), result = std::pow(base, exponent);
  Interval product = Interval::point(1);
  for (int64_t k = 0; k < n; ++k)
    product = product * Interval::point(root ? result : base);
  if (exactly(product) != (root ? base : result) || (root && growth.power % n != 0))
    return std::nullopt;
  return Limit::Growth{sign * result, root ? growth.power / n : growth.power * n, n == 1 && growth.whole};
}

Limit Limit::number(OpBuilder &builder, Location loc, double value) {
  if (std::isinf(value))
    return infinity(value > 0 ? 1 : -1);
  return finite(constantOf(builder, loc, builder.getF64Type(), value));
}

Limit Limit::negated(OpBuilder &builder, Location loc) const {
  if (growth)
    return growing(builder, loc, {-growth->coefficient, growth->power, growth->whole});
  if (isInfinite())
    return infinity(-signOf(*this));
  if (auto number = numberOf(*this))
    return Limit::number(builder, loc, -*number);
  return kind == Finite ? finite(-Expr(builder, loc, value)) : *this;
}

Limit sumOf(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
  // What is a number exactly is said as one: at an end of a domain it matters.
  if (auto x = numberOf(a), y = numberOf(b); x && y) {
    Interval sum = Interval::point(*x) + Interval::point(*y);
    if (sum.low == sum.high)
      return Limit::number(builder, loc, sum.low);
  }
  if (a.kind == Limit::Finite && b.kind == Limit::Finite)
    return Limit::finite(Expr(builder, loc, a.value) + Expr(builder, loc, b.value));
  if (a.isInfinite() && b.isInfinite()) {
    if (auto known = sumOfGrowths(builder, loc, a, b))
      return *known;
    return a.kind == b.kind ? a.withoutGrowth() : Limit::unknown();
  }
  for (const auto &[infinite, other] : {std::pair(&a, &b), std::pair(&b, &a)})
    if (infinite->isInfinite() && other->staysBounded()) {
      Limit sum = *infinite;
      if (sum.growth)
        sum.growth->whole &= numberOf(*other) == 0.0;
      return sum;
    }
  return a.staysBounded() && b.staysBounded() ? Limit::bounded() : Limit::unknown();
}

Limit productOf(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
  if (auto known = productOfGrowths(builder, loc, a, b))
    return *known;
  if ((numberOf(a) == 0.0 && b.staysBounded()) || (numberOf(b) == 0.0 && a.staysBounded()))
    return Limit::number(builder, loc, 0);
  if (auto x = numberOf(a), y = numberOf(b); x && y) {
    Interval product = Interval::point(*x) * Interval::point(*y);
    if (product.low == product.high)
      return Limit::number(builder, loc, product.low);
  }
  for (const auto &[factor, other] : {std::pair(&a, &b), std::pair(&b, &a)})
    if (auto x = numberOf(*factor); x == 1.0 || x == -1.0)
      return x == 1.0 ? *other : other->negated(builder, loc);
  if (a.kind == Limit::Finite && b.kind == Limit::Finite)
    return Limit::finite(Expr(builder, loc, a.value) * Expr(builder, loc, b.value));
  if (a.staysBounded() && b.staysBounded())
    return Limit::bounded();
  // One is infinite (or unknown): the other's sign decides, unless it may be 0.
  int sign = signOf(a) * signOf(b);
  return sign ? infinity(sign) : Limit::unknown();
}

Limit reciprocalOf(OpBuilder &builder, Location loc, const Limit &a) {
  if (a.isInfinite()) {
    Limit zero = Limit::number(builder, loc, 0);
    if (auto inverse = a.growth ? exactly(reciprocal(Interval::point(a.growth->coefficient))) : std::nullopt)
      zero.growth = Limit::Growth{*inverse, -a.growth->power, false};
    return zero;
  }
  if (a.kind == Limit::Finite && signOf(a))
    return Limit::finite(1.0 / Expr(builder, loc, a.value));
  return Limit::unknown();
}

Limit quotientOf(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
  // Two formulas stay one quotient, which reads better than a product and is proved to be a number more easily.
  if (a.kind == Limit::Finite && b.kind == Limit::Finite && !numberOf(a) && signOf(b))
    return Limit::finite(Expr(builder, loc, a.value) / Expr(builder, loc, b.value));
  return productOf(builder, loc, a, reciprocalOf(builder, loc, b));
}

} // namespace flowc::flow

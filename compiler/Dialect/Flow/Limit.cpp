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

} // namespace

int signOf(const Limit &a) {
  if (a.kind != Limit::Finite)
    return a.kind == Limit::PlusInfinity ? 1 : a.kind == Limit::MinusInfinity ? -1 : 0;
  llvm::DenseMap<Value, Interval> given;
  Interval range = inferRange(a.value, given);
  return range.isPositive() ? 1 : range.isNegative() ? -1 : 0;
}

Limit Limit::number(OpBuilder &builder, Location loc, double value) {
  if (std::isinf(value))
    return infinity(value > 0 ? 1 : -1);
  return finite(constantOf(builder, loc, builder.getF64Type(), value));
}

Limit Limit::negated(OpBuilder &builder, Location loc) const {
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
  if (a.isInfinite() && (b.staysBounded() || b.kind == a.kind))
    return a;
  if (b.isInfinite() && a.staysBounded())
    return b;
  return a.staysBounded() && b.staysBounded() ? Limit::bounded() : Limit::unknown();
}

Limit productOf(OpBuilder &builder, Location loc, const Limit &a, const Limit &b) {
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
  if (a.isInfinite())
    return Limit::number(builder, loc, 0);
  if (a.kind == Limit::Finite && signOf(a))
    return Limit::finite(1.0 / Expr(builder, loc, a.value));
  return Limit::unknown();
}

} // namespace flowc::flow

// SPDX-License-Identifier: MIT

#include "tests/fuzz/Number.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace flowc::fuzz {
namespace {

using Real = long double;
constexpr Real kInfinity = std::numeric_limits<Real>::infinity(), kRounding = 4 * std::numeric_limits<Real>::epsilon(),
               kTiny = std::numeric_limits<Real>::min(), kPi = 3.141592653589793238462643383279502884L;

Real normalCdf(Real x) { return std::erfc(-x / std::sqrt(Real(2))) / 2; }

/// By halving; from the nearer end, where the digits are.
Real normalQuantile(Real p) {
  if (p >= Real(0.5))
    return p == Real(0.5) ? 0 : -normalQuantile(1 - p);
  Real low = -150, high = 0;
  for (int step = 0; step < 200; ++step) {
    Real middle = (low + high) / 2;
    // Near 0 the distribution has no digits left for its distance from a half.
    bool below = p > Real(0.25) ? std::erf(middle / std::sqrt(Real(2))) < 2 * p - 1 : normalCdf(middle) < p;
    (below ? low : high) = middle;
  }
  return high;
}

Real sigmoid(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Real softplus(Real x) { return std::max(x, Real(0)) + std::log1p(std::exp(-std::abs(x))); }
Real normalDensity(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * kPi); }

/// One function: its value, its derivative at x with value y, and the open interval (or with its low end: `closed`)
/// that it takes.
struct Function {
  std::string_view name;
  Real (*value)(Real x);
  Real (*slope)(Real x, Real y);
  Real low = -kInfinity, high = kInfinity;
  bool closed = false;
};

const Function kFunctions[] = {
    {"neg", [](Real x) { return -x; }, [](Real, Real) -> Real { return -1; }},
    {"exp", [](Real x) { return std::exp(x); }, [](Real, Real y) { return y; }},
    {"log", [](Real x) { return std::log(x); }, [](Real x, Real) { return 1 / x; }, 0},
    {"log1p", [](Real x) { return std::log1p(x); }, [](Real x, Real) { return 1 / (1 + x); }, -1},
    {"expm1", [](Real x) { return std::expm1(x); }, [](Real x, Real) { return std::exp(x); }},
    {"sqrt", [](Real x) { return std::sqrt(x); }, [](Real, Real y) { return 1 / (2 * y); }, 0, kInfinity, true},
    {"cbrt", [](Real x) { return std::cbrt(x); }, [](Real, Real y) { return 1 / (3 * y * y); }},
    {"tanh", [](Real x) { return std::tanh(x); }, [](Real x, Real) { return 1 / (std::cosh(x) * std::cosh(x)); }},
    {"atanh", [](Real x) { return std::atanh(x); }, [](Real x, Real) { return 1 / ((1 - x) * (1 + x)); }, -1, 1},
    {"sinh", [](Real x) { return std::sinh(x); }, [](Real x, Real) { return std::cosh(x); }},
    {"cosh", [](Real x) { return std::cosh(x); }, [](Real x, Real) { return std::sinh(x); }},
    {"asinh", [](Real x) { return std::asinh(x); }, [](Real x, Real) { return 1 / std::hypot(Real(1), x); }},
    {"sin", [](Real x) { return std::sin(x); }, [](Real x, Real) { return std::cos(x); }},
    {"cos", [](Real x) { return std::cos(x); }, [](Real x, Real) { return -std::sin(x); }},
    {"atan", [](Real x) { return std::atan(x); }, [](Real x, Real) { return 1 / (1 + x * x); }},
    {"erf", [](Real x) { return std::erf(x); }, [](Real x, Real) { return 2 / std::sqrt(kPi) * std::exp(-x * x); }},
    {"abs", [](Real x) { return std::abs(x); }, [](Real x, Real) -> Real { return x < 0 ? -1 : 1; }},
    {"square", [](Real x) { return x * x; }, [](Real x, Real) { return 2 * x; }},
    {"cube", [](Real x) { return x * x * x; }, [](Real x, Real) { return 3 * x * x; }},
    {"sigmoid", sigmoid, [](Real x, Real) { return sigmoid(x) * sigmoid(-x); }},
    {"logit", [](Real x) { return std::log(x) - std::log1p(-x); }, [](Real x, Real) { return 1 / (x * (1 - x)); }, 0,
     1},
    {"softplus", softplus, [](Real x, Real) { return sigmoid(x); }},
    {"softplus_inverse", [](Real x) { return x + std::log(-std::expm1(-x)); },
     [](Real x, Real) { return -1 / std::expm1(-x); }, 0},
    {"normal_cdf", normalCdf, [](Real x, Real) { return normalDensity(x); }},
    {"normal_quantile", normalQuantile, [](Real, Real y) { return 1 / normalDensity(y); }, 0, 1},
};

bool isInside(const Function &function, Real x) {
  return (x > function.low || (function.closed && x == function.low)) && x < function.high;
}

Number unreliable() { return {std::numeric_limits<Real>::quiet_NaN(), 0, kInfinity}; }

/// x^p for x > 0, from its logarithm so that each exponent is as good as any other.
Real power(Real x, Real p) { return std::pow(x, p); }

} // namespace

bool Number::isReliable() const { return std::isfinite(value) && error < Real(1e-3) * (std::abs(value) + Real(1e-3)); }

Number applyUnary(std::string_view name, const Number &x, Mishaps &mishaps) {
  const Function &function = *std::ranges::find(kFunctions, name, &Function::name);
  if (std::isnan(x.value))
    return unreliable();
  if (!isInside(function, x.value - x.error) || !isInside(function, x.value + x.error)) {
    mishaps.perhapsUndefined |= !std::isinf(x.value);
    mishaps.undefined |= x.value + x.error < function.low || x.value - x.error > function.high ||
                         (x.error == 0 && !isInside(function, x.value) && std::isfinite(x.value));
    return unreliable();
  }
  Real y = function.value(x.value);
  if (!std::isfinite(y))
    return unreliable();
  // How far the value moves when the argument does.
  Real moved = 0;
  if (x.error > 0)
    moved = std::max(std::abs(function.value(x.value + x.error) - y), std::abs(function.value(x.value - x.error) - y));
  // (Farther out a 0 is an underflow.)
  bool exact = name == "neg" || name == "abs" || (x.error == 0 && y == 0 && std::abs(x.value) <= 1);
  return {y, x.slope == 0 ? 0 : function.slope(x.value, y) * x.slope,
          moved + (exact ? 0 : kRounding * std::abs(y) + kTiny)};
}

Number applyBinary(std::string_view name, const Number &a, const Number &b, Mishaps &mishaps) {
  if (std::isnan(a.value) || std::isnan(b.value))
    return unreliable();
  auto finish = [](Real value, Real slope, Real error) -> Number {
    if (!std::isfinite(value) || !std::isfinite(error))
      return unreliable();
    return {value, slope, error + kRounding * std::abs(value)};
  };
  if (name == "add")
    return finish(a.value + b.value, a.slope + b.slope, a.error + b.error);
  if (name == "sub")
    return finish(a.value - b.value, a.slope - b.slope, a.error + b.error);
  if (name == "mul") {
    bool underflow = a.value != 0 && b.value != 0 && std::abs(a.value * b.value) < kTiny;
    return finish(a.value * b.value, a.slope * b.value + a.value * b.slope,
                  std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error +
                      (underflow ? kTiny : 0));
  }
  if (name == "div") {
    if (std::abs(b.value) <= b.error) {
      mishaps.perhapsUndefined = true;
      mishaps.undefined |= b.value == 0 && b.error == 0;
      return unreliable();
    }
    Real quotient = a.value / b.value, least = std::abs(b.value) - b.error;
    return finish(quotient, (a.slope - quotient * b.slope) / b.value,
                  (a.error + std::abs(quotient) * b.error) / least + kTiny);
  }
  if (name == "pow") {
    if (a.value - a.error <= 0) {
      mishaps.perhapsUndefined = true;
      mishaps.undefined |= a.value + a.error < 0 || (a.value == 0 && a.error == 0);
      return unreliable();
    }
    Real y = power(a.value, b.value), moved = 0;
    for (Real base : {a.value - a.error, a.value + a.error})
      for (Real exponent : {b.value - b.error, b.value + b.error})
        moved = std::max(moved, std::abs(power(base, exponent) - y));
    Real slope = (a.slope == 0 ? 0 : a.slope * b.value * power(a.value, b.value - 1)) +
                 (b.slope == 0 ? 0 : b.slope * y * std::log(a.value));
    return finish(y, slope, moved + kTiny);
  }
  if (name == "max" || name == "min") {
    bool first = name == "max" ? a.value > b.value : a.value < b.value;
    Number chosen = first ? a : b;
    chosen.error = std::max(a.error, b.error);
    return chosen;
  }
  if (name == "less")
    return a.value < b.value;
  if (name == "less_equal")
    return a.value <= b.value;
  if (name == "greater")
    return a.value > b.value;
  return a.value >= b.value;
}

} // namespace flowc::fuzz

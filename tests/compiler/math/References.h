// SPDX-License-Identifier: MIT
//
// The functions in long double, where std:: has none or not an accurate one.

#pragma once

#include <cmath>

namespace flowc::testing {

using Real = long double;

inline constexpr Real kSqrtHalf = 0.70710678118654752440084436210484903928L;
inline constexpr Real kLog2 = 0.693147180559945309417232121458176568L;

inline Real sigmoid(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline Real softplus(Real x) { return (x > 0 ? x : 0) + std::log1p(std::exp(-std::fabs(x))); }
inline Real logit(Real p) {
  return p > 0.25L && p < 0.75L ? std::log1p((2 * p - 1) / (1 - p)) : std::log(p) - std::log1p(-p);
}
/// Near its zero at log 2, with log 2 in two parts.
inline Real softplusInverse(Real x) {
  if (std::fabs(x - kLog2) > 0.2L)
    return x > 60 ? x : std::log(std::expm1(x));
  return std::log1p(2 * std::expm1((x - 0x1.62e42fefa39efp-1L) - 2.3190468138462995584e-17L));
}
inline Real normalCdf(Real x) { return std::erfc(-x * kSqrtHalf) / 2; }

/// Newton's iteration on erf in the middle, on the logarithm of the lower tail elsewhere.
inline Real normalQuantile(Real p) {
  if (!(p >= 0 && p <= 1))
    return NAN;
  if (p == 0 || p == 1 || p == 0.5L)
    return p == 0.5L ? 0 : p == 0 ? -INFINITY : INFINITY;
  if (p > 0.5L)
    return -normalQuantile(1 - p);
  Real x = p < 0.1L ? -std::sqrt(-2 * std::log(p)) : (p - 0.5L) * 2.5066L;
  for (int i = 0; i < 50; ++i) {
    Real density = 0.39894228040143267793994605993438187L * std::exp(-x * x / 2), cdf = normalCdf(x);
    Real step = p > 0.25L ? (std::erf(x * kSqrtHalf) / 2 - (p - 0.5L)) / density : std::log(cdf / p) * cdf / density;
    x -= step;
    if (std::fabs(step) < 1e-19L * std::fabs(x))
      break;
  }
  return x;
}

} // namespace flowc::testing

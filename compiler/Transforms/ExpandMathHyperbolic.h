// SPDX-License-Identifier: MIT
//
// Hyperbolic functions and their inverses: tanh, sinh, cosh, asinh, acosh, atanh.
// The coefficients are minimax fits: tests/compiler/math/fit.py.

#pragma once

#include "compiler/Transforms/ExpandMathExpLog.h"

namespace flowc::kernels {

template <typename T> struct Hyperbolic;
template <> struct Hyperbolic<float> {
  static constexpr float tanh[] = {-0x1.555554p-2f, 0x1.111066p-3f,  -0x1.b9ee9p-5f,
                                   0x1.638b54p-6f,  -0x1.0bf4eap-7f, 0x1.18e1ap-9f};
  static constexpr float sinh[] = {0x1.555556p-3f, 0x1.111134p-7f, 0x1.9ffe94p-13f, 0x1.7a1596p-19f};
  /// tanh is 1 in this format from here on.
  static constexpr float saturated = 9.5f;
};
template <> struct Hyperbolic<double> {
  static constexpr double tanh[] = {-0x1.5555555555555p-2,  0x1.11111111110d1p-3,   -0x1.ba1ba1ba17357p-5,
                                    0x1.664f488183c12p-6,   -0x1.226e3529dc7e5p-7,  0x1.d6d3c5a9265bdp-9,
                                    -0x1.7da29483965fap-10, 0x1.354da4ded32dbp-11,  -0x1.f4bd19e9c9149p-13,
                                    0x1.919be4800c8dcp-14,  -0x1.333c8fcec2cf7p-15, 0x1.8bc2239c26cbep-17,
                                    -0x1.30e86b78ef271p-19};
  static constexpr double sinh[] = {0x1.5555555555555p-3,  0x1.1111111111111p-7,  0x1.a01a01a019fc1p-13,
                                    0x1.71de3a5573f7bp-19, 0x1.ae6456741b74dp-26, 0x1.61246afa3cfb1p-33,
                                    0x1.ae756e904faacp-41, 0x1.9a7942f27b1d1p-49};
  static constexpr double saturated = 20.0;
};
template <typename V> using HyperbolicOf = Hyperbolic<typename V::Scalar>;

/// tanh x = x + x^3 p(x^2) for |x| < 0.625, beyond that 1 - 2 / (e^(2|x|) + 1) with the sign of x.
template <typename V> V tanh(const V &x) {
  V a = abs(x), square = x * x;
  V near = fma(x * square, horner(square, HyperbolicOf<V>::tanh), x);
  V e = expOfReduced(reduceExp(atMost(a, HyperbolicOf<V>::saturated) * 2.0));
  V far = copysign(x.of(1.0) - x.of(2.0) / (e + 1.0), x);
  return select(a < FormatOf<V>::tiny, x, select(a < 0.625, near, far));
}

/// sinh x = x + x^3 p(x^2) for |x| < 1, beyond that h - 1 / (4 h) with h = e^|x| / 2, which overflows only where sinh
/// does.
template <typename V> V sinh(const V &x) {
  V a = abs(x), square = x * x;
  V near = fma(x * square, horner(square, HyperbolicOf<V>::sinh), x);
  V h = exp(a, -1);
  V far = copysign(h - x.of(0.25) / h, x);
  return select(a < FormatOf<V>::tiny, x, select(a < 1.0, near, far));
}

/// cosh x = h + 1 / (4 h) with h = e^|x| / 2.
template <typename V> V cosh(const V &x) {
  V h = exp(abs(x), -1);
  return h + x.of(0.25) / h;
}

/// asinh |x| = log1p(w) with w = |x| + x^2 / (1 + sqrt(1 + x^2)); log(2 |x|) for large |x|.
template <typename V> V asinh(const V &x) {
  V a = abs(x);
  auto large = a > 0x1p40;
  V bounded = select(large, x.of(1.0), a);
  V square = bounded * bounded;
  V w = bounded + square / (sqrt(square + 1.0) + 1.0);
  V y = select(large, logOfPositive(a, 1), log1pOfBounded(w));
  return select(a < FormatOf<V>::tiny * FormatOf<V>::tiny, x, select(a < infinity<V>, copysign(y, x), x));
}

/// acosh x = log1p(t + sqrt(t (t + 2))) with t = x - 1, which is exact near 1; log(2 x) for large x.
template <typename V> V acosh(const V &x) {
  auto large = x > 0x1p40;
  V t = select(large, x.of(1.0), x) - 1.0;
  V y = select(large, logOfPositive(x, 1), log1pOfBounded(t + sqrt(t * (t + 2.0))));
  return select(x < 1.0, x.of(notANumber<V>), select(x < infinity<V>, y, x));
}

/// atanh |x| = log1p(2 |x| / (1 - |x|)) / 2; 1 - |x| is exact near 1.
template <typename V> V atanh(const V &x) {
  V a = abs(x);
  V w = (a + a) / (x.of(1.0) - a);
  V y = copysign(log1pOfBounded(w) * 0.5, x);
  V ends = select(a == 1.0, copysign(x.of(infinity<V>), x), select(a > 1.0, x.of(notANumber<V>), x));
  return select(a < FormatOf<V>::tiny * FormatOf<V>::tiny, x, select(a < 1.0, y, ends));
}

} // namespace flowc::kernels

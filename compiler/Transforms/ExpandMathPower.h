// SPDX-License-Identifier: MIT
//
// Powers and roots: square, cube, cbrt, rsqrt, powf.
// The coefficients are minimax fits: tests/compiler/math/fit.py.

#pragma once

#include "compiler/Transforms/ExpandMathExpLog.h"

namespace flowc::kernels {

template <typename T> struct Power;
template <> struct Power<float> {
  static constexpr float logRest[] = {0x1.9999a4p-2f, 0x1.247a2cp-2f, 0x1.d8081cp-3f};
  static constexpr float twoThirds[] = {0x1.555556p-1f, -0x1.555556p-26f};
  /// Minus a third of x's bits, added to this, are about the bits of x^(-1/3).
  static constexpr int64_t inverseCubeRootBits = 0x54a2fa8c;
  static constexpr int cubeRootSteps = 2;
  static constexpr float cubeRootSmall = 0x1p-80f, integersFrom = 0x1p23f, evenFrom = 0x1p24f;
};
template <> struct Power<double> {
  static constexpr double logRest[] = {0x1.999999999999ap-2, 0x1.2492492492522p-2, 0x1.c71c71c6ea92ep-3,
                                       0x1.745d177aa07d9p-3, 0x1.3b1395ce69a1fp-3, 0x1.1118c88e8f6ccp-3,
                                       0x1.df7caab52cfefp-4, 0x1.e02f7c2d742bep-4};
  static constexpr double twoThirds[] = {0x1.5555555555555p-1, 0x1.5555555555555p-55};
  static constexpr int64_t inverseCubeRootBits = 0x553ef0ff289dd796;
  static constexpr int cubeRootSteps = 3;
  static constexpr double cubeRootSmall = 0x1p-900, integersFrom = 0x1p52, evenFrom = 0x1p53;
};
template <typename V> using PowerOf = Power<typename V::Scalar>;

template <typename V> V square(const V &x) { return x * x; }
template <typename V> V cube(const V &x) { return x * x * x; }
template <typename V> V rsqrt(const V &x) { return x.of(1.0) / sqrt(x); }

/// x^(1/3) = x y^2 with y = x^(-1/3): y from a third of x's bits, refined with h = 1 - x y^3 to y (1 + h/3 + 2 h^2 /
/// 9), no division; at last one Newton step on c^3 = x with its residual in two parts.
template <typename V> V cbrt(const V &x) {
  using P = PowerOf<V>;
  V a = abs(x);
  auto small = a < P::cubeRootSmall;
  V s = select(small, a * 0x1p72, a);
  constexpr int half = FormatOf<V>::width / 2;
  auto third = s.bits().shiftRightLogical(half) * (half == 16 ? 0x5556 : 0x55555556);
  V y = (-third + P::inverseCubeRootBits).number();
  for (int step = 0; step < P::cubeRootSteps; ++step) {
    V h = fma(-(s * y * y), y, 1.0);
    y = fma(y * h, fma(h, 2.0 / 9, 1.0 / 3), y);
  }
  V c = s * y * y;
  V square = c * c;
  V residual = fma(fma(c, c, -square), c, fma(square, c, -s));
  c = fma(residual * (-1.0 / 3), y * y, c);
  c = select(small, c * 0x1p-24, c);
  return select((a > 0.0) & (a < infinity<V>), copysign(c, x), x);
}

/// A number as the unevaluated sum of two.
template <typename V> struct Pair {
  V high, low;
};
/// a + b exactly, for |a| >= |b| or a = 0.
template <typename V> Pair<V> exactSum(const V &a, const V &b) {
  V sum = a + b;
  return {sum, b - (sum - a)};
}
template <typename V> Pair<V> exactProduct(const V &a, const V &b) {
  V product = a * b;
  return {product, fma(a, b, -product)};
}

/// log x in two parts, to about 2^-10 ulp, for x > 0 and finite. With 1 + f = 2^-n x and s = f / (2 + f) in two parts:
/// n log 2 + 2 s + 2/3 s^3 + s^5 p(s^2), the first three terms in two parts each.
template <typename V> Pair<V> logInTwoParts(const V &x) {
  using F = FormatOf<V>;
  using P = PowerOf<V>;
  auto denormal = x < F::minNormal;
  Split<V> parts = split(select(denormal, x * F::denormalScale, x));
  V n = fromInteger<V>(parts.exponent);
  n = select(denormal, n - F::denormalShift, n);
  V f = parts.mantissa - 1.0, bottom = f + 2.0;
  V s = f / bottom;
  V sLow = fma(-s, f - (bottom - 2.0), fma(-s, bottom, f)) / bottom;
  Pair<V> z = exactProduct(s, s);
  V zLow = fma(s + s, sLow, z.low);
  Pair<V> third = exactProduct(s, z.high);
  V thirdLow = fma(s, zLow, fma(sLow, z.high, third.low));
  Pair<V> term = exactProduct(third.high, s.of(P::twoThirds[0]));
  V termLow = fma(third.high, P::twoThirds[1], fma(thirdLow, P::twoThirds[0], term.low));
  V rest = (third.high * z.high) * horner(z.high, P::logRest);
  Pair<V> first = exactSum(n * F::ln2Short, s + s);
  Pair<V> second = exactSum(first.high, term.high);
  V low = (second.low + first.low) + fma(n, F::ln2ShortRest, (sLow + sLow) + (termLow + rest));
  return exactSum(second.high, low);
}

/// |x|^y = e^(y log |x|), the logarithm and the product in two parts.
template <typename V> V powOfMagnitude(const V &a, const V &y) {
  Pair<V> log = logInTwoParts(a);
  V exact = y * log.high;
  V product = select((a > 0.0) & (a < infinity<V>), exact, y * select(a == 0.0, a.of(-infinity<V>), a));
  V bounded = atLeast(atMost(product, ExpLogOf<V>::highest), ExpLogOf<V>::lowest);
  V rest = fma(y, log.low, fma(y, log.high, -exact));
  ExpArgument<V> argument = reduceExp(bounded);
  V corrected = argument.r + select(bounded == exact, rest, a.of(0.0));
  return expOfReduced(ExpArgument<V>{argument.n, corrected});
}

/// x^y with the exceptional cases of C: a negative x needs an integer y, whose parity gives the sign; x^0 = 1^y = 1.
template <typename V> V pow(const V &x, const V &y) {
  using P = PowerOf<V>;
  auto isInteger = [&](const V &v) { return (nearest(v, 1.0).number == v) | (abs(v) > P::integersFrom); };
  V m = powOfMagnitude(abs(x), y);
  V half = y * 0.5;
  auto odd = isInteger(y) & (abs(y) < P::evenFrom) & (half != nearest(half, 1.0).number);
  V signedResult = select(odd, copysign(m, x), m);
  V result =
      select((x < 0.0) & (x > -infinity<V>), select(isInteger(y), signedResult, x.of(notANumber<V>)), signedResult);
  return select((y == 0.0) | (x == 1.0) | ((x == -1.0) & (abs(y) == infinity<V>)), x.of(1.0), result);
}

} // namespace flowc::kernels

// SPDX-License-Identifier: MIT
//
// Exponentials and logarithms: exp, expm1, log, log1p, and what flows make of them: sigmoid, softplus,
// softplus_inverse, logit. The coefficients are minimax fits: tests/compiler/math/fit.py.

#pragma once

#include "compiler/Transforms/ExpandMathFormat.h"

namespace flowc::kernels {

template <typename T> struct ExpLog;
template <> struct ExpLog<float> {
  static constexpr float exp[] = {0x1.p-1f, 0x1.555492p-3f, 0x1.5554bcp-5f, 0x1.1239dap-7f, 0x1.6d7d84p-10f};
  static constexpr float expm1[] = {0x1.p-1f,       0x1.555554p-3f,  0x1.5554f2p-5f,
                                    0x1.1111cap-7f, 0x1.6d4072p-10f, 0x1.9fbdacp-13f};
  static constexpr float log[] = {0x1.555548p-2f,  -0x1.000006p-2f, 0x1.99a4b6p-3f,  -0x1.555c5ep-3f, 0x1.23377p-3f,
                                  -0x1.fc1ffcp-4f, 0x1.e6ee04p-4f,  -0x1.de4678p-4f, 0x1.1468fap-4f};
  /// exp underflows to 0 below the first and overflows above the second; expm1 is -1 below the third, overflows above
  /// the fourth.
  static constexpr float lowest = -104.0f, highest = 89.5f, minusOne = -18.0f, largestExpm1 = 88.9f;
  /// From here on log(e^x - 1) = x.
  static constexpr float linear = 18.0f;
  /// Where log1p shrinks its argument, and how far: 1 + x = x still.
  static constexpr float hugeLog1p = 0x1p100f, shrinkLog1p = 0x1p-60f;
  static constexpr int shrinkExponent = 60;
};
template <> struct ExpLog<double> {
  static constexpr double exp[] = {0x1.p-1,
                                   0x1.5555555555559p-3,
                                   0x1.5555555555549p-5,
                                   0x1.111111110f7e9p-7,
                                   0x1.6c16c16c1cc92p-10,
                                   0x1.a01a01af76fa3p-13,
                                   0x1.a01a01832500dp-16,
                                   0x1.71ddf94fd01b1p-19,
                                   0x1.27e52adfeb2bep-22,
                                   0x1.af5d28729dbe4p-26,
                                   0x1.1ef5a759d1fcfp-29};
  static constexpr const auto &expm1 = exp;
  static constexpr double log[] = {0x1.5555555555555p-1, 0x1.9999999999dfep-2, 0x1.249249242b587p-2,
                                   0x1.c71c7258e3634p-3, 0x1.745cde3d98194p-3, 0x1.3b20aa3ac3bd3p-3,
                                   0x1.0f5ce6872f59ap-3, 0x1.0f6208fd57dcap-3};
  static constexpr double lowest = -746.0, highest = 711.0, minusOne = -38.0, largestExpm1 = 709.9, linear = 40.0,
                          hugeLog1p = 0x1p1000, shrinkLog1p = 0x1p-900;
  static constexpr int shrinkExponent = 900;
};
template <typename V> using ExpLogOf = ExpLog<typename V::Scalar>;

//===- exponentials -----------------------------------------------------------------------------------------------===//

/// x = n log 2 + r, |r| <= log(2) / 2; log 2 in two parts, so that r keeps its bits where the two nearly cancel.
template <typename V> struct ExpArgument {
  Nearest<V> n;
  V r;
};
template <typename V> ExpArgument<V> reduceExp(const V &x) {
  using F = FormatOf<V>;
  Nearest<V> n = nearest(x, F::log2e);
  V r = fma(n.number, -F::ln2High, x);
  return {n, fma(n.number, -F::ln2Low, r)};
}

/// 2^n y in two steps, each in range, so that it rounds once into the denormals and overflows to infinity.
template <typename V> V scale(const V &y, const typename V::Bits &n) {
  auto half = n >> 1;
  return y * powerOfTwo<V>(half) * powerOfTwo<V>(n - half);
}

/// e^(x + rest) 2^exponent = 2^(n + exponent) (1 + r + r^2 p(r)), for x that does not leave the range of `scale`.
template <typename V> V expOfReduced(const ExpArgument<V> &a, int exponent = 0) {
  V y = fma(a.r * a.r, horner(a.r, ExpLogOf<V>::exp), a.r) + 1.0;
  return scale(y, exponent ? a.n.integer + exponent : a.n.integer);
}

/// The same times a factor, which costs no rounding of its own: factor + factor (r + r^2 p(r)).
template <typename V> V expOfReducedTimes(const ExpArgument<V> &a, const V &factor) {
  return scale(fma(fma(a.r * a.r, horner(a.r, ExpLogOf<V>::exp), a.r), factor, factor), a.n.integer);
}

/// e^x 2^exponent. NaN passes the bounds and comes out.
template <typename V> V exp(const V &x, int exponent = 0) {
  return expOfReduced(reduceExp(atLeast(atMost(x, ExpLogOf<V>::highest), ExpLogOf<V>::lowest)), exponent);
}

/// e^x for x <= 0.
template <typename V> V expOfNegative(const V &x) { return expOfReduced(reduceExp(atLeast(x, ExpLogOf<V>::lowest))); }

/// e^x - 1 = 2^n q + (2^n - 1) with q = e^r - 1 = r + r^2 p(r); 2^(n-1) instead of 2^n stays in range.
template <typename V> V expm1(const V &x) {
  auto [n, r] = reduceExp(atLeast(atMost(x, ExpLogOf<V>::largestExpm1), ExpLogOf<V>::minusOne));
  V q = fma(r * r, horner(r, ExpLogOf<V>::expm1), r);
  V half = powerOfTwo<V>(n.integer - 1);
  V y = fma(q, half, half - 0.5);
  return select(abs(x) < FormatOf<V>::minNormal, x, y + y);
}

//===- logarithms -------------------------------------------------------------------------------------------------===//

/// n log 2 + log(1 + f) for 1 + f in [sqrt(1/2), sqrt(2)).
///   f32: log(1 + f) = f - f^2 / 2 + f^3 p(f), no division.
///   f64: with s = f / (2 + f), log(1 + f) = 2 s + s^3 p(s^2) = f - (f^2 / 2 - s (f^2 / 2 + s^2 p)).
template <typename V> V logOfReduced(const V &f, const V &n) {
  using F = FormatOf<V>;
  V square = f * f;
  V tail = f;
  if constexpr (isSingle<V>) {
    tail = fma(n, F::ln2ShortRest, (f * square) * horner(f, ExpLogOf<V>::log));
    tail = fma(square, -0.5, tail);
  } else {
    V s = f / (f + 2.0);
    V z = s * s, half = square * 0.5;
    tail = fma(s, fma(z, horner(z, ExpLogOf<V>::log), half), n * F::ln2ShortRest) - half;
  }
  return fma(n, F::ln2Short, f + tail);
}

/// log x, for x > 0 and finite (denormals too).
template <typename V> V logOfPositive(const V &x, int exponent = 0) {
  using F = FormatOf<V>;
  auto denormal = x < F::minNormal;
  Split<V> parts = split(select(denormal, x * F::denormalScale, x));
  V n = fromInteger<V>(parts.exponent);
  n = select(denormal, n - F::denormalShift, n);
  return logOfReduced(parts.mantissa - 1.0, exponent ? n + exponent : n);
}

/// `inside` where 0 < u < infinity (u the argument of the logarithm); else -infinity, infinity, or NaN.
template <typename V> V logAtEnds(const V &u, const V &inside) {
  V outside = select(u == 0.0, -infinity<V>, select(u < 0.0, notANumber<V>, u));
  return select((u > 0.0) & (u < infinity<V>), inside, outside);
}

template <typename V> V log(const V &x) { return logAtEnds(x, logOfPositive(x)); }

/// log(1 + x) for -1 < x <= hugeLog1p: 1 + x = 2^n (1 + f), and f = 2^-n x + (2^-n - 1) rounds only once.
template <typename V> V log1pOfBounded(const V &x, int exponent = 0) {
  auto n = split(x + 1.0).exponent;
  V shrink = powerOfTwo<V>(-n);
  V number = fromInteger<V>(n);
  return logOfReduced(fma(x, shrink, shrink - 1.0), exponent ? number + exponent : number);
}

template <typename V> V log1p(const V &x) {
  using E = ExpLogOf<V>;
  auto huge = x > E::hugeLog1p;
  V y = log1pOfBounded(select(huge, x * E::shrinkLog1p, x));
  y = select(huge, y + E::shrinkExponent * FormatOf<V>::ln2High, y);
  return select(abs(x) < FormatOf<V>::minNormal, x, logAtEnds(x + 1.0, y));
}

//===- what flows make of them ------------------------------------------------------------------------------------===//

/// 1 / (1 + e^-x) = (x < 0 ? e^x : 1) / (1 + e^-|x|): no overflow, and relative accuracy in the lower tail.
template <typename V> V sigmoid(const V &x) {
  V e = expOfNegative(-abs(x));
  return select(x < 0.0, e, x.of(1.0)) / (e + 1.0);
}

/// log(1 + e) for 0 <= e <= 1, where 1 + e is 1 + f or 2 (1 + f).
template <typename V> V log1pOfUnit(const V &e) {
  auto doubled = e > 0x1.a8279ap-2;
  return logOfReduced(select(doubled, fma(e, 0.5, -0.5), e), select(doubled, e.of(1.0), e.of(0.0)));
}

/// log(1 + e^x) = max(x, 0) + log1p(e^-|x|).
template <typename V> V softplus(const V &x) {
  return select(x > 0.0, x, x.of(0.0)) + log1pOfUnit(expOfNegative(-abs(x)));
}

/// log(e^x - 1). It vanishes at log 2, and there e^x - 2 = 2 (e^(x - log 2) - 1) keeps its relative accuracy; for small
/// x it is log(expm1 x). Both are log(2^n (1 + f)); the two ways differ in the argument of expm1 and in what is
/// subtracted for f.
template <typename V> V softplusInverse(const V &x) {
  using F = FormatOf<V>;
  auto small = x < 0.4;
  V shifted = (x - F::ln2High) - F::ln2Low;
  V q = expm1(select(small, x, atMost(shifted, ExpLogOf<V>::linear)));
  V twice = q + q;
  auto denormal = x < F::minNormal;
  V u = select(small, select(denormal, x * F::denormalScale, q), twice + 1.0);
  auto n = split(u).exponent;
  V shrink = powerOfTwo<V>(-n);
  V f = fma(select(small, u, twice), shrink, select(small, x.of(0.0), shrink) - 1.0);
  V number = fromInteger<V>(n);
  V y = logOfReduced(f, select(denormal, number - F::denormalShift, number));
  return select(x > ExpLogOf<V>::linear, x, select(x > 0.0, y, logAtEnds(x, x)));
}

/// log(p / (1 - p)). It vanishes at 1/2, and there and above 2 p - 1 is exact: log1p((2 p - 1) / (1 - p)).
template <typename V> V logit(const V &p) {
  using F = FormatOf<V>;
  auto low = p < 0.33, denormal = p < F::minNormal;
  V quotient = select(low, p, fma(p, 2.0, -1.0)) / (p.of(1.0) - p);
  V u = select(low, select(denormal, p * F::denormalScale, quotient), quotient + 1.0);
  auto n = split(u).exponent;
  V shrink = powerOfTwo<V>(-n);
  V f = fma(select(low, u, quotient), shrink, select(low, p.of(0.0), shrink) - 1.0);
  V number = fromInteger<V>(n);
  V y = logOfReduced(f, select(denormal, number - F::denormalShift, number));
  return logAtEnds(select(low, quotient, quotient + 1.0), y);
}

} // namespace flowc::kernels

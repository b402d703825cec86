// SPDX-License-Identifier: MIT
//
// Trigonometric functions: sin, cos, tan, atan.
// The coefficients are minimax fits: tests/compiler/math/fit.py.

#pragma once

#include "compiler/Transforms/ExpandMathFormat.h"

namespace flowc::kernels {

template <typename T> struct Trig;
template <> struct Trig<float> {
  static constexpr float sin[] = {-0x1.555556p-3f, 0x1.111108p-7f, -0x1.a00f7ep-13f, 0x1.6cd1bap-19f};
  static constexpr float cos[] = {0x1.55554ap-5f, -0x1.6c0c8ap-10f, 0x1.9a01e4p-16f};
  static constexpr float atan[] = {-0x1.55554ap-2f, 0x1.999196p-3f, -0x1.23b52ap-3f, 0x1.b1ec82p-4f, -0x1.f1ef0ap-5f};
  static constexpr float twoOverPi = 0x1.45f306p-1f;
  /// pi / 2 in three parts that are all positive, so that sin(-0) stays -0.
  static constexpr float halfPi[] = {0x1.921fb4p+0f, 0x1.4442dp-24f, 0x1.846988p-48f};
  /// The largest number below pi (as f64 has it).
  static constexpr float belowPi = 0x1.921fb4p+1f;
};
template <> struct Trig<double> {
  static constexpr double sin[] = {-0x1.5555555555555p-3, 0x1.111111111110bp-7,   -0x1.a01a01a018a6ap-13,
                                   0x1.71de3a533049dp-19, -0x1.ae64528d2262bp-26, 0x1.61208c0968fdcp-33,
                                   -0x1.aaa22660e36ddp-41};
  static constexpr double cos[] = {0x1.555555555554cp-5,  -0x1.6c16c16c1518p-10, 0x1.a01a019cb1e94p-16,
                                   -0x1.27e4f80a0d9ap-22, 0x1.1ee9ebfbc8e33p-29, -0x1.8faea5b01a79ep-37};
  static constexpr double atan[] = {
      -0x1.5555555555555p-2, 0x1.999999999997p-3,   -0x1.2492492490a0bp-3, 0x1.c71c71c60cc47p-4,  -0x1.745d171270b62p-4,
      0x1.3b13aaf8e5c2cp-4,  -0x1.11108cca904f1p-4, 0x1.e1d2a25ef6bcfp-5,  -0x1.ae89105f6089cp-5, 0x1.817af8c073a4p-5,
      -0x1.4c2f06f45b995p-5, 0x1.e51bbc4123a03p-6,  -0x1.a93e2e655a7b6p-7};
  static constexpr double twoOverPi = 0x1.45f306dc9c883p-1;
  static constexpr double halfPi[] = {0x1.921fb54442d18p+0, 0x1.1a62633145c06p-54, 0x1.c1cd129024e08p-107};
  static constexpr double belowPi = 0x1.921fb54442d17p+1;
};
template <typename V> using TrigOf = Trig<typename V::Scalar>;

/// x = n pi / 2 + r, |r| <= pi / 4, and both series in r. The first fma is exact, the others round relative to their
/// result: good to 2 ulp for |x| <= 1e5 (f32) or 1e9 (f64); far beyond that the nearest integer is no longer found.
/// There r is kept in
/// [-1.5, 1.5], so that the result is some number in [-1, 1]; infinities give NaN.
template <typename V> struct Quadrant {
  V sin, cos;
  typename V::Bits n;
};
template <typename V> Quadrant<V> reduceTrig(const V &x) {
  using T = TrigOf<V>;
  Nearest<V> n = nearest(x, T::twoOverPi);
  V r = fma(n.number, -T::halfPi[0], x);
  r = fma(n.number, -T::halfPi[1], r);
  r = atLeast(atMost(fma(n.number, -T::halfPi[2], r), 1.5), -1.5);
  V z = r * r;
  V sine = select(abs(r) < FormatOf<V>::tiny, r, fma(r * z, horner(z, T::sin), r));
  V cosine = fma(z * z, horner(z, T::cos), fma(z, -0.5, 1.0));
  return {sine, cosine, n.integer};
}

/// The sine of n quarter turns beyond r: the other series where n is odd, the other sign where n & 2.
template <typename V> V sineAt(const Quadrant<V> &q, const typename V::Bits &n) {
  V y = select((n & 1) == 0, q.sin, q.cos);
  return (y.bits() ^ ((n & 2) << (FormatOf<V>::width - 2))).number();
}

template <typename V> V sin(const V &x) {
  Quadrant<V> q = reduceTrig(x);
  return sineAt(q, q.n);
}

template <typename V> V cos(const V &x) {
  Quadrant<V> q = reduceTrig(x);
  return sineAt(q, q.n + 1);
}

template <typename V> V tan(const V &x) {
  Quadrant<V> q = reduceTrig(x);
  return sineAt(q, q.n) / sineAt(q, q.n + 1);
}

/// atan |x| = turn + atan t, t + t^3 p(t^2) with |t| <= tan(pi / 8):
///   |x| below tan(pi / 8): t = |x|, turn = 0;  above 1 / that: t = -1 / |x|, turn = pi / 2;  else t = (|x| - 1) / (|x|
///   + 1), pi / 4.
template <typename V> V atan(const V &x) {
  using T = TrigOf<V>;
  V a = abs(x);
  auto low = a < 0x1.a8279ap-2, high = a > 0x1.3504f4p+1;
  V top = select(low, a, select(high, x.of(-1.0), a - 1.0));
  V bottom = select(low, x.of(1.0), select(high, a, a + 1.0));
  V turn = select(low, x.of(0.0), select(high, x.of(T::halfPi[0]), x.of(T::halfPi[0] / 2)));
  V rest = select(low, x.of(0.0), select(high, x.of(T::halfPi[1]), x.of(T::halfPi[1] / 2)));
  V t = top / bottom;
  V z = t * t;
  return copysign(turn + (t + fma(t * z, horner(z, T::atan), rest)), x);
}

/// x + by less whole turns. It stays inside of (-pi, pi), where rounding would leave it.
template <typename V> V turn(const V &x, const V &by) {
  using T = TrigOf<V>;
  V sum = x + by;
  Nearest<V> turns = nearest(sum, T::twoOverPi / 4);
  V r = fma(turns.number, -4 * T::halfPi[0], sum);
  r = fma(turns.number, -4 * T::halfPi[1], r);
  return atLeast(atMost(r, T::belowPi), -T::belowPi);
}

} // namespace flowc::kernels

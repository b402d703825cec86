// SPDX-License-Identifier: MIT
//
// The normal distribution: erf, erfc, normal_cdf, normal_quantile.
// The coefficients are minimax fits: tests/compiler/math/fit.py.

#pragma once

#include "compiler/Transforms/ExpandMathExpLog.h"

namespace flowc::kernels {

template <typename T> struct Normal;
template <> struct Normal<float> {
  static constexpr float mills[] = {0x1.525e24p+0f,  -0x1.ea57d4p-4f,  -0x1.516e36p-4f, 0x1.429302p-3f,
                                    -0x1.0507d4p-3f, 0x1.fe7f5p-5f,    -0x1.fc8dbep-7f, -0x1.9a1f34p-10f,
                                    0x1.276908p-9f,  -0x1.f413d6p-14f, -0x1.cb3ff6p-13f};
  static constexpr float erf[] = {0x1.06eba8p-3f, -0x1.81273ep-2f,  0x1.ce2cf8p-4f, -0x1.b7f90cp-6f,
                                  0x1.5405bp-8f,  -0x1.a3f6fep-11f, 0x1.496a4cp-14f};
  static constexpr float cdf[] = {-0x1.872cf8p-27f, -0x1.105838p-4f,  0x1.46d02p-7f,  -0x1.373b84p-10f,
                                  0x1.e37a24p-14f,  -0x1.35d9bep-17f, 0x1.19e116p-21f};
  static constexpr float density = 0x1.988454p-2f; // at 0
  static constexpr float logErfc[] = {0x1.20e412p+0f,  0x1.458bb4p-1f, 0x1.ae8e54p-4f,
                                      -0x1.7587f2p-6f, 0x1.a1b91cp-9f, -0x1.b9c2ap-13f};
  static constexpr float quantile[] = {0x1.40d932p+1f,   0x1.4ffdfep+1f, 0x1.7161dep+2f,   0x1.f85332p+3f,
                                       0x1.536782p+5f,   0x1.17f316p+8f, -0x1.a6d2f6p+10f, 0x1.70f606p+14f,
                                       -0x1.ca94dcp+16f, 0x1.48b1f8p+18f};
  static constexpr float quantileTop[] = {0x1.8f7ebp+1f, 0x1.5d612ap+3f, 0x1.04a076p+2f, 0x1.e64baep-3f,
                                          0x1.ea8336p-12f};
  static constexpr float quantileBottom[] = {0x1.p+0f, 0x1.ba4794p+2f, 0x1.dea314p+2f, 0x1.97da94p+0f, 0x1.e4939ap-5f};
  /// The centre of the variable of `mills`, and where the tail has underflowed.
  static constexpr float center = 4.0f, underflow = 14.5f;
};
template <> struct Normal<double> {
  static constexpr double mills[] = {
      0x1.4ec0b88013f3ap+0,   -0x1.0cb236a6a53e8p-3,  -0x1.78777c9acfd5ap-6,  0x1.c635928c17e5dp-4,
      -0x1.04373caae1f9bp-3,  0x1.8d69ddce5420ep-4,   -0x1.be7c459100f6dp-5,  0x1.678b5b5721a5dp-6,
      -0x1.57eaeedff1064p-8,  -0x1.d1280697916e2p-14, 0x1.3e77d9c5623bdp-11,  -0x1.534984b0e4cbcp-13,
      -0x1.30c74c13201d2p-15, 0x1.dd57a8db6c9d3p-16,  0x1.f1c99cb7c2149p-22,  -0x1.17e4c1b4a45bap-18,
      0x1.49317ea01f5e6p-22,  0x1.5528c8e83c546p-21,  -0x1.1eebde78b0486p-24, -0x1.c5a65377c878cp-24,
      0x1.e81bafd85b143p-28,  0x1.2ffea2d39ba86p-26,  0x1.003fc3ab9c84p-30,   -0x1.223c6777b1d4ep-29,
      -0x1.09b5033ef199fp-31};
  static constexpr double erf[] = {0x1.06eba8214db69p-3,   -0x1.812746b0379e7p-2,  0x1.ce2f21a042bddp-4,
                                   -0x1.b82ce3128899bp-6,  0x1.565bcd0e64ab7p-8,   -0x1.c02db3fed8f6cp-11,
                                   0x1.f9a326bfb732p-14,   -0x1.f4d255e14993ep-17, 0x1.b9e64d07f529cp-20,
                                   -0x1.5f6d6b5342fe7p-23, 0x1.fc41172b5eec7p-27,  -0x1.4e55cce68133ep-30,
                                   0x1.7ecbf878bfd5cp-34,  -0x1.2928f41ec7f05p-38};
  static constexpr double cdf[] = {-0x1.cbc1973a398c2p-56, -0x1.1058377e2ceep-4,   0x1.46d04297691dap-7,
                                   -0x1.37403f6ba10d6p-10, 0x1.e42b0d52157b9p-14,  -0x1.3ce8fac11a448p-17,
                                   0x1.658a2167bcb95p-21,  -0x1.622267b5c7691p-25, 0x1.38786d72f8cc9p-29,
                                   -0x1.f0fc1775427edp-34, 0x1.671e113ac57b7p-38,  -0x1.d22973ccfa438p-43,
                                   0x1.cb4ee0b342652p-48};
  static constexpr double density = 0x1.9884533d43651p-2;
  static constexpr double center = 5.0, underflow = 39.0;
  /// Wichura's AS 241 (1988): centre, middle and far tail.
  static constexpr double centerTop[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
                                         1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
                                         3.3430575583588128105e4, 2.5090809287301226727e3};
  static constexpr double centerBottom[] = {1.0,
                                            4.2313330701600911252e1,
                                            6.8718700749205790830e2,
                                            5.3941960214247511077e3,
                                            2.1213794301586595867e4,
                                            3.9307895800092710610e4,
                                            2.8729085735721942674e4,
                                            5.2264952788528545610e3};
  static constexpr double middleTop[] = {1.42343711074968357734e0,  4.63033784615654529590e0, 5.76949722146069140550e0,
                                         3.64784832476320460504e0,  1.27045825245236838258e0, 2.41780725177450611770e-1,
                                         2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr double middleBottom[] = {1.0,
                                            2.05319162663775882187e0,
                                            1.67638483018380384940e0,
                                            6.89767334985100004550e-1,
                                            1.48103976427480074590e-1,
                                            1.51986665636164571966e-2,
                                            5.47593808499534494600e-4,
                                            1.05075007164441684324e-9};
  static constexpr double farTop[] = {6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,
                                      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr double farBottom[] = {1.0,
                                         5.99832206555887937690e-1,
                                         1.36929880922735805310e-1,
                                         1.48753612908506148525e-2,
                                         7.86869131145613259100e-4,
                                         1.84631831751005468180e-5,
                                         1.42151175831644588870e-7,
                                         2.04426310338993978564e-15};
};
template <typename V> using NormalOf = Normal<typename V::Scalar>;

/// 2 normal_cdf(-u) = e^(-u^2 / 2) p((u - k) / (u + k)) / (1 + 3 u / 2) for u >= 0. u^2 is kept in two parts: rounded
/// to one, it would cost the exponential a relative error of u^2 / 2 ulp.
template <typename V> V upperTail(const V &distance) {
  V u = atMost(distance, NormalOf<V>::underflow);
  V square = u * u;
  V rest = fma(u, u, -square);
  ExpArgument<V> argument = reduceExp(atLeast(square * -0.5, ExpLogOf<V>::lowest));
  V q = (u - NormalOf<V>::center) / (u + NormalOf<V>::center);
  V ratio = horner(q, NormalOf<V>::mills) / fma(u, 1.5, 1.0);
  return expOfReducedTimes(ExpArgument<V>{argument.n, fma(rest, -0.5, argument.r)}, ratio);
}

/// normal_cdf(x) = 1/2 + x (phi(0) + p(x^2)) for |x| < 1. Beyond that by the tail: for x < 0 it keeps its relative
/// accuracy, for x > 0 it is the complement.
template <typename V> V normalCdf(const V &x) {
  using N = NormalOf<V>;
  V a = abs(x);
  V tail = upperTail(a) * 0.5;
  V near = fma(x, horner(x * x, N::cdf), fma(x, N::density, 0.5));
  return select(a < 1.0, near, select(x < 0.0, tail, x.of(1.0) - tail));
}

/// erf x = x + x p(x^2) for |x| < 1; beyond that 1 - erfc |x|, in f32 with erfc t = e^(-t p(t)).
template <typename V> V erf(const V &x) {
  V a = abs(x);
  V near = fma(x, horner(x * x, NormalOf<V>::erf), x);
  V far = a;
  if constexpr (isSingle<V>) {
    V t = atMost(a, 4.0);
    far = x.of(1.0) - expOfNegative(-(t * horner(t, NormalOf<V>::logErfc)));
  } else {
    far = x.of(1.0) - upperTail(a * 0x1.6a09e667f3bcdp0);
  }
  return select(a < FormatOf<V>::tiny * FormatOf<V>::tiny, fma(x, NormalOf<V>::erf[0], x),
                select(a < 1.0, near, copysign(far, x)));
}

/// Lower half of normal_quantile (p = 1/2 - q), in f32: q p(q^2) for q <= 0.35, else with r = sqrt(-log p) a quotient
/// that only corrects sqrt(2) r, so that its own roundings hardly count.
template <typename V> V quantileSingle(const V &q, const V &r) {
  V near = q * horner(q * q, NormalOf<V>::quantile);
  V correction = horner(r, NormalOf<V>::quantileTop) / horner(r, NormalOf<V>::quantileBottom);
  return select(q < 0.35, near, fma(r, 0x1.6a09e6p0, -correction));
}

/// The same in f64, by AS 241: one quotient per range of r.
template <typename V> V quantileDouble(const V &q, const V &r) {
  using N = NormalOf<V>;
  V z = fma(-q, q, 0.180625), middle = r - 1.6, far = r - 5.0;
  auto central = q < 0.425, near = r < 5.0;
  V top = select(near, horner(middle, N::middleTop), horner(far, N::farTop));
  V bottom = select(near, horner(middle, N::middleBottom), horner(far, N::farBottom));
  return select(central, q * horner(z, N::centerTop), top) / select(central, horner(z, N::centerBottom), bottom);
}

/// The inverse of normal_cdf on (0, 1): by symmetry for p below 1/2, where 1 - p is exact enough.
template <typename V> V normalQuantile(const V &p) {
  V lower = select(p < 0.5, p, p.of(1.0) - p);
  V r = sqrt(-logOfPositive(lower));
  V y = p;
  if constexpr (isSingle<V>)
    y = quantileSingle(abs(p - 0.5), r);
  else
    y = quantileDouble(abs(p - 0.5), r);
  y = select(lower > 0.0, y, select(lower == 0.0, p.of(infinity<V>), p.of(notANumber<V>)));
  return copysign(y, p - 0.5);
}

} // namespace flowc::kernels

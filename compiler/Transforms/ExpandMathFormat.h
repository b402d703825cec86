// SPDX-License-Identifier: MIT
//
// What the kernels of ExpandMath*.h share: the two formats, and the few steps that work on a number's bits.
//
// A kernel is a template over a number type V. The compiler instantiates it with IrNumber (ExpandMathNumber.h), whose
// operators build IR; the tests also with plain numbers. V offers Scalar, Bits (the integer of the same width), Mask,
// the operators, and fma, select, abs, sqrt, copysign. Every rounding is written out: a product and a sum are fused
// only where `fma` says so, hence scalars and vectors of every width give the same bits.

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace flowc::kernels {

/// Layout of f32 and f64. Adding `roundToInteger` leaves the nearest integer in the low bits of the significand.
template <typename T> struct Format;
template <> struct Format<float> {
  static constexpr int width = 32, mantissa = 23, bias = 127, denormalShift = 24;
  static constexpr int64_t one = 0x3f800000, roundBits = 0x4b400000, sqrtHalf = 0x3f3504f3, mantissaMask = 0x7fffff;
  static constexpr float roundToInteger = 0x1.8p23f, denormalScale = 0x1p24f, minNormal = 0x1p-126f, tiny = 0x1p-13f;
  static constexpr float log2e = 0x1.715476p0f, ln2High = 0x1.62e43p-1f, ln2Low = -0x1.05c61p-29f;
  /// Short enough that its product with any exponent is exact.
  static constexpr float ln2Short = 0x1.62e4p-1f, ln2ShortRest = 0x1.7f7d1cp-20f;
};
template <> struct Format<double> {
  static constexpr int width = 64, mantissa = 52, bias = 1023, denormalShift = 54;
  static constexpr int64_t one = 0x3ff0000000000000, roundBits = 0x4338000000000000, sqrtHalf = 0x3fe6a09e667f3bcd,
                           mantissaMask = 0xfffffffffffff;
  static constexpr double roundToInteger = 0x1.8p52, denormalScale = 0x1p54, minNormal = 0x1p-1022, tiny = 0x1p-27;
  static constexpr double log2e = 0x1.71547652b82fep0, ln2High = 0x1.62e42fefa39efp-1, ln2Low = 0x1.abc9e3b39803fp-56;
  static constexpr double ln2Short = 0x1.62e42fefa3p-1, ln2ShortRest = 0x1.3de6af278ece6p-42;
};

template <typename V> using FormatOf = Format<typename V::Scalar>;
template <typename V> inline constexpr bool isSingle = std::is_same_v<typename V::Scalar, float>;
template <typename V>
inline constexpr typename V::Scalar infinity = std::numeric_limits<typename V::Scalar>::infinity();
template <typename V>
inline constexpr typename V::Scalar notANumber = std::numeric_limits<typename V::Scalar>::quiet_NaN();

/// c[0] + c[1] x + c[2] x^2 + ..., from the highest coefficient down.
template <typename V, typename T, size_t N> V horner(const V &x, const T (&c)[N]) {
  static_assert(std::is_same_v<T, typename V::Scalar> && N >= 2);
  V sum = fma(x, c[N - 1], c[N - 2]);
  for (size_t k = N - 2; k-- > 0;)
    sum = fma(sum, x, c[k]);
  return sum;
}

/// 2^n for an integer n in [-bias + 1, bias].
template <typename V> V powerOfTwo(const typename V::Bits &n) {
  return ((n + FormatOf<V>::bias) << FormatOf<V>::mantissa).number();
}

/// A small integer as a number.
template <typename V> V fromInteger(const typename V::Bits &n) {
  return (n + FormatOf<V>::roundBits).number() - FormatOf<V>::roundToInteger;
}

/// The smaller and the larger of a number and a bound; NaN stays.
template <typename V> V atMost(const V &x, typename V::Scalar bound) { return select(x > bound, bound, x); }
template <typename V> V atLeast(const V &x, typename V::Scalar bound) { return select(x < bound, bound, x); }

/// The nearest integer to scale * x, as a number and as bits.
template <typename V> struct Nearest {
  V number;
  typename V::Bits integer;
};
template <typename V> Nearest<V> nearest(const V &x, typename V::Scalar scale) {
  V shifted = fma(x, scale, FormatOf<V>::roundToInteger);
  return {shifted - FormatOf<V>::roundToInteger, shifted.bits() - FormatOf<V>::roundBits};
}

/// x = 2^exponent * mantissa with the mantissa in [sqrt(1/2), sqrt(2)), for normal x.
template <typename V> struct Split {
  V mantissa;
  typename V::Bits exponent;
};
template <typename V> Split<V> split(const V &x) {
  using F = FormatOf<V>;
  auto offset = x.bits() - F::sqrtHalf;
  return {((offset & F::mantissaMask) + F::sqrtHalf).number(), offset >> F::mantissa};
}

} // namespace flowc::kernels

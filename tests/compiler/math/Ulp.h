// SPDX-License-Identifier: MIT
//
// How far a computed number is from a more precise one, in units in the last place.

#pragma once

#include <cmath>
#include <limits>

namespace flowc::testing {

/// |got - want| in ulps of want. Wrong kinds (a number for NaN, a finite number for infinity, the wrong sign of zero)
/// are infinitely far; the largest finite number is next to infinity.
template <typename T> double ulpError(T got, long double want) {
  constexpr double wrong = std::numeric_limits<double>::infinity();
  using Limits = std::numeric_limits<T>;
  if (std::isnan(want) || std::isnan(got))
    return std::isnan(want) && std::isnan(got) ? 0 : wrong;
  T rounded = static_cast<T>(want);
  if (got == rounded && (got == 0 || std::isinf(got)))
    return std::signbit(got) == std::signbit(rounded) ? 0 : wrong;
  if (std::isinf(got) || std::isinf(rounded))
    return std::fabs(std::isinf(got) ? rounded : got) == Limits::max() ? 1 : wrong;
  int exponent = Limits::min_exponent;
  if (want != 0)
    std::frexp(want, &exponent);
  int last = std::max(exponent, Limits::min_exponent) - Limits::digits;
  return static_cast<double>(std::ldexp(std::fabs(static_cast<long double>(got) - want), -last));
}

} // namespace flowc::testing

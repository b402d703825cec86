// SPDX-License-Identifier: MIT
//
// A number that knows what it is worth: its value, its derivative along one direction, and how far rounding may have
// moved the value. Nothing here is shared with the compiler.

#pragma once

#include <string_view>

namespace flowc::fuzz {

struct Number {
  long double value = 0, slope = 0, error = 0;

  Number() = default;
  Number(long double value, long double slope = 0, long double error = 0) : value(value), slope(slope), error(error) {}
  /// Whether the value says anything: no overflow, and digits left.
  bool isReliable() const;
};

/// What happened on the way that no number shows.
struct Mishaps {
  /// A function was asked outside of its domain: surely, or as far as rounding tells.
  bool undefined = false, perhapsUndefined = false;
  bool any() const { return undefined || perhapsUndefined; }
};

/// A function of one argument, by its name in the language.
Number applyUnary(std::string_view function, const Number &x, Mishaps &mishaps);
/// add sub mul div pow max min, and comparisons (1 or 0).
Number applyBinary(std::string_view function, const Number &a, const Number &b, Mishaps &mishaps);

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// The number type of the kernels (compiler/Transforms/ExpandMathFormat.h) as plain numbers: they run here without a
// compiler. Built with -ffp-contract=off, it rounds as the emitted code does.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace flowc::kernels {

template <typename T> struct PlainNumber {
  using Scalar = T;
  using Integer = std::conditional_t<sizeof(T) == 4, int32_t, int64_t>;
  using Unsigned = std::make_unsigned_t<Integer>;

  struct Mask {
    bool value;
    friend Mask operator&(Mask a, Mask b) { return {a.value && b.value}; }
    friend Mask operator|(Mask a, Mask b) { return {a.value || b.value}; }
  };

  struct Bits {
    Unsigned value;
    Bits(int64_t value) : value(static_cast<Unsigned>(value)) {}
    PlainNumber number() const { return {std::bit_cast<T>(value)}; }
    Bits shiftRightLogical(int by) const { return value >> by; }
    friend Bits operator+(Bits a, Bits b) { return static_cast<Unsigned>(a.value + b.value); }
    friend Bits operator-(Bits a, Bits b) { return static_cast<Unsigned>(a.value - b.value); }
    friend Bits operator*(Bits a, Bits b) { return static_cast<Unsigned>(a.value * b.value); }
    friend Bits operator&(Bits a, Bits b) { return a.value & b.value; }
    friend Bits operator^(Bits a, Bits b) { return a.value ^ b.value; }
    friend Bits operator<<(Bits a, int by) { return static_cast<Unsigned>(a.value << by); }
    friend Bits operator>>(Bits a, int by) { return static_cast<Integer>(a.value) >> by; }
    friend Bits operator-(Bits a) { return static_cast<Unsigned>(-a.value); }
    friend Mask operator==(Bits a, Bits b) { return {a.value == b.value}; }
  };

  T value;

  PlainNumber(T value) : value(value) {}
  PlainNumber of(T number) const { return number; }
  Bits bits() const { return static_cast<int64_t>(std::bit_cast<Integer>(value)); }

  friend PlainNumber operator+(PlainNumber a, PlainNumber b) { return a.value + b.value; }
  friend PlainNumber operator-(PlainNumber a, PlainNumber b) { return a.value - b.value; }
  friend PlainNumber operator*(PlainNumber a, PlainNumber b) { return a.value * b.value; }
  friend PlainNumber operator/(PlainNumber a, PlainNumber b) { return a.value / b.value; }
  friend PlainNumber operator-(PlainNumber a) { return -a.value; }
  friend Mask operator<(PlainNumber a, PlainNumber b) { return {a.value < b.value}; }
  friend Mask operator>(PlainNumber a, PlainNumber b) { return {a.value > b.value}; }
  friend Mask operator==(PlainNumber a, PlainNumber b) { return {a.value == b.value}; }
  friend Mask operator!=(PlainNumber a, PlainNumber b) { return {a.value != b.value}; }
  friend PlainNumber fma(PlainNumber a, PlainNumber b, PlainNumber c) { return std::fma(a.value, b.value, c.value); }
  friend PlainNumber select(Mask m, PlainNumber a, PlainNumber b) { return m.value ? a : b; }
  friend PlainNumber abs(PlainNumber a) { return std::fabs(a.value); }
  friend PlainNumber sqrt(PlainNumber a) { return std::sqrt(a.value); }
  friend PlainNumber copysign(PlainNumber a, PlainNumber b) { return std::copysign(a.value, b.value); }
};

} // namespace flowc::kernels

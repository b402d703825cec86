// SPDX-License-Identifier: MIT
//
// The points at which a search looks, the same in every run.

#pragma once

#include "compiler/Prove/Formula.h"

#include <random>

namespace flowc::prove {

/// A value per variable of a formula.
using Point = llvm::SmallVector<double>;

/// Maps a real number into a range, onto all of it.
double place(const flow::Interval &range, double u);

inline bool contains(const flow::Interval &range, double v) { return flow::Interval::point(v).within(range); }

/// Three digits of a number, which read better, if the range allows.
double rounded(const flow::Interval &range, double v);

/// First those that people choose, then random ones of all sizes, and last some far out.
class Points {
public:
  explicit Points(const Formula &formula);

  static constexpr unsigned kCount = 3400;
  static bool isFar(unsigned k) { return k >= kNear && k < kCount; }

  Point make(unsigned k);

private:
  static constexpr unsigned kNear = 3000;

  double chosen(unsigned k, size_t variable) const;
  /// A number of `range` whose distance from its end, or from 0, has any magnitude.
  double far(const flow::Interval &range);

  llvm::ArrayRef<Variable> variables;
  /// For the unknown: the formula's own numbers are where it turns.
  std::vector<double> special;
  std::mt19937_64 generator{20260101}, farGenerator{20260103};
  std::normal_distribution<double> normal;
};

} // namespace flowc::prove

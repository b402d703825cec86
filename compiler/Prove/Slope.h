// SPDX-License-Identifier: MIT
//
// What is asked of a formula's slope: that it is finite, and of one sign, wherever it is a derivative at all.

#pragma once

#include "compiler/Prove/Formula.h"
#include "compiler/Prove/Sign.h"

namespace flowc::prove {

/// The comparisons behind the slope whose two sides are equal for at most one value of the unknown. A continuous
/// formula whose slope has one sign everywhere else is strictly monotone: what its slope is said to be there does not
/// matter.
std::vector<Tie> isolatedTies(const Formula &formula);

/// A step of the slope that may be without a value where the formula itself has one, as the slope of a root at 0.
struct SlopeGap {
  mlir::Value operand;
  flow::Requirement requirement;
};
std::optional<SlopeGap> findSlopeGap(const Formula &formula);

} // namespace flowc::prove

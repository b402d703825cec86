// SPDX-License-Identifier: MIT
//
// What a formula tends to at the ends of its unknown's domain: with monotony, its image.

#pragma once

#include "compiler/Prove/Formula.h"

namespace flowc::prove {

/// The limit of the formula's value as its unknown tends to `end` (which may be infinite), all other variables held.
/// Builds what the limit's formula needs at the end of the function.
flow::Limit limitAt(Formula &formula, double end);

/// The number that a limit is, if it is one whatever the variables are: guessed by evaluating it, then proved.
std::optional<double> endOf(Formula &formula, const flow::Limit &limit);

} // namespace flowc::prove

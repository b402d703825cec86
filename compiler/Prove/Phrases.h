// SPDX-License-Identifier: MIT
//
// Numbers, domains, formulas and points in the words of a report.

#pragma once

#include "compiler/Prove/Witness.h"

#include <string>

namespace flowc::prove {

std::string number(double value);

std::string describe(const flow::Interval &interval);

/// A value of the formula, in the user's names.
std::string print(const Formula &formula, mlir::Value value);

/// "x = 1, a = 2", without the `first` names.
std::string describe(const Witness &witness, size_t first = 0);

} // namespace flowc::prove

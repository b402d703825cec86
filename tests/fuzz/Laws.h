// SPDX-License-Identifier: MIT
//
// A proved program, compiled, against its recorded meaning: values, log-determinant, inverse, density and gradients.

#pragma once

#include "tests/fuzz/Judge.h"

namespace flowc::fuzz {

std::vector<Fault> checkLaws(const std::string &text, const Tape &tape, uint64_t seed);

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// Makes a program that shows a fault smaller, as long as it shows it.

#pragma once

#include "tests/fuzz/Program.h"

#include <functional>

namespace flowc::fuzz {

/// `first` finds one of some programs that still shows the fault: its place, or how many there are.
Program shrink(Program program, const std::function<size_t(const std::vector<Program> &)> &first);

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// Says whether a lemma, SMT-LIB text, holds at numbers.

#pragma once

#include <map>
#include <string>

namespace flowc::test {

/// Evaluates `text` where its names have these values. What is claimed may fail by as much as rounding explains; what is
/// presumed must hold exactly.
bool holds(const std::string &text, const std::map<char, double> &names);
/// The value of a term.
double valueOf(const std::string &text, const std::map<char, double> &names);

} // namespace flowc::test

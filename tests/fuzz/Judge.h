// SPDX-License-Identifier: MIT
//
// Compares what the compiler says of a program with what the program does.

#pragma once

#include "tests/fuzz/LayerView.h"

#include <random>

namespace flowc::fuzz {

/// Something that is wrong: `what` is one word, the same for the same kind of fault.
struct Fault {
  std::string what, detail;
};

struct Judgement {
  std::vector<Fault> faults;
  /// Refutations whose witness names values that the text of the program does not.
  int notRechecked = 0;
};

Judgement judge(const Checked &checked, uint64_t seed);

/// The two halves of it: what is claimed for all inputs, and what is claimed of one.
void judgeProofs(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement);
void judgeRefutations(const Checked &checked, size_t layer, std::mt19937_64 &random, Judgement &judgement);

/// Why `reason`, for which a layer's structure is refuted, does not hold; empty if it does.
std::string contradictStructure(LayerView &view, const std::string &reason);

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// What the compiler says of a program, in plain data.

#pragma once

#include "tests/fuzz/Tape.h"

#include <array>

namespace flowc::fuzz {

struct CheckedWitness {
  std::vector<std::pair<std::string, double>> point;
  double value = 0;
  std::optional<std::array<double, 2>> twins;
};

struct CheckedObligation {
  std::string kind, verdict, statement, failure, finding;
  std::optional<CheckedWitness> witness;
  std::vector<int64_t> features;
};

struct CheckedLayer {
  std::string type, verdict, image;
  bool generative = false, base = false;
  std::vector<CheckedObligation> obligations;
};

struct Checked {
  /// What the language says against the program; then there is nothing else.
  std::string refused;
  std::string verdict;
  std::vector<CheckedLayer> layers;
  /// What is wrong with the report itself, if anything.
  std::string malformed;
  /// Why a proved model could not be derived.
  std::string notDerived;
  std::unique_ptr<Tape> tape;
};

/// The compiler up to a verdict and, for what is proved, through derivation. One per process.
class Checker {
public:
  Checker();
  ~Checker();
  Checked check(const std::string &text, bool alone);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// A random program: formulas as trees, so that they can be shrunk, in a text that they are put into.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace flowc::fuzz {

/// A number or a name (no parts), an operator or a function.
struct Tree {
  std::string head;
  std::vector<Tree> parts;

  std::string text() const;
  bool mentions(const std::string &name) const;
  size_t size() const;
};

struct DeclaredParameter {
  std::string name, domain;
};

struct Program {
  /// What is written: "$0", "$1" ... stand for the formulas, "$parameters" for the declarations of those that occur.
  std::string definition;
  std::vector<Tree> formulas;
  std::vector<DeclaredParameter> parameters;
  /// The rest of the flow.
  std::string items = "f", domain = "real", base = "normal";
  std::string context; ///< What a sample is given, as "real[2]"; empty if it is nothing.
  int features = 1;
  /// Strictly monotone because of how it was made.
  bool monotoneByConstruction = false;
  /// Judged as a definition alone (what it maps onto may be anything), not as a part of the flow.
  bool alone = false;
  /// For statistics: which of the generators made it.
  std::string kind;

  std::string definitionText() const;
  std::string text() const;
};

/// The program of that seed.
Program generate(uint64_t seed);

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT
//
// A report for people, for machines, and as a picture.

#pragma once

#include "compiler/Prove/Report.h"

#include "llvm/Support/JSON.h"

namespace flowc::prove {

/// What derivation adds to a layer's row: how it is inverted, and its log-determinant as a formula.
struct DerivedFacts {
  std::string inverse, logDet;
  /// Multiplications of networks per sample, data to latent and back.
  int64_t toLatent = 0, toData = 0;
};

/// Derived facts by the layer's name; layers that could not be derived are missing.
using FactsByLayer = std::map<std::string, DerivedFacts>;

struct TextStyle {
  bool color = false, unicode = false, verbose = false;
};

/// The table that a person reads at once, with a picture of each structure.
std::string reportText(const ModelReport &report, const FactsByLayer &facts, const TextStyle &style);

/// The same for machines; docs/check.md is its description.
llvm::json::Object reportJson(const ModelReport &report, const FactsByLayer &facts);

/// Each structure as a matrix: a square where an output depends on an input.
std::string reportSvg(const ModelReport &report);

} // namespace flowc::prove

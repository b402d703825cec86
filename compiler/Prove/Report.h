// SPDX-License-Identifier: MIT
//
// What was found of a model: per layer, what had to hold, and whether it does.

#pragma once

#include "compiler/Prove/Search.h"

namespace flowc::prove {

/// `Assumed` is proved from what the user assumes.
enum class Verdict { Proved, Assumed, Refuted, Unknown };
llvm::StringRef verdictName(Verdict verdict);
/// Whether it is settled that the layer is a bijection, or would be if what is assumed holds.
inline bool holds(Verdict verdict) { return verdict == Verdict::Proved || verdict == Verdict::Assumed; }

/// One thing that must hold for a layer to be a bijection between its domain and the next layer's.
struct Obligation {
  /// "monotone", "defined", "continuous", "onto", "smooth", "structure", "rank", "contraction", "assumption".
  std::string kind;
  /// What must hold, as a formula in the user's names; and what is wrong if it does not.
  std::string statement, failure;
  Verdict verdict = Verdict::Unknown;
  /// "intervals", "smt", "bisection", "limits", "structure", "norms", "assume"; of a refutation, "witness".
  std::string method;
  std::optional<Witness> witness;
  /// What the witness shows, in words; and a change with which the proof succeeds.
  std::string finding, remedy;
  /// The features that it concerns.
  llvm::SmallVector<int64_t> features;
  mlir::Location loc;
};

/// What is no matter of proof: a bijection of the reals that 32-bit numbers cannot follow.
struct Warning {
  std::string finding, remedy;
  Witness witness;
  mlir::Location loc;
};

struct LayerReport {
  std::string name, type;
  bool generative, base;
  mlir::Location loc;
  /// "element-wise", "coupling", "autoregressive", ... and the number of levels.
  std::string structure = {};
  int64_t levels = 0;
  /// Where its input lies, if the layer is written data to latent and that is the same for all features and not all reals.
  std::optional<flow::Interval> domain = {};
  /// What it maps its domain onto, if that is known, the same for all features and not all reals.
  std::string image = {};
  /// By output: whether it rises with the input that it is solved for, 1 or 0; -1 where that is not proved.
  std::vector<int8_t> rises = {};
  std::vector<Obligation> obligations = {};
  std::vector<Warning> warnings = {};
  /// Row i: the inputs that output i depends on. Empty for layers too large to draw.
  std::vector<std::vector<int64_t>> pattern = {};
  /// By output: the one input that it depends on; -1 where there are several.
  std::vector<int64_t> sources = {};

  Verdict verdict() const;
  /// Whether a direction takes one pass through the layer: both of a layer with few levels; else the stated one, and the other one
  /// takes the levels one after the other.
  bool isOnePass(bool toLatent) const;
};

/// Features of the data that no layer lets depend on others, and how many layers could.
struct Unmixed {
  std::vector<int64_t> features;
  int64_t mixingLayers;
  mlir::Location loc; ///< Of the last one.
};

struct ModelReport {
  std::string name;
  int64_t features = 0;
  std::vector<LayerReport> layers;
  std::optional<Unmixed> unmixed = {};
  size_t judged = 0; ///< How many of the layers were looked at; the others are like one of these.

  Verdict verdict() const;
};

} // namespace flowc::prove

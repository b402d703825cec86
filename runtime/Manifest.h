// SPDX-License-Identifier: MIT
//
// What the manifest (docs/manifest.md) says of a model, checked: parameters without holes, starts that name existing
// parameters.

#ifndef FLOWC_RUNTIME_MANIFEST_H
#define FLOWC_RUNTIME_MANIFEST_H

#include "runtime/Error.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace flowc::runtime {

/// How a parameter begins.
struct Initializer {
  enum class Kind { Constant, Uniform, Normal, Values };
  Kind kind = Kind::Constant;
  double first = 0;  // the constant, the low end, the mean
  double second = 0; // the high end, the deviation
  std::vector<double> values;
};

/// What a parameter follows instead of being trained.
struct Running {
  std::string statistic; // mean or variance, over the batch
  double momentum = 0;   // what it keeps of itself at every step
};

struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
  int64_t offset = 0;
  int64_t size = 1;
  Initializer initializer;
  bool frozen = false; // not trained: a teacher's, or one that follows a statistic
  std::optional<Running> running;
};

/// One data-dependent start.
struct Start {
  std::string layer;
  int64_t firstProbe = 0, probes = 0;
  std::vector<size_t> parameters; // indices into Manifest::parameters
};

/// One thing that a layer takes for true: its rows among the probes are 1 where it holds.
struct Assumption {
  std::string layer, text;
  int64_t firstRow = 0, rows = 0;
};

struct Layer {
  std::string name, type, verdict;
  int64_t levels = 0;
  std::vector<std::string> forward, inverse, logDet;
};

/// What training lowers.
struct Objective {
  std::string type = "likelihood";
  std::string target;      // the energy or flow that a divergence is taken from
  bool normalized = false; // the target's density integrates to one

  /// Whether the model draws its own samples, rather than learning from rows of data.
  bool drawsSamples() const { return type != "likelihood"; }
  /// The short name of what is lowered, in metrics.
  const char *metric() const { return drawsSamples() ? "kl" : "nll"; }
  /// The title of its curve.
  std::string title() const {
    if (!drawsSamples())
      return "negative log-likelihood, nats a row";
    return "reverse KL divergence from " + target + (normalized ? "" : ", up to a constant") + ", nats a sample";
  }
  /// The name of its value, for a line of text.
  std::string describe() const {
    return !drawsSamples() ? "nll" : "kl from " + target + (normalized ? "" : ", up to its constant");
  }
};

/// The open interval in which numbers lie.
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool contains(double value) const { return value > low && value < high; }
};

/// What every row is given beside its data: numbers between `low` and `high`, or one of `size` labels.
struct Context {
  int64_t size = 0; // 0 if the model is not conditional
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  bool label = false;

  explicit operator bool() const { return size > 0; }
  /// Numbers that a row of a file has.
  int64_t columns() const { return label ? 1 : size; }
  /// For a line of text.
  std::string describe() const {
    if (label)
      return fmt::format("a label from 0 to {}", size - 1);
    bool bounded = std::isfinite(low) || std::isfinite(high);
    return fmt::format("{} number{}{}", size, size > 1 ? "s" : "", bounded ? fmt::format(" inside ({}, {})", low, high) : "");
  }
};

/// How training estimates the log-determinants of residual layers: by that many terms of a power series, and by each further one with the
/// probability `keep`.
struct Estimate {
  int64_t least = 0;
  double keep = 0;
  /// Whether the mean is the log-determinant itself.
  bool unbiased() const { return keep > 0; }
};

struct Manifest {
  std::string name;
  std::string base;
  Range domain, baseDomain; // of each feature of the data, and of the latents
  int64_t features = 0;
  std::vector<std::string> dtypes;
  std::vector<Parameter> parameters;
  int64_t parameterCount = 0; // elements of the vector
  bool takesStatistics = false; // some parameter follows one
  int64_t trainedCount = 0;   // of these, the first ones that are trained; the others are frozen
  std::vector<Start> starts;
  std::vector<Assumption> assumptions;
  std::vector<Layer> layers;
  Objective objective;
  Context context;
  std::optional<Estimate> estimate; // training has the exact ones if absent
  nlohmann::json train; // an object; empty where the spec says nothing
  std::string specPath, specText;
};

/// `path` is for messages.
Result<Manifest> parseManifest(const std::string &path, std::string_view text);

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT
//
// The contract between the language and the compiler: the elaborator walks a checked syntax tree and tells a GraphBuilder, one
// call at a time, the straight-line program of every layer for ONE sample. All compile-time things (sizes, lists, loops, masks,
// networks, defaults, scalar bijections) are gone by then, every shape is known, broadcasting is explicit. compiler/Import
// implements this interface with MLIR; tests implement it with text.

#pragma once

#include "dsl/SourceLocation.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowc::dsl {

/// A handle to a value of the program under construction; only the builder that made it knows what it stands for.
struct Value {
  uint32_t id = UINT32_MAX;
};

/// [] is a scalar, [n] a vector (of features), [m, n] a matrix (of parameters).
using Shape = std::vector<int64_t>;

/// How a parameter starts, before any data is seen. Values are unconstrained (before the domain's map is applied).
struct ParameterInit {
  enum class Kind { Uniform, Normal, Constant, Values } kind = Kind::Constant;
  double a = 0, b = 0;        ///< Uniform: low, high. Normal: mean, deviation. Constant: a.
  std::vector<double> values; ///< Values: one per element.
};

/// A statistic over the samples of a batch. While training it is that of the batch at hand, and `momentum` says how much of the stored
/// value stays when that follows; everywhere else it is the stored value.
struct RunningStatistic {
  enum class Kind { Mean, Variance } kind = Kind::Mean;
  double momentum = 0.9;
};

/// What a layer is declared to be.
struct LayerInfo {
  std::string name; ///< Unique in the model, for instance "3.affine_coupling".
  std::string type; ///< The definition's name, for instance "affine_coupling".
  int64_t features = 0;
  /// The body computes data from latent (`generative`, or `inverse(...)` of a layer written data to latent).
  bool generative = false;
  /// The layer is the base: a bijection of every feature onto the open interval (0, 1), the base's cumulative distribution.
  bool base = false;
};

/// The open or closed interval that a value is known to lie in.
struct Interval {
  double low, high;
  bool lowOpen = true, highOpen = true;
};

/// What every sample of a model is given beside its data: `size` numbers that lie in `range`, all reals if that is absent; or one of
/// `size` labels, which formulas see as a vector with 1 in the label's place and 0 elsewhere.
struct ContextInfo {
  int64_t size;
  std::optional<Interval> range;
  bool label = false;
};

/// A scalar function that formulas may call, as the builder knows it.
struct ScalarFunction {
  std::string name;
  int arity;
};

class GraphBuilder {
public:
  virtual ~GraphBuilder() = default;

  /// The scalar functions of the compiler's table (exp, log, tanh, ...). All act element by element on operands of ONE shape.
  virtual std::vector<ScalarFunction> scalarFunctions() const = 0;

  virtual void beginModel(std::string_view name, int64_t features, SourceLocation loc) = 0;
  /// States where the current model's data lies, if that is not all reals.
  virtual void dataDomain(Interval) {}
  /// States what the current model's samples are given beside their data; not called where that is nothing.
  virtual void takesContext(const ContextInfo &) {}
  virtual void endModel() = 0;

  /// States that the current model is trained not by the likelihood of data but by its reverse Kullback-Leibler divergence from `target`:
  /// an energy, which is told next, or a `flow`, which is told as a model of its own after this one.
  virtual void reverseKl(std::string_view target, bool isFlow) = 0;
  /// States that training estimates the log-determinants of the current model's residual layers: by the first `least` terms of their power
  /// series, and by each further one with the probability `keep`, so weighted that the mean is that of all terms.
  virtual void estimateLogDets(int64_t /*least*/, double /*keep*/, SourceLocation) {}
  /// Starts the function of a sample of the current model that is minus the logarithm of a density, up to a constant; returns its input.
  virtual Value beginEnergy(int64_t features, SourceLocation loc) = 0;
  virtual void endEnergy(Value result, SourceLocation loc) = 0;

  /// Starts the next layer, in the order data to latent, the base last; returns its input, of shape [features].
  virtual Value beginLayer(const LayerInfo &info, SourceLocation loc) = 0;
  /// States the interval that each feature of the current layer's input is declared to lie in, if that is not all reals.
  virtual void layerDomain(Interval) {}
  virtual void endLayer(Value result, SourceLocation loc) = 0;

  /// The context of the sample, of the size that the model states, in the current layer or energy.
  virtual Value context(SourceLocation loc) = 0;

  /// A parameter of the current layer. `name` is unique in the model. `range` is a fact about the value returned, made true by
  /// the calls that follow (a domain is elaborated into its map: `positive` is softplus of the raw parameter).
  virtual Value parameter(std::string_view name, const Shape &shape, const ParameterInit &init, SourceLocation loc) = 0;
  /// States that every element of `value` lies in `range`: what a domain promises and a proof may use.
  virtual Value constrained(Value value, Interval range, SourceLocation loc) = 0;
  /// The same of all elements together: the root of the sum of their squares is at most `bound`; if `spectral`, only the spectral norm of
  /// the matrix is.
  virtual Value normBounded(Value value, double /*bound*/, bool /*spectral*/, SourceLocation) { return value; }
  /// A number that is never below the spectral norm of a matrix, and hardly above it; or `least`, if that is larger.
  virtual Value spectralNorm(Value matrix, double least, SourceLocation loc) = 0;
  /// States that the user takes it for true that every element of a value lies in an interval, which is what `text` says: a fact for
  /// proofs about the layer, wherever in it the value is computed, and a check at run time.
  virtual void assume(Value, Interval, std::string_view /*text*/, SourceLocation) {}
  /// Data-dependent starts of the current layer's parameters. `startProbe` asks for mean and deviation, over the first batch, of
  /// the elements of `value` (shape [n], computed from the layer's input); the pair returned may be used only to compute the
  /// operand of `startParameter`, which gives the raw parameter `name` its value.
  virtual std::pair<Value, Value> startProbe(Value value, SourceLocation loc) = 0;
  virtual void startParameter(std::string_view name, Value value, SourceLocation loc) = 0;
  /// A parameter of the current layer that is not learned but follows a statistic of `value` (shape [n], computed from the layer's
  /// input) over batches.
  virtual Value runningStatistic(std::string_view name, Value value, const Shape &shape, const RunningStatistic &statistic,
                                 SourceLocation loc) = 0;

  /// `values` has one element per element of `shape`, or one for all.
  virtual Value constant(const Shape &shape, std::vector<double> values, SourceLocation loc) = 0;
  /// A row of the scalar table, or one of: add sub mul div pow (arity 2), neg (1), max min (2),
  /// less less_equal greater greater_equal (2; give a truth value), where (3: truth value, then, else).
  virtual Value apply(std::string_view function, std::span<const Value> operands, SourceLocation loc) = 0;
  /// matrix [m, n] times vector [n]; or times each of the `columns` of a vector [n * columns], which is a matrix written row by row.
  virtual Value matvec(Value matrix, Value vector, int64_t columns, SourceLocation loc) = 0;
  /// The matrix with element (m, k) kept where columns[k] <= rows[m], and 0 elsewhere.
  virtual Value causal(Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns, SourceLocation loc) = 0;
  /// Elements `indices` of a vector.
  virtual Value extract(Value vector, std::vector<int64_t> indices, SourceLocation loc) = 0;
  /// The vector of `size` elements whose elements indices[k] are pieces[k]; the index lists partition 0 .. size-1.
  virtual Value merge(std::span<const Value> pieces, const std::vector<std::vector<int64_t>> &indices, int64_t size,
                      SourceLocation loc) = 0;
  /// Sum of all elements of a vector, a scalar.
  virtual Value sum(Value vector, SourceLocation loc) = 0;
  /// A scalar repeated into a vector (or any shape).
  virtual Value splat(Value scalar, const Shape &shape, SourceLocation loc) = 0;
  /// Gives a value a name of the user's, for printed IR, formulas and messages.
  virtual void name(Value value, std::string_view userName) = 0;
};

} // namespace flowc::dsl

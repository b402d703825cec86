// SPDX-License-Identifier: MIT
//
// One element of a layer's output as a formula of one unknown, for the prover: plain f64 ops, with a variable for
// everything that the unknown does not reach by element-wise ops.

#pragma once

#include "compiler/Derive/Structure.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace flowc::prove {

/// The name that the user gave to a value.
std::optional<llvm::StringRef> userName(mlir::Value value);

/// The ops that a value is computed by.
llvm::SetVector<mlir::Operation *> backwardSlice(mlir::Value value);

/// A variable of a formula: the unknown, a parameter, another input, or a network's result.
struct Variable {
  mlir::Value value;
  std::string name;
  flow::Interval range;
  /// Whether it takes every value of its range, whatever the other variables are. A point at which some variable is not
  /// free may be out of reach.
  bool free = true;
  /// Whether it is a trained number, the same for every sample.
  bool parameter = false;
  /// Whether it is an element of the context.
  bool context = false;
  /// Of a context that is one of so many labels, and 0 of any other: the label for which the variable is 1. For the others it is 0.
  int64_t labels = 0, element = 0;
};

/// Where an element of a value comes from: another element, moved; or an op on one element of each operand; or a sum of
/// products of elements; or nothing that a formula of elements can say.
struct Origin {
  enum Kind { Input, Number, Moved, Computed, Summed, Opaque } kind;
  mlir::Value from;
  int64_t element;
  double number;
  /// Of a sum: the terms, each a list of factors.
  llvm::SmallVector<llvm::SmallVector<std::pair<mlir::Value, int64_t>, 2>> sum = {};
};

/// A sum as a formula of one unknown has it: some terms, and one variable for all others, which may be able to take any
/// value.
struct SumParts {
  llvm::SmallVector<llvm::SmallVector<std::pair<mlir::Value, int64_t>, 2>> terms;
  enum Rest { None, Unknown, Anything } rest = None;
  /// Whether the terms are more than a formula should have.
  bool tooLong = false;
};

/// Answers that question for a layer.
class Origins {
public:
  explicit Origins(flow::LayerOp layer) : layer(layer) {}
  Origin of(mlir::Value value, int64_t element);
  /// From now on, nobody asks where this value comes from.
  void hold(mlir::Value value) { held = value; }
  /// Where terms without the unknown have a parameter of their own, their sum is anything; where they are many, one number.
  SumParts partsOf(const Origin &sum, const LayerStructure &structure, int64_t input);
  flow::LayerOp getLayer() const { return layer; }

private:
  /// Whether the element is masked.
  bool isZero(mlir::Value value, int64_t element);
  /// Whether the element is of a parameter that nothing else uses.
  bool isOwnParameter(mlir::Value value, int64_t element);
  bool isAnything(llvm::ArrayRef<std::pair<mlir::Value, int64_t>> product);

  flow::LayerOp layer;
  mlir::Value held;
  llvm::DenseMap<mlir::Value, llvm::BitVector> nonZeros;
  llvm::DenseMap<mlir::Value, llvm::SmallVector<std::pair<unsigned, int64_t>>> moves;
};

/// A formula in a scratch function of its own; its first variable is the unknown.
class Formula {
public:
  /// The formula of value[element], in terms of x[input]. `domain` is the unknown's. With `valueOnly`, for questions
  /// that do not ask for the slope, what can be anything whatever the unknown is becomes a variable. What
  /// the user assumes comes with it, but for an assumption that is `judged`.
  static Formula build(Origins &origins, const LayerStructure &structure, mlir::Value value, int64_t element,
                       int64_t input, flow::Interval domain, bool valueOnly = false, flow::AssumeOp judged = {});
  /// What tells formulas apart: elements with the same signature have the same formula but for the variables' names.
  static std::string signature(Origins &origins, const LayerStructure &structure, mlir::Value value, int64_t element, int64_t input);

  mlir::Value value() const { return end().getOperand(0); }
  /// d value / d unknown.
  mlir::Value slope() const { return end().getOperand(1); }
  /// d inner / d unknown, built where it is asked for the first time.
  mlir::Value slopeOf(mlir::Value inner) const;
  /// The name of what depends on the unknown in a way that is no formula of elements, if there is such a thing: then
  /// the slope is not known.
  const std::optional<std::string> &entangled() const { return entangledName; }
  const Variable &unknown() const { return variables.front(); }
  llvm::ArrayRef<Variable> allVariables() const { return variables; }
  mlir::func::FuncOp getFunction() const { return function; }
  /// The values that depend on the unknown.
  llvm::DenseSet<mlir::Value> dependents() const;
  /// The variables' ranges, as the range analysis wants them.
  llvm::DenseMap<mlir::Value, flow::Interval> ranges() const;
  /// The names of values, for printing: the variables', and those that the user gave to what does not depend on the
  /// unknown.
  llvm::DenseMap<mlir::Value, std::string> names() const;
  /// Builds at the end of the function.
  mlir::OpBuilder builder() const;

private:
  friend class FormulaBuilder;
  mlir::func::ReturnOp end() const {
    return mlir::cast<mlir::func::ReturnOp>(function.getBody().front().getTerminator());
  }

  mlir::OwningOpRef<mlir::ModuleOp> module;
  mutable mlir::func::FuncOp function;
  llvm::SmallVector<Variable> variables;
  std::optional<std::string> entangledName;
};

} // namespace flowc::prove

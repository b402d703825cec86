// SPDX-License-Identifier: MIT
//
// A formula's value at a point, in f64.

#pragma once

#include "compiler/Prove/Formula.h"
#include "compiler/Prove/Smt.h"

namespace flowc::prove {

/// Values of a formula's ops at one point, in f64.
class PointEvaluator {
public:
  /// For the values that `roots` need.
  PointEvaluator(const Formula &formula, llvm::ArrayRef<mlir::Value> roots);
  /// Evaluates everything at a value per variable; false where rounding has eaten what matters (underflow, saturation),
  /// or something is not defined. Comparisons come out as they are `decided`, where they are.
  bool at(llvm::ArrayRef<double> point, const Decisions &decided = {});
  double of(mlir::Value value) const { return values[index.lookup(value)]; }
  /// The largest number met.
  double magnitude() const { return largest; }
  /// The comparisons whose two sides were equal: there a derivative is whatever the formula's author chose.
  llvm::ArrayRef<mlir::Value> ties() const { return tied; }

private:
  struct Step {
    mlir::Operation *op;
    const flow::ScalarRule *rule;
    llvm::SmallVector<unsigned, 3> operands;
  };

  /// Whether the elements of a context that is a label are those of one.
  bool isLabel(llvm::ArrayRef<double> point) const;

  llvm::DenseMap<mlir::Value, unsigned> index;
  std::vector<Step> steps;
  std::vector<double> values;
  size_t variables;
  llvm::SmallVector<size_t> labels; ///< The variables that are elements of such a context,
  int64_t labelCount = 0;           ///< of so many labels.
  double largest = 0;
  llvm::SmallVector<mlir::Value> tied;
};

} // namespace flowc::prove

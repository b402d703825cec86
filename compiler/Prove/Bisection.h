// SPDX-License-Identifier: MIT
//
// Formulas of a few symbols on boxes: halved until intervals tell, the worst box first.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc::prove {

/// Ranges of values.
using Ranges = llvm::DenseMap<mlir::Value, flow::Interval>;

/// Shows that a formula stays within an interval, or where it does not.
class Bisection {
public:
  /// Of `value`, where the `given` values lie in those ranges.
  Bisection(mlir::Value value, const Ranges &given);

  /// Whether its symbols are few enough to look at all their values.
  bool isSmall() const { return !symbols.empty() && symbols.size() <= kMostSymbols; }
  /// The sign of the formula somewhere in the middle, if it has one there: 1, -1 or 0.
  int signInTheMiddle();
  /// Whether the value lies in `wanted` wherever the symbols are in their ranges. Of a symbol without bounds that is looked at up to some
  /// number, and `beyond` that it must be shown by someone else, for ranges of the symbols. `hint` gets the point where it looked worst.
  bool proves(const flow::Interval &wanted, llvm::function_ref<bool(const Ranges &)> beyond, llvm::DenseMap<mlir::Value, double> *hint);

private:
  static constexpr size_t kMostSymbols = 3;

  struct Symbol {
    mlir::Value value;
    flow::Interval range;
    size_t index;
  };
  struct Step {
    flow::RangeOpInterface op;
    llvm::SmallVector<size_t, 3> operands;
    size_t result;
  };
  using Box = llvm::SmallVector<flow::Interval, kMostSymbols>;

  /// How often each value is used on the way to `value`.
  void countUses(mlir::Value value, const Ranges &given);
  bool isLeaf(mlir::Value value, const Ranges &given) const;
  /// Whether all that the value depends on is used for it alone.
  bool isOwn(mlir::Value value, const Ranges &given) const;
  size_t add(mlir::Value value, const Ranges &given);
  flow::Interval rangeOn(const Box &box);
  Box core(double reach) const;
  bool holdsOn(const Box &whole, const flow::Interval &wanted, llvm::DenseMap<mlir::Value, double> *hint);
  bool holdsBeyond(const Box &core, llvm::function_ref<bool(const Ranges &)> beyond) const;

  llvm::SmallVector<Symbol> symbols;
  std::vector<Step> steps;
  std::vector<flow::Interval> values;
  llvm::DenseMap<mlir::Value, size_t> uses, indexOf;
  size_t root;
};

} // namespace flowc::prove

// SPDX-License-Identifier: MIT
//
// A value of which some elements can be computed before others, as the levels of an inverse need it.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc {

/// Elements of one value (`of`), built one group after the other.
class Growth {
public:
  bool empty() const { return steps.empty(); }
  bool has(int64_t element) const { return placeOf.contains(element); }
  void append(llvm::ArrayRef<int64_t> elements, mlir::Value piece);
  /// `elements`, all of which are there, in this order.
  mlir::Value gather(mlir::OpBuilder &builder, mlir::Value of, llvm::ArrayRef<int64_t> elements);
  /// The same in the order in which they were built, where they are everything up to some time; `elements` is then in that order.
  mlir::Value gatherInAnyOrder(mlir::OpBuilder &builder, mlir::Value of, llvm::SmallVectorImpl<int64_t> &elements);

private:
  /// Everything that was built up to and with a step. Each such vector begins with the one before, so that all can share one place.
  mlir::Value upTo(mlir::OpBuilder &builder, mlir::Value of, size_t step);

  struct Step {
    int64_t begin, end;
    mlir::Value piece, whole;
  };
  std::vector<Step> steps;
  std::vector<int64_t> order;
  llvm::DenseMap<int64_t, int64_t> placeOf; ///< Where an element stands in `order`.
};

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// A formula with `where` is several formulas, one per way in which its comparisons can come out together. Knots in a
// row make as many pieces as there are gaps between them, not two to the power of their number.

#pragma once

#include "compiler/Prove/Smt.h"

namespace flowc::prove {

/// The comparisons that decide between branches in the formulas of `values`.
llvm::SmallVector<mlir::Value> comparisonsOf(llvm::ArrayRef<mlir::Value> values);

/// One way in which they can come out together, and those of them that imply the others.
struct Piece {
  Decisions all, essential;
};

/// All ways in which the comparisons can come out together; nothing if they are too many to go through.
std::optional<std::vector<Piece>> piecesOf(llvm::ArrayRef<mlir::Value> comparisons,
                                           const llvm::DenseMap<mlir::Value, flow::Interval> &given);

} // namespace flowc::prove

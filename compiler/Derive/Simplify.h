// SPDX-License-Identifier: MIT
//
// Takes logarithms, products and moved elements apart symbolically, so that what is emitted is stable in f32 and what is printed is
// what a person would have written.

#pragma once

#include "compiler/Dialect/Flow/Interval.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace flowc {

/// log|..| rules: SimplifyLogs.cpp.
void populateLogPatterns(mlir::RewritePatternSet &patterns);
/// f(g(x)) = x: SimplifyInverses.cpp.
void populateInversePatterns(mlir::RewritePatternSet &patterns);
/// Units, signs, exponentials in denominators: SimplifyArith.cpp.
void populateArithPatterns(mlir::RewritePatternSet &patterns);
/// extract, merge, splat, sum: SimplifyVectors.cpp.
void populateVectorPatterns(mlir::RewritePatternSet &patterns);

/// The sum of a merge is taken apart into sums of its pieces: where sums are to cancel, not where they are to be computed.
void populateSumPatterns(mlir::RewritePatternSet &patterns);

void populateAllPatterns(mlir::RewritePatternSet &patterns);

/// All of them, to a fixed point. Rules may use the facts of flow.constrained.
std::unique_ptr<mlir::Pass> createSimplifyPass();
/// Takes logarithms and quotients of sums of exponentials from the largest of them, in all that is computed in `scope`; `given` are ranges
/// that are known from elsewhere.
void stabilize(mlir::Operation *scope, llvm::DenseMap<mlir::Value, flow::Interval> given);
/// The same as a pass. It asks for facts, too.
std::unique_ptr<mlir::Pass> createStabilizePass();
/// Removes flow.constrained, after which no rule may ask for facts.
std::unique_ptr<mlir::Pass> createDropFactsPass();
/// Removes flow.detach, once gradients are taken.
std::unique_ptr<mlir::Pass> createDropDetachedPass();

} // namespace flowc

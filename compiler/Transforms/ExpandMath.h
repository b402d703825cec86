// SPDX-License-Identifier: MIT
//
// flow-expand-math: elementary functions become arithmetic.

#pragma once

#include <memory>

namespace mlir {
class Pass;
}

namespace flowc {

/// Rewrites the functions of the math and flow dialects on f32 and f64, scalars and vectors of any shape, into arith
/// ops on numbers and their bits, math.fma, math.sqrt, math.absf and math.copysign: no calls, no branches, no gathers,
/// the same bits for every vector width. Other element types and tensors are left alone. Expects to run before anything
/// is lowered to LLVM (whose own lowering of log1p and expm1 is inaccurate); a CSE afterwards shares what several
/// expansions have in common.
std::unique_ptr<mlir::Pass> createExpandMathPass();

} // namespace flowc

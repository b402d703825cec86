// SPDX-License-Identifier: MIT
//
// Whether some outputs rise or fall with their unknowns, for those who build the inverse.

#pragma once

#include "compiler/Prove/Formula.h"

namespace flowc::prove {

/// value[elements[k]] as a function of x[inputs[k]], all else held: true if every one is proved to increase, false if every one to
/// decrease. What was proved for the whole layer is taken into account.
std::optional<bool> proveDirection(flow::LayerOp layer, const LayerStructure &structure, mlir::Value value,
                                   llvm::ArrayRef<int64_t> elements, llvm::ArrayRef<int64_t> inputs);

} // namespace flowc::prove

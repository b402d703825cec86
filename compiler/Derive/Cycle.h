// SPDX-License-Identifier: MIT
//
// What a message about a cycle says: through which value of the user's an output needs the inputs that it waits for.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// The value in which the unsolved inputs of value[element] come together: nothing that it is computed from needs all of them.
mlir::Value meetingPoint(const LayerStructure &structure, mlir::Value value, int64_t element, const llvm::BitVector &solved);

/// " through `s`", from the name that the user has given to `value` or to what is next computed from it on the way to `output`; empty
/// if there is none.
std::string throughName(mlir::Value value, mlir::Value output);

} // namespace flowc

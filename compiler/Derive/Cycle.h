// SPDX-License-Identifier: MIT
//
// What a message about a cycle says: through which value of the user's an output needs the inputs that it waits for.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// The value in which the unsolved inputs of value[element] come together: nothing that it is computed from needs all of them.
mlir::Value meetingPoint(const LayerStructure &structure, mlir::Value value, int64_t element, const llvm::BitVector &solved);

/// The value that the user has given a name: `value`, or what is next computed from it on the way to `output`; null if there is none.
mlir::Value nextNamed(mlir::Value value, mlir::Value output);

} // namespace flowc

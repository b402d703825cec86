// SPDX-License-Identifier: MIT
//
// The tile dialect: what a target must be able to do with one tile of samples, and how its buffers are to be read.

#pragma once

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "compiler/Dialect/Tile/TileDialect.h.inc"
#include "compiler/Dialect/Tile/TileEnums.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/Tile/TileOps.h.inc"

namespace flowc::tile {

/// Whether a buffer holds one number per row (rank 1), the same for all samples.
inline bool isUniformBuffer(mlir::Value buffer) {
  return mlir::cast<mlir::MemRefType>(buffer.getType()).getRank() == 1;
}

/// The strides of a verified buffer, in elements.
llvm::SmallVector<int64_t> bufferStrides(mlir::MemRefType type);

} // namespace flowc::tile

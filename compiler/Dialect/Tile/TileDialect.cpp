// SPDX-License-Identifier: MIT
//
// Registers the dialect. Which programs are well formed is said in TileVerifiers.cpp.

#include "compiler/Dialect/Tile/TileDialect.h"

#include "compiler/Dialect/Tile/TileDialect.cpp.inc"
#include "compiler/Dialect/Tile/TileEnums.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/Tile/TileOps.cpp.inc"

using namespace mlir;
using namespace flowc::tile;

void TileDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/Tile/TileOps.cpp.inc"
      >();
}

llvm::SmallVector<int64_t> flowc::tile::bufferStrides(MemRefType type) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  if (failed(type.getStridesAndOffset(strides, offset)))
    strides.clear();
  return strides;
}

llvm::ArrayRef<int64_t> MapOp::inputRows(unsigned k) { return cast<DenseI64ArrayAttr>(getInputRows()[k]).asArrayRef(); }

llvm::ArrayRef<int64_t> MapOp::outputRows(unsigned k) {
  return cast<DenseI64ArrayAttr>(getOutputRows()[k]).asArrayRef();
}

OutputKind MapOp::outputKind(unsigned k) { return static_cast<OutputKind>(getOutputKinds()[k]); }

/// Whether no two groups of `size` iterations name the same row.
static bool keepsRowsInGroups(ArrayRef<int64_t> rows, int64_t size) {
  llvm::SmallDenseMap<int64_t, int64_t> groupOf;
  for (auto [i, row] : llvm::enumerate(rows))
    if (int64_t group = static_cast<int64_t>(i) / size; groupOf.try_emplace(row, group).first->second != group)
      return false;
  return true;
}

int64_t MapOp::iterationsInOrder() {
  int64_t size = 1, rows = getRows();
  for (unsigned k = 0; k < getOutputs().size(); ++k)
    while (outputKind(k) != OutputKind::SumRows && (rows % size || !keepsRowsInGroups(outputRows(k), size)))
      ++size;
  return size;
}

bool MapOp::isUniform() {
  for (unsigned k = 0; k < getOutputs().size(); ++k)
    if (outputKind(k) == OutputKind::SumSamples || !isUniformBuffer(getOutputs()[k]))
      return false;
  return true;
}

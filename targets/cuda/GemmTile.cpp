// SPDX-License-Identifier: MIT

#include "targets/cuda/GemmTile.h"

using namespace mlir;
using namespace flowc::cuda;

int64_t flowc::cuda::pitchWithoutConflicts(int64_t length, int64_t wide) { return llvm::alignTo(length, 16) + 2 * wide; }

int64_t flowc::cuda::mostPanelBytes(Type element) {
  int64_t bytes = targets::elementBytes(element);
  auto sizeOf = [&](bool contiguousA) { return TileLayout(element, kMostTileRows, {contiguousA}).size() * bytes; };
  return std::max(sizeOf(true), sizeOf(false));
}

TileLayout::TileLayout(Type element, int64_t rows, const Factors &factors)
    : element(element), rows(rows), contiguousA(factors.contiguousA) {
  int64_t bytes = targets::elementBytes(element);
  wide = 16 / bytes;
  // Shared memory has 32 banks of four bytes. In a warp eight threads read 16 bytes at a time, of two neighbouring columns and four steps
  // of k, or of eight rows: these offsets, counted in banks, are all different.
  aRow = !contiguousA ? 1 : factors.aPitch ? factors.aPitch : kDepth + wide;
  aStep = contiguousA ? 1 : rows + 2 * wide;
  bStep = factors.bPitch ? factors.bPitch : pitchWithoutConflicts(kTileColumns, wide);
  pitch = kTileColumns + wide;
  aSize = factors.aPitch ? 0 : contiguousA ? rows * aRow : kDepth * aStep;
  bSize = factors.bPitch ? 0 : kDepth * bStep;
  stages = bytes > 4 ? 2 : 3; // What 48 KB hold, which every kernel has without asking.
}

int64_t TileLayout::size() const { return std::max(stages * (aSize + bSize), rows * pitch); }

SmallVector<Value> Product::zeros(BlockEmitter &e) const {
  return SmallVector<Value>(sums, e.constant(layout.element, 0.0));
}

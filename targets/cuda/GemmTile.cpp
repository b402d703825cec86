// SPDX-License-Identifier: MIT

#include "targets/cuda/GemmTile.h"

using namespace mlir;
using namespace flowc::cuda;

TileLayout::TileLayout(Type element, int64_t rows, bool contiguousA) : element(element), rows(rows), contiguousA(contiguousA) {
  int64_t bytes = targets::elementBytes(element);
  wide = 16 / bytes;
  // Shared memory has 32 banks of four bytes. In a warp eight threads read 16 bytes at a time, of two neighbouring columns and four steps
  // of k, or of eight rows: these offsets, counted in banks, are all different.
  aRow = contiguousA ? kDepth + wide : 1;
  aStep = contiguousA ? 1 : rows + 2 * wide;
  bStep = kTileColumns + 2 * wide;
  pitch = kTileColumns + wide;
  aSize = contiguousA ? rows * aRow : kDepth * aStep;
  bSize = kDepth * bStep;
  stages = bytes > 4 ? 2 : 3; // What 48 KB hold, which every kernel has without asking.
}

int64_t TileLayout::size() const { return std::max(stages * (aSize + bSize), rows * pitch); }

SmallVector<Value> Product::zeros(BlockEmitter &e) const {
  return SmallVector<Value>(sums, e.constant(layout.element, 0.0));
}

// SPDX-License-Identifier: MIT
//
// Rows into tiles and back. A tile is feature-major: element (feature f, sample s) at f * tile + s.

#ifndef FLOWC_RUNTIME_MODEL_TILE_H
#define FLOWC_RUNTIME_MODEL_TILE_H

#include "runtime/Philox.h"

namespace flowc::runtime::model {

/// Columns copied together: so many tile rows stay in the first-level cache while the samples go by.
inline constexpr int64_t TransposeBlock = 16;

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/// Transposes `valid` rows into `out` and fills the lanes past them with copies of the last one.
template <typename T> void rowsToTile(const T *rows, int64_t valid, int64_t features, int64_t tile, T *out) {
  for (int64_t f0 = 0; f0 < features; f0 += TransposeBlock) {
    int64_t f1 = smaller(f0 + TransposeBlock, features);
    for (int64_t s = 0; s < valid; ++s)
      for (int64_t f = f0; f < f1; ++f)
        out[f * tile + s] = rows[s * features + f];
    for (int64_t f = f0; f < f1; ++f)
      for (int64_t s = valid; s < tile; ++s)
        out[f * tile + s] = out[f * tile + valid - 1];
  }
}

/// Transposes the first `valid` lanes into rows.
template <typename T> void tileToRows(const T *in, int64_t valid, int64_t features, int64_t tile, T *rows) {
  for (int64_t f0 = 0; f0 < features; f0 += TransposeBlock) {
    int64_t f1 = smaller(f0 + TransposeBlock, features);
    for (int64_t s = 0; s < valid; ++s)
      for (int64_t f = f0; f < f1; ++f)
        rows[s * features + f] = in[f * tile + s];
  }
}

/// The uniform numbers of the samples first, first + 1, ...: lanes are samples, so that the rounds run in vectors.
template <typename T> void uniformTile(uint64_t seed, uint64_t first, RandomStream stream, int64_t rows, int64_t tile, T *out) {
  for (int64_t f = 0; f < rows; f += 2)
    for (int64_t s = 0; s < tile; ++s) {
      PhiloxBlock block = philox(seed, first + uint64_t(s), stream, uint32_t(f / 2));
      out[f * tile + s] = uniformFrom<T>(block.words[0], block.words[1]);
      if (f + 1 < rows)
        out[(f + 1) * tile + s] = uniformFrom<T>(block.words[2], block.words[3]);
    }
}

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// Aligned memory from libc, zeroed; no operator new, since the model library does without libstdc++.

#ifndef FLOWC_RUNTIME_MODEL_MEMORY_H
#define FLOWC_RUNTIME_MODEL_MEMORY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

namespace flowc::runtime::model {

inline constexpr size_t Alignment = 64;

/// `bytes` rounded up to the alignment.
inline size_t roundUp(size_t bytes) { return (bytes + Alignment - 1) & ~(Alignment - 1); }

/// Room for `count` elements (and never nothing), or null.
template <typename T> T *allocate(int64_t count) {
  size_t bytes = roundUp(size_t(count > 0 ? count : 1) * sizeof(T));
  void *memory = aligned_alloc(Alignment, bytes);
  if (memory)
    memset(memory, 0, bytes);
  return static_cast<T *>(memory);
}

/// memcpy that accepts null for nothing.
template <typename T> void copy(T *to, const T *from, int64_t count) {
  if (count > 0)
    memcpy(to, from, size_t(count) * sizeof(T));
}

} // namespace flowc::runtime::model

#endif

// SPDX-License-Identifier: MIT
//
// What a model is timed with: parameters as training begins with them, and a batch that is surely in its domain.

#ifndef FLOWC_RUNTIME_COMMANDS_BENCHBATCH_H
#define FLOWC_RUNTIME_COMMANDS_BENCHBATCH_H

#include "runtime/Manifest.h"
#include "runtime/abi/flowrt.hpp"

#include <vector>

namespace flowc::runtime {

template <typename T> struct BenchBatch {
  std::vector<T> x;       // rows of data: the model's own samples
  std::vector<T> given;   // what training takes: x, or uniform numbers where the model draws its samples
  std::vector<T> context; // of each row; empty if there is none
};

/// Of a model whose parameters are set.
template <typename T> BenchBatch<T> makeBenchBatch(const Manifest &manifest, Model<T> &model, int64_t rows);

} // namespace flowc::runtime

#endif

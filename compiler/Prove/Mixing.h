// SPDX-License-Identifier: MIT
//
// Features that a stack of layers never lets depend on others, though several of its layers could: masks or permutations undo each
// other. It stays a bijection, and learns less than was meant.

#pragma once

#include "compiler/Prove/Report.h"

namespace flowc::prove {

class Mixing {
public:
  explicit Mixing(int64_t features);
  /// Adds the layer behind those that were added before.
  void add(const LayerReport &layer);
  /// The features of the data that go through all layers alone, where at least two layers mix.
  std::optional<Unmixed> unmixed() const;

private:
  std::vector<int64_t> alone; ///< By element: the feature that it depends on, -1 where there are several.
  llvm::SmallVector<mlir::Location> mixingLayers;
};

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Mixing.h"

#include <algorithm>
#include <numeric>

namespace flowc::prove {

Mixing::Mixing(int64_t features) : alone(features) { std::iota(alone.begin(), alone.end(), 0); }

void Mixing::add(const LayerReport &layer) {
  if (layer.base || layer.sources.empty())
    return;
  if (llvm::is_contained(layer.sources, -1))
    mixingLayers.push_back(layer.loc);
  std::vector<int64_t> next(alone.size(), -1);
  for (auto [output, input] : llvm::enumerate(layer.sources))
    if (input >= 0 && layer.generative)
      next[input] = alone[output];
    else if (input >= 0)
      next[output] = alone[input];
  alone = std::move(next);
}

std::optional<Unmixed> Mixing::unmixed() const {
  if (mixingLayers.size() < 2)
    return std::nullopt;
  Unmixed found{{}, static_cast<int64_t>(mixingLayers.size()), mixingLayers.back()};
  llvm::copy_if(alone, std::back_inserter(found.features), [](int64_t feature) { return feature >= 0; });
  llvm::sort(found.features);
  return found.features.empty() ? std::nullopt : std::optional(std::move(found));
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "dsl/Masks.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace flowc::dsl {

std::vector<int64_t> randomPermutation(uint64_t seed, int64_t size) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  // Fisher and Yates by hand: std::shuffle differs between libraries, and a model must not.
  std::mt19937_64 generator(seed);
  for (int64_t i = size - 1; i > 0; --i)
    std::swap(order[i], order[generator() % static_cast<uint64_t>(i + 1)]);
  return order;
}

std::vector<int64_t> randomNumbers(uint64_t seed, int64_t count, int64_t bound) {
  std::vector<int64_t> numbers(count);
  std::mt19937_64 generator(seed);
  for (int64_t &number : numbers)
    number = static_cast<int64_t>(generator() % static_cast<uint64_t>(bound));
  return numbers;
}

std::optional<MaskIndices> resolveMask(const MaskThing &mask, int64_t size, int64_t &wrong) {
  std::vector<bool> kept(size, false);
  int64_t half = (size + 1) / 2;
  switch (mask.pattern) {
  case MaskThing::Pattern::Half:
    std::fill(kept.begin(), kept.begin() + half, true);
    break;
  case MaskThing::Pattern::Alternate:
    for (int64_t i = 0; i < size; i += 2)
      kept[i] = true;
    break;
  case MaskThing::Pattern::Random:
    for (int64_t i = 0; auto index : randomPermutation(mask.seed, size))
      kept[index] = i++ < half;
    break;
  case MaskThing::Pattern::Listed:
    for (int64_t index : mask.listed) {
      wrong = index;
      if (index < 0 || index >= size || kept[index])
        return std::nullopt;
      kept[index] = true;
    }
    break;
  }
  MaskIndices indices;
  for (int64_t i = 0; i < size; ++i)
    (kept[i] != mask.swapped ? indices.kept : indices.changed).push_back(i);
  return indices;
}

} // namespace flowc::dsl

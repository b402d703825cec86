// SPDX-License-Identifier: MIT
//
// Which addresses may be used: what was allocated, and has not been freed.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>

namespace flowc::test {

class Ranges {
public:
  /// New memory, full of numbers that are none, so that what nobody wrote is seen in whatever is computed from it.
  void *make(size_t bytes) {
    void *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    std::memset(memory, 0xff, bytes);
    add(memory, bytes);
    return memory;
  }
  /// False if it begins nowhere.
  bool destroy(void *memory) {
    if (!sizes.erase(reinterpret_cast<uintptr_t>(memory)))
      return false;
    std::free(memory);
    return true;
  }
  void add(const void *memory, size_t bytes) { sizes[reinterpret_cast<uintptr_t>(memory)] = bytes; }
  void remove(const void *memory) { sizes.erase(reinterpret_cast<uintptr_t>(memory)); }

  bool contain(const void *address, size_t bytes) const {
    auto first = reinterpret_cast<uintptr_t>(address);
    auto after = sizes.upper_bound(first);
    if (after == sizes.begin())
      return false;
    auto [begin, size] = *--after;
    return first + bytes <= begin + size;
  }

  size_t count() const { return sizes.size(); }
  size_t bytes() const {
    size_t sum = 0;
    for (auto [begin, size] : sizes)
      sum += size;
    return sum;
  }

private:
  std::map<uintptr_t, size_t> sizes;
};

} // namespace flowc::test

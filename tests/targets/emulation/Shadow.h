// SPDX-License-Identifier: MIT
//
// Who touched each word of memory last: what races are found by. Moments count on and on, one from barrier to barrier, so that a moment says
// which block of which launch it was.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace flowc::test {

/// The last access of a kind to a word.
struct Access {
  uint32_t moment = 0;
  uint16_t thread = 0;
  bool severalThreads = false, severalBlocks = false; ///< In that moment; in that launch.
};

struct Word {
  Access read, write;
  int32_t copiesUnderWay = 0;
};

/// Kept from launch to launch.
class Shadow {
public:
  static constexpr int64_t kWordBytes = 4;

  Word &at(uintptr_t address) {
    uintptr_t page = address / kPageBytes;
    Recent &recent = lately[page % lately.size()];
    if (recent.page != page)
      recent = {page, find(page)};
    return recent.words[address % kPageBytes / kWordBytes];
  }

private:
  static constexpr uintptr_t kPageBytes = 4096;
  using Page = std::array<Word, kPageBytes / kWordBytes>;
  struct Recent {
    uintptr_t page = 0;
    Word *words = nullptr;
  };

  Word *find(uintptr_t page) {
    auto &words = pages[page];
    if (!words)
      words = std::make_unique<Page>();
    return words->data();
  }

  std::unordered_map<uintptr_t, std::unique_ptr<Page>> pages;
  std::array<Recent, 256> lately;
};

} // namespace flowc::test

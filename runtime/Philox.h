// SPDX-License-Identifier: MIT
//
// Philox4x32-10: random numbers as a pure function of (seed, index, stream, draw), so that they are the same for any
// number of threads and any split of the work. Needs no library: the model library's driver includes this too.

#ifndef FLOWC_RUNTIME_PHILOX_H
#define FLOWC_RUNTIME_PHILOX_H

#include <stdint.h>

namespace flowc::runtime {

/// What a random number is for. Part of the counter, so that different uses of one seed never share numbers.
enum class RandomStream : uint32_t { Sample = 0, Initialize = 1, Shuffle = 2, Split = 3, Test = 4, Noise = 5, ValidNoise = 6, Estimate = 7 };

/// One block of four random words.
struct PhiloxBlock {
  uint32_t words[4];
};

/// The ten rounds of Philox4x32 on `counter` under `key`.
inline PhiloxBlock philox(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = counter.words[0], c1 = counter.words[1], c2 = counter.words[2], c3 = counter.words[3];
  for (int round = 0; round < 10; ++round) {
    uint64_t product0 = uint64_t{0xD2511F53} * c0, product1 = uint64_t{0xCD9E8D57} * c2;
    c0 = uint32_t(product1 >> 32) ^ c1 ^ key0;
    c1 = uint32_t(product1);
    c2 = uint32_t(product0 >> 32) ^ c3 ^ key1;
    c3 = uint32_t(product0);
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

/// Block number `draw` of `stream` for item `index` under `seed`.
inline PhiloxBlock philox(uint64_t seed, uint64_t index, RandomStream stream, uint32_t draw) {
  return philox({{uint32_t(index), uint32_t(index >> 32), uint32_t(stream), draw}}, uint32_t(seed),
                uint32_t(seed >> 32));
}

/// A number uniform in the open interval (0, 1), from the high word (f32) or both words (f64): the f32 number is the
/// f64 one with fewer digits.
template <typename T> T uniformFrom(uint32_t high, uint32_t low);
template <> inline float uniformFrom<float>(uint32_t high, uint32_t) { return (float(high >> 9) + 0.5f) * 0x1p-23f; }
template <> inline double uniformFrom<double>(uint32_t high, uint32_t low) {
  return (double(((uint64_t{high} << 32) | low) >> 12) + 0.5) * 0x1p-52;
}

/// Uniform number `number` of item `index`: half a block each.
template <typename T> T uniform(uint64_t seed, uint64_t index, RandomStream stream, uint32_t number) {
  PhiloxBlock block = philox(seed, index, stream, number / 2);
  return number % 2 ? uniformFrom<T>(block.words[2], block.words[3]) : uniformFrom<T>(block.words[0], block.words[1]);
}

} // namespace flowc::runtime

#endif

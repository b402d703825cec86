// SPDX-License-Identifier: MIT
#include "runtime/Philox.h"
#include "runtime/data/Shuffle.h"

#include <catch2/catch.hpp>
#include <set>

using namespace flowc::runtime;

TEST_CASE("philox gives Random123's known answers") {
  PhiloxBlock zeros = philox({{0, 0, 0, 0}}, 0, 0);
  CHECK(zeros.words[0] == 0x6627e8d5);
  CHECK(zeros.words[1] == 0xe169c58d);
  CHECK(zeros.words[2] == 0xbc57ac4c);
  CHECK(zeros.words[3] == 0x9b00dbd8);
  PhiloxBlock ones = philox({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u);
  CHECK(ones.words[0] == 0x408f276d);
  CHECK(ones.words[1] == 0x41c83b0e);
  CHECK(ones.words[2] == 0xa20bc7c6);
  CHECK(ones.words[3] == 0x6d5451fd);
  PhiloxBlock pi = philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0);
  CHECK(pi.words[0] == 0xd16cfe09);
  CHECK(pi.words[1] == 0x94fdcceb);
  CHECK(pi.words[2] == 0x5001e420);
  CHECK(pi.words[3] == 0x24126ea1);
}

TEST_CASE("uniform numbers lie in the open interval, f32 beside f64") {
  CHECK(uniformFrom<float>(0, 0) > 0.0f);
  CHECK(uniformFrom<float>(~0u, ~0u) < 1.0f);
  CHECK(uniformFrom<double>(0, 0) > 0.0);
  CHECK(uniformFrom<double>(~0u, ~0u) < 1.0);
  for (uint64_t i = 0; i < 1000; ++i)
    CHECK(std::abs(double(uniform<float>(3, i, RandomStream::Sample, 1)) -
                   uniform<double>(3, i, RandomStream::Sample, 1)) < 1.3e-7);
}

TEST_CASE("a uniform number is half of the block that seed, index, stream and number name") {
  PhiloxBlock block = philox({{5, 6, 4, 1}}, 7, 8);
  uint64_t seed = (uint64_t{8} << 32) | 7, index = (uint64_t{6} << 32) | 5;
  CHECK(uniform<double>(seed, index, RandomStream::Test, 2) == uniformFrom<double>(block.words[0], block.words[1]));
  CHECK(uniform<double>(seed, index, RandomStream::Test, 3) == uniformFrom<double>(block.words[2], block.words[3]));
}

TEST_CASE("permutations contain every row once and differ by epoch") {
  auto first = permutation(1000, 7, RandomStream::Shuffle, 0), second = permutation(1000, 7, RandomStream::Shuffle, 1);
  CHECK(std::set<int64_t>(first.begin(), first.end()).size() == 1000);
  CHECK(first != second);
  CHECK(first == permutation(1000, 7, RandomStream::Shuffle, 0));
}

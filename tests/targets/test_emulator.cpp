// SPDX-License-Identifier: MIT
//
// The emulator finds what it is there to find.

#include "tests/targets/emulation/Emulator.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

using namespace flowc::test;

namespace {

const EmulatorHooks &gpu = emulatorHooks();

} // namespace

TEST_CASE("every thread of every block runs once", "[emulator]") {
  std::vector<int> runs(3 * 64);
  CHECK(emulate(3, 64, [&] { ++runs[gpu.block() * 64 + gpu.thread()]; }) == "");
  CHECK(runs == std::vector<int>(3 * 64, 1));
}

TEST_CASE("a barrier waits for all threads", "[emulator]") {
  int arrived = 0, early = 0;
  CHECK(emulate(2, 96, [&] {
          ++arrived;
          gpu.barrier();
          early += arrived != (gpu.block() + 1) * 96;
        }) == "");
  CHECK(early == 0);
}

TEST_CASE("a shuffle brings the number of another lane", "[emulator]") {
  int wrong = 0;
  CHECK(emulate(1, 64, [&] {
          for (int32_t distance = 16; distance > 0; distance /= 2)
            wrong += gpu.shuffle(gpu.thread() + 100, distance) != uint32_t((gpu.thread() ^ distance) + 100);
        }) == "");
  CHECK(wrong == 0);
}

TEST_CASE("threads that meet at a number without a barrier are a race", "[emulator]") {
  float number[64];
  auto race = [&](bool isShared, const std::function<void()> &kernel) {
    std::string found = emulate(1, 64, kernel);
    CHECK_THAT(found, Catch::Contains(isShared ? "a race in shared memory" : "a race in global memory"));
  };
  for (bool isShared : {false, true}) {
    auto prepare = [&] {
      gpu.write(&number[gpu.thread()], 4, isShared);
      gpu.barrier();
    };
    race(isShared, [&] { gpu.write(number, 4, isShared); });
    race(isShared, [&] {
      prepare();
      gpu.write(&number[gpu.thread()], 4, isShared);
      gpu.read(&number[(gpu.thread() + 63) % 64], 4, isShared);
    });
    race(isShared, [&] { // the reader runs first
      prepare();
      gpu.read(&number[0], 4, isShared);
      if (gpu.thread() == 63)
        gpu.write(&number[0], 4, isShared);
    });
    CHECK(emulate(1, 64, [&] {
            gpu.write(&number[gpu.thread()], 4, isShared);
            gpu.barrier();
            gpu.read(&number[0], 4, isShared);
            gpu.read(&number[(gpu.thread() + 1) % 64], 4, isShared);
            gpu.barrier();
            gpu.write(&number[(gpu.thread() + 2) % 64], 4, isShared);
          }) == "");
  }
}

TEST_CASE("half of a number of eight bytes is a part of it", "[emulator]") {
  double numbers[32];
  CHECK(emulate(1, 32, [&] { gpu.write(&numbers[gpu.thread()], 8, false); }) == "");
  CHECK(emulate(1, 32, [&] { gpu.write(reinterpret_cast<float *>(numbers) + gpu.thread(), 8, false); }) != "");
}

TEST_CASE("blocks share global memory alone, and have no barrier", "[emulator]") {
  float number;
  auto write = [&](bool isShared) {
    return [&, isShared] {
      if (gpu.thread() == 0)
        gpu.write(&number, 4, isShared);
      gpu.barrier();
    };
  };
  CHECK(emulate(2, 64, write(true)) == "");
  CHECK_THAT(emulate(2, 64, write(false)), Catch::Contains("of block 0 and thread 0 of block 1"));
  CHECK(emulate(2, 64, [&] { gpu.read(&number, 4, false); }) == "");
  CHECK(emulate(2, 64, [&] {
          gpu.read(&number, 4, false);
          gpu.barrier();
          if (gpu.block() == 1 && gpu.thread() == 5)
            gpu.write(&number, 4, false);
        }) != "");
}

TEST_CASE("threads that wait at different places are found", "[emulator]") {
  CHECK_THAT(emulate(1, 64, [&] {
               if (gpu.thread() > 5)
                 gpu.barrier();
             }),
             Catch::Contains("wait at different places"));
  CHECK_THAT(emulate(1, 64, [&] {
               if (gpu.thread() % 2)
                 gpu.shuffle(1, 16);
             }),
             Catch::Contains("wait at different places"));
}

TEST_CASE("shared memory that nobody wrote is not read", "[emulator]") {
  float number[64];
  auto kernel = [&] {
    gpu.write(&number[gpu.thread()], 4, true);
    gpu.barrier();
  };
  CHECK(emulate(1, 64, kernel) == "");
  CHECK_THAT(emulate(1, 64, [&] { gpu.read(number, 4, true); }), Catch::Contains("that nobody wrote"));
}

TEST_CASE("a launch gives shared memory, which is no number at first, and no more", "[emulator]") {
  std::vector<float> found;
  auto touch = [&](int64_t first) {
    return [&found, first] {
      float *mine = static_cast<float *>(gpu.activations()) + first + gpu.thread();
      gpu.write(mine, 4, true);
      found.push_back(*mine);
      *mine = 1;
    };
  };
  CHECK(emulate(2, 64, touch(0), 256) == "");
  REQUIRE(found.size() == 128);
  CHECK(std::all_of(found.begin(), found.end(), [](float number) { return std::isnan(number); }));
  for (int64_t first : {-1, 1})
    CHECK_THAT(emulate(1, 64, touch(first), 256), Catch::Contains("beside the 256 bytes of the launch"));
}

TEST_CASE("copies move when they are waited for", "[emulator]") {
  float source[64], target[64];
  for (int k = 0; k < 64; ++k)
    source[k] = k;
  auto start = [&](int64_t there) {
    gpu.copy(&target[gpu.thread()], &source[gpu.thread()], 4, there);
    gpu.closeCopies();
  };
  auto other = [&] { gpu.read(&target[(gpu.thread() + 1) % 64], 4, true); };
  CHECK(emulate(1, 64, [&] {
          start(gpu.thread() < 40 ? 4 : 0);
          gpu.waitForCopies(0);
          gpu.barrier();
          other();
        }) == "");
  CHECK((target[39] == 39 && target[40] == 0));
  CHECK_THAT(emulate(1, 64, [&] { start(4); }), Catch::Contains("ends while its copies are under way"));
  CHECK_THAT(emulate(1, 64, [&] { // one group too few is waited for
               start(4);
               gpu.waitForCopies(1);
               gpu.barrier();
               other();
             }),
             Catch::Contains("meets a copy that is under way"));
  CHECK_THAT(emulate(1, 64, [&] { // waited for, but by the thread alone
               start(4);
               gpu.waitForCopies(0);
               if (gpu.thread() == 63)
                 gpu.read(&target[0], 4, true);
             }),
             Catch::Contains("a race in shared memory"));
}

TEST_CASE("a warp multiplies matrices", "[emulator]") {
  auto a = [](int row, int k) { return float(row * 3 - k); };
  auto b = [](int k, int column) { return float(k + 5 * column - 7); };
  auto bits = [](float number) { return std::bit_cast<uint32_t>(number); };
  for (int depth : {8, 16}) {
    int wrong = 0;
    CHECK(emulate(1, 32, [&] {
            int group = gpu.thread() / 4, step = gpu.thread() % 4;
            uint32_t x[4], y[2];
            for (int word = 0; word < 2; ++word) {
              for (int lower = 0; lower < 2; ++lower) {
                int row = group + 8 * lower, k = 2 * step + 8 * word;
                x[2 * word + lower] = depth == 8 ? bits(a(row, step + 4 * word)) : gpu.packBf16(a(row, k + 1), a(row, k));
              }
              int k = 2 * step + 8 * word;
              y[word] = depth == 8 ? bits(b(step + 4 * word, group)) : gpu.packBf16(b(k + 1, group), b(k, group));
            }
            float sums[4] = {1, 2, 3, 4}, result[4];
            gpu.product(x, y, sums, result, depth);
            for (int place = 0; place < 4; ++place) {
              float expected = sums[place];
              for (int k = 0; k < depth; ++k)
                expected += a(group + place / 2 * 8, k) * b(k, 2 * step + place % 2);
              wrong += result[place] != expected;
            }
          }) == "");
    CHECK(wrong == 0);
  }
}

TEST_CASE("a warp loads matrices", "[emulator]") {
  uint32_t rows[32][4];
  for (uint32_t row = 0; row < 32; ++row)
    for (uint32_t k = 0; k < 4; ++k)
      rows[row][k] = row * 4 + k;
  int wrong = 0;
  CHECK(emulate(1, 32, [&] {
          int64_t lane = gpu.thread();
          for (uint32_t k = 0; k < 4; ++k)
            gpu.write(&rows[lane][k], 4, true);
          gpu.barrier();
          uint32_t words[4];
          gpu.matrices(rows[lane], words);
          for (int64_t matrix = 0; matrix < 4; ++matrix)
            wrong += words[matrix] != rows[matrix * 8 + lane / 4][lane % 4];
        }) == "");
  CHECK(wrong == 0);
}

TEST_CASE("numbers are rounded as the conversions round", "[emulator]") {
  auto tf32 = [](float number) { return std::bit_cast<float>(gpu.roundToTf32(number)); };
  auto bf16 = [](float number) { return std::bit_cast<float>(gpu.packBf16(number, 0)); };
  CHECK(tf32(1 + 0x1p-11f) == 1 + 0x1p-10f);
  CHECK(tf32(-1 - 0x1p-11f) == -1 - 0x1p-10f);
  CHECK(tf32(1 + 0x1.8p-12f) == 1);
  CHECK(bf16(1 + 0x1p-8f) == 1);
  CHECK(bf16(1 + 0x3p-8f) == 1 + 0x1p-6f);
  CHECK(std::isinf(tf32(INFINITY)));
  CHECK(std::isnan(bf16(NAN)));
}

// SPDX-License-Identifier: MIT
//
// The emulator finds what it is there to find.

#include "tests/targets/emulation/Emulator.h"

#include <catch2/catch.hpp>

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

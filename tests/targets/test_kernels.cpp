// SPDX-License-Identifier: MIT
//
// Kernels over many tiles on the emulated GPU: which block does what, and sums over chunks of tiles.

#include "tests/targets/emulation/EmulatedKernels.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <random>

using namespace flowc::test;

namespace {

constexpr int64_t kTile = 64;

std::unique_ptr<EmulatedKernels> emulated(const std::string &text, int64_t threads = 128) {
  std::string error;
  auto kernels = EmulatedKernels::compile(text, threads, error);
  INFO(error);
  REQUIRE(kernels);
  return kernels;
}

std::vector<float> randomNumbers(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> number;
  std::vector<float> result(count);
  for (float &value : result)
    value = number(random);
  return result;
}

/// y = x w, and the sums of x over the samples, through the workspace.
const char *const kSums = R"(
func.func @flow_sums(%w: memref<5xf32>, %x: memref<5x64xf32>, %y: memref<5x64xf32>, %sums: memref<5xf32> {tile.sums_over_samples},
    %ws: memref<320xf32>) {
  %h = memref.reinterpret_cast %ws to offset: [0], sizes: [5, 64], strides: [64, 1]
      : memref<320xf32> to memref<5x64xf32, strided<[64, 1]>>
  tile.map rows 5 ins(%x, %w : memref<5x64xf32>, memref<5xf32>) outs(%h : memref<5x64xf32, strided<[64, 1]>>)
      attributes {input_rows = [array<i64>, array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32, %b: f32):
    %m = arith.mulf %a, %b : f32
    tile.yield %m : f32
  }
  tile.map rows 5 ins(%h, %x : memref<5x64xf32, strided<[64, 1]>>, memref<5x64xf32>) outs(%y, %sums : memref<5x64xf32>, memref<5xf32>)
      attributes {input_rows = [array<i64: 4, 3, 2, 1, 0>, array<i64>], output_rows = [array<i64: 4, 3, 2, 1, 0>, array<i64>],
                  output_kinds = array<i32: 0, 3>} {
  ^bb0(%a: f32, %b: f32):
    tile.yield %a, %b : f32, f32
  }
  return
})";

/// The sums that the kernel leaves in its first chunk, for a launch of so many blocks.
std::vector<float> sumsOf(const EmulatedKernels &kernels, int64_t tiles, int64_t chunks, int64_t blocks) {
  std::vector<float> w = randomNumbers(5, 1), x = randomNumbers(tiles * 5 * kTile, 2), y(x.size(), NAN);
  std::vector<float> sums(chunks * 5), workspace(blocks * 320, NAN);
  CHECK(kernels.launch("flow_sums", blocks, {w.data(), x.data(), y.data(), sums.data(), workspace.data(), tiles, chunks}) == "");
  CHECK(kernels.launch("flow_sums_reduce", blocks, {sums.data(), chunks}) == "");
  size_t wrong = 0;
  for (size_t i = 0; i < x.size(); ++i)
    wrong += y[i] != x[i] * w[i / kTile % 5];
  CHECK(wrong == 0);
  for (int64_t row = 0; row < 5; ++row) {
    double expected = 0;
    for (int64_t tile = 0; tile < tiles; ++tile)
      for (int64_t s = 0; s < kTile; ++s)
        expected += x[(tile * 5 + row) * kTile + s];
    CHECK(std::abs(sums[row] - expected) < 1e-3);
  }
  sums.resize(5);
  return sums;
}

} // namespace

TEST_CASE("tiles and chunks are shared among any number of blocks", "[kernels]") {
  auto kernels = emulated(kSums);
  for (int64_t tiles : {0, 1, 2, 3, 7})
    for (int64_t chunks : {1, 2, 3, 16}) {
      std::vector<float> first = sumsOf(*kernels, tiles, chunks, 1);
      for (int64_t blocks : {2, 5, 20}) {
        std::vector<float> other = sumsOf(*kernels, tiles, chunks, blocks);
        CHECK(std::memcmp(first.data(), other.data(), 5 * sizeof(float)) == 0);
      }
    }
}

TEST_CASE("sums do not depend on the number of threads", "[kernels]") {
  std::vector<float> first = sumsOf(*emulated(kSums, 64), 3, 2, 1);
  for (int64_t threads : {128, 256}) {
    std::vector<float> other = sumsOf(*emulated(kSums, threads), 3, 2, 1);
    CHECK(std::memcmp(first.data(), other.data(), 5 * sizeof(float)) == 0);
  }
}

TEST_CASE("blocks of other sizes are refused", "[kernels]") {
  for (int64_t threads : {0, 1, 32, 96, 100, 512}) {
    std::string error;
    CHECK(!EmulatedKernels::compile(kSums, threads, error));
    CHECK_THAT(error, Catch::Contains("expected 64, 128 or 256"));
  }
}

namespace {

/// What a chain of ops works on.
struct Chain {
  int64_t rows;
  bool inShared; ///< Whether buffers of the workspace are marked, so that those which fit lie in shared memory.
  int64_t numbers() const { return 3 * rows * kTile; }
};

/// Maps over the same rows and over others, a product of some panels, and a workspace that the next tile writes to.
std::string textOf(const Chain &chain) {
  std::string rows = std::to_string(chain.rows), plain = "memref<" + rows + "x64xf32>", square = std::to_string(chain.rows * chain.rows);
  std::string backward = "array<i64: " + std::to_string(chain.rows - 1), workspace = "memref<" + std::to_string(chain.numbers()) + "xf32>";
  std::string matrix = "memref<" + rows + "x" + rows + "xf32, strided<[" + rows + ", 1]>>";
  std::string text = "func.func @flow_chain(%w: memref<" + square + "xf32>, %x: " + plain + ", %z: " + plain + ", %ws: " + workspace +
                     ") {\n  %m = memref.reinterpret_cast %w to offset: [0], sizes: [" + rows + ", " + rows + "], strides: [" + rows +
                     ", 1] : memref<" + square + "xf32> to " + matrix + "\n";
  for (int64_t row = chain.rows - 2; row >= 0; --row)
    backward += ", " + std::to_string(row);
  auto slice = [&](const std::string &name, int64_t number) {
    std::string offset = std::to_string(number * chain.rows * kTile), shift = number ? ", offset: " + offset : "";
    std::string type = "memref<" + rows + "x64xf32, strided<[64, 1]" + shift + ">>";
    std::string mark = chain.inShared ? " {tile.buffer = " + std::to_string(number) + " : i64}" : "";
    text += "  %" + name + " = memref.reinterpret_cast %ws to offset: [" + offset + "], sizes: [" + rows + ", 64], strides: [64, 1]" + mark +
            " : " + workspace + " to " + type + "\n";
    return std::pair("%" + name, type);
  };
  std::pair<std::string, std::string> h = slice("h", 0), y = slice("y", 1), c = slice("c", 2), x{"%x", plain}, z{"%z", plain};
  auto twice = [&](const auto &in, const auto &out, const std::string &list) {
    text += "  tile.map rows " + rows + " ins(" + in.first + " : " + in.second + ") outs(" + out.first + " : " + out.second +
            ") attributes {input_rows = [" + list + "], output_rows = [" + list + "], output_kinds = array<i32: 0>} {\n" +
            "  ^bb0(%a: f32):\n    %s = arith.addf %a, %a : f32\n    tile.yield %s : f32\n  }\n";
  };
  std::string forward = "array<i64>";
  twice(x, h, forward);
  twice(h, h, forward); // every number stays with its thread
  twice(h, y, backward + ">");
  text += "  tile.gemm a(%m : " + matrix + ") b(%y : " + y.second + ") c(%c : " + c.second + ")\n";
  twice(c, h, forward);
  twice(h, z, backward + ">");
  return text + "  return\n}\n";
}

/// Of three tiles; what the emulator finds wrong.
std::string run(const EmulatedKernels &kernels, const Chain &chain) {
  const int64_t tiles = 3, perTile = chain.rows * kTile;
  std::vector<float> w = randomNumbers(chain.rows * chain.rows + 16, 1), x = randomNumbers(tiles * perTile + 16, 2), z(x.size());
  std::vector<float> workspace(chain.numbers() + 16, NAN);
  auto aligned = [](std::vector<float> &numbers) {
    return reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(numbers.data()) + 63) / 64 * 64);
  };
  std::string found = kernels.launch("flow_chain", 1, {aligned(w), aligned(x), aligned(z), aligned(workspace), tiles});
  for (int64_t place : {int64_t(0), 3 * kTile + 5, tiles * perTile - 1}) {
    int64_t tile = place / perTile, row = place % perTile / kTile, sample = place % kTile;
    double expected = 0;
    for (int64_t k = 0; k < chain.rows; ++k)
      expected += 32.0 * aligned(w)[row * chain.rows + k] * aligned(x)[tile * perTile + k * kTile + sample];
    if (found.empty())
      CHECK(std::abs(aligned(z)[place] - expected) < 2e-2);
  }
  return found;
}

} // namespace

TEST_CASE("every barrier is needed, and one that is forgotten is found", "[kernels]") {
  // In global memory; in shared memory, copied to panels; and there, multiplied where it lies, as far as there is room.
  Chain chain = GENERATE(Chain{50, false}, Chain{50, true}, Chain{80, true});
  CAPTURE(chain.rows, chain.inShared);
  std::string error, text = textOf(chain);
  auto whole = EmulatedKernels::compile(text, 128, error);
  INFO(error);
  REQUIRE(whole);
  CHECK(run(*whole, chain) == "");
  int64_t barriers = 0;
  while (auto kernels = EmulatedKernels::compileWithout(barriers, text, error)) {
    INFO("without barrier " << barriers);
    CHECK(run(*kernels, chain) != "");
    ++barriers;
  }
  CHECK(error == "");
  // Before the third map, the fourth and the fifth, and behind them all; four in the product.
  CHECK(barriers == 8);
}

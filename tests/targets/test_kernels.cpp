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

/// Maps over the same rows and over others, a product of four panels, and a workspace that the next tile writes to.
std::string chain() {
  std::string wide = "memref<50x64xf32, strided<[64, 1]>>", backward = "array<i64: 49", text = R"(
func.func @flow_chain(%w: memref<2500xf32>, %x: memref<50x64xf32>, %z: memref<50x64xf32>, %ws: memref<9600xf32>) {
  %m = memref.reinterpret_cast %w to offset: [0], sizes: [50, 50], strides: [50, 1]
      : memref<2500xf32> to memref<50x50xf32, strided<[50, 1]>>
)";
  for (int row = 48; row >= 0; --row)
    backward += ", " + std::to_string(row);
  auto slice = [&](const std::string &name, int64_t offset) {
    std::string type = offset ? "memref<50x64xf32, strided<[64, 1], offset: " + std::to_string(offset) + ">>" : wide;
    text += "  %" + name + " = memref.reinterpret_cast %ws to offset: [" + std::to_string(offset) +
            "], sizes: [50, 64], strides: [64, 1] : memref<9600xf32> to " + type + "\n";
    return std::pair("%" + name, type);
  };
  std::pair<std::string, std::string> h = slice("h", 0), y = slice("y", 3200), c = slice("c", 6400), x{"%x", "memref<50x64xf32>"},
                                      z{"%z", "memref<50x64xf32>"};
  auto twice = [&](const auto &in, const auto &out, const std::string &rows) {
    text += "  tile.map rows 50 ins(" + in.first + " : " + in.second + ") outs(" + out.first + " : " + out.second +
            ") attributes {input_rows = [" + rows + "], output_rows = [" + rows + "], output_kinds = array<i32: 0>} {\n" +
            "  ^bb0(%a: f32):\n    %s = arith.addf %a, %a : f32\n    tile.yield %s : f32\n  }\n";
  };
  std::string forward = "array<i64>";
  twice(x, h, forward);
  twice(h, h, forward); // every number stays with its thread
  twice(h, y, backward + ">");
  text += "  tile.gemm a(%m : memref<50x50xf32, strided<[50, 1]>>) b(%y : " + y.second + ") c(%c : " + c.second + ")\n";
  twice(c, h, forward);
  twice(h, z, backward + ">");
  return text + "  return\n}\n";
}

/// Of three tiles; what the emulator finds wrong.
std::string runChain(const EmulatedKernels &kernels) {
  constexpr int64_t tiles = 3, perTile = 50 * kTile;
  std::vector<float> w = randomNumbers(2500 + 16, 1), x = randomNumbers(tiles * perTile + 16, 2), z(x.size()), workspace(9600 + 16, NAN);
  auto aligned = [](std::vector<float> &numbers) {
    return reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(numbers.data()) + 63) / 64 * 64);
  };
  std::string found = kernels.launch("flow_chain", 1, {aligned(w), aligned(x), aligned(z), aligned(workspace), tiles});
  for (int64_t place : {int64_t(0), 3 * kTile + 5, tiles * perTile - 1}) {
    int64_t tile = place / perTile, row = place % perTile / kTile, sample = place % kTile;
    double expected = 0;
    for (int64_t k = 0; k < 50; ++k)
      expected += 32.0 * aligned(w)[row * 50 + k] * aligned(x)[tile * perTile + k * kTile + sample];
    if (found.empty())
      CHECK(std::abs(aligned(z)[place] - expected) < 1e-2);
  }
  return found;
}

} // namespace

TEST_CASE("every barrier is needed, and one that is forgotten is found", "[kernels]") {
  std::string error;
  auto whole = EmulatedKernels::compile(chain(), 128, error);
  INFO(error);
  REQUIRE(whole);
  CHECK(runChain(*whole) == "");
  int64_t barriers = 0;
  while (auto kernels = EmulatedKernels::compileWithout(barriers, chain(), error)) {
    INFO("without barrier " << barriers);
    CHECK(runChain(*kernels) != "");
    ++barriers;
  }
  CHECK(error == "");
  // Before the third map, the fourth and the fifth, and behind them all; four in the product.
  CHECK(barriers == 8);
}

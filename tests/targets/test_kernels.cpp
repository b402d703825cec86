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
  std::vector<float> sums(chunks * 5, NAN), workspace(blocks * 320, NAN);
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

// SPDX-License-Identifier: MIT
//
// The kernels around a model's own, on the emulated GPU, against the CPU driver's functions: rows to tiles and back, labels,
// weights, random numbers.

#include "runtime/data/Shuffle.h"
#include "runtime/model/Tile.h"
#include "tests/targets/emulation/EmulatedKernels.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <vector>

using namespace flowc::test;
using flowc::runtime::RandomStream;

namespace {

/// A model without anything, in both element types.
const char *const kNothing = R"(
func.func @flow_f32_log_prob(%x: memref<1x64xf32>) { return }
func.func @flow_f64_log_prob(%x: memref<1x64xf64>) { return })";

const EmulatedKernels &kernels() {
  static std::string error;
  static std::unique_ptr<EmulatedKernels> compiled = EmulatedKernels::compile(kNothing, 128, error);
  INFO(error);
  REQUIRE(compiled);
  return *compiled;
}

template <typename T> void launch(const std::string &name, int64_t blocks, const std::vector<EmulatedKernels::Argument> &arguments) {
  CHECK(kernels().launch((sizeof(T) == 4 ? "flow_f32_" : "flow_f64_") + name, blocks, arguments) == "");
}

template <typename T> bool sameBits(const std::vector<T> &a, const std::vector<T> &b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Numbers that nobody wrote yet, known by their bits.
template <typename T> std::vector<T> untouched(int64_t count) { return std::vector<T>(static_cast<size_t>(count), T(-77)); }

template <typename T> std::vector<T> counting(int64_t count) {
  std::vector<T> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(T(i + 1));
  return result;
}

} // namespace

TEMPLATE_TEST_CASE("random numbers of a GPU are the CPU's in every bit", "[rows]", float, double) {
  int64_t tile = GENERATE(16, 64), columns = GENERATE(1, 2, 7), blocks = GENERATE(1, 3);
  constexpr int64_t tiles = 2;
  int64_t height = columns + 2;
  for (uint64_t seed : {uint64_t(0), uint64_t(7), ~uint64_t(0)})
    for (uint64_t first : {uint64_t(0), (uint64_t(1) << 32) - 5}) {
      auto expected = untouched<TestType>(tiles * height * tile), found = expected;
      for (int64_t k = 0; k < tiles; ++k)
        flowc::runtime::model::uniformTile(seed, first + uint64_t(k * tile), RandomStream::Sample, columns, tile,
                                           expected.data() + k * height * tile);
      launch<TestType>("uniform_tiles", blocks,
                       {found.data(), int64_t(seed), int64_t(first), tiles, columns, height, tile, int64_t(RandomStream::Sample)});
      CHECK(sameBits(expected, found));
    }
  // Another stream has other numbers.
  auto one = untouched<TestType>(columns * tile), other = one;
  launch<TestType>("uniform_tiles", 1, {one.data(), int64_t(1), int64_t(0), int64_t(1), columns, columns, tile, int64_t(0)});
  launch<TestType>("uniform_tiles", 1, {other.data(), int64_t(1), int64_t(0), int64_t(1), columns, columns, tile, int64_t(RandomStream::Noise)});
  CHECK(one[0] != other[0]);
  CHECK(other[0] == flowc::runtime::uniform<TestType>(1, 0, RandomStream::Noise, 0));
}

namespace {

/// Rows in an order, from its second place on; and as they lie.
const std::vector<int64_t> *const kOrders[] = {nullptr, new std::vector<int64_t>(flowc::runtime::permutation(150, 5, RandomStream::Shuffle, 3))};
constexpr int64_t kFrom = 2, kRows = 150;

/// The row that a lane shows: the last one past the end.
int64_t rowOf(const std::vector<int64_t> *order, int64_t lane, int64_t count) {
  int64_t place = kFrom + std::min(lane, count - 1);
  return order ? (*order)[size_t(place)] : place;
}
const int64_t *data(const std::vector<int64_t> *order) { return order ? order->data() : nullptr; }

} // namespace

TEMPLATE_TEST_CASE("rows become tiles and rows again", "[rows]", float, double) {
  int64_t count = GENERATE(1, 2, 63, 64, 65, 130), columns = GENERATE(1, 3, 17), blocks = GENERATE(1, 2);
  constexpr int64_t tile = 64, first = 2;
  int64_t height = first + columns + 1, tiles = (count + tile - 1) / tile;
  std::vector<TestType> rows = counting<TestType>(kRows * columns);
  for (const auto *order : kOrders) {
    auto expected = untouched<TestType>(tiles * height * tile), found = expected;
    for (int64_t lane = 0; lane < tiles * tile; ++lane)
      for (int64_t column = 0; column < columns; ++column)
        expected[size_t((lane / tile * height + first + column) * tile + lane % tile)] =
            rows[size_t(rowOf(order, lane, count) * columns + column)];
    launch<TestType>("rows_to_tiles", blocks, {rows.data(), data(order), found.data(), kFrom, count, columns, first, height, tile});
    CHECK(sameBits(expected, found));
  }

  std::vector<TestType> tiled = counting<TestType>(tiles * columns * tile);
  auto back = untouched<TestType>(count * columns + 1), backOnGpu = back;
  for (int64_t k = 0; k < tiles; ++k)
    flowc::runtime::model::tileToRows(tiled.data() + k * columns * tile, std::min(tile, count - k * tile), columns, tile,
                                      back.data() + k * tile * columns);
  launch<TestType>("tiles_to_rows", blocks, {tiled.data(), backOnGpu.data(), count, columns, tile});
  CHECK(sameBits(back, backOnGpu));
}

TEMPLATE_TEST_CASE("labels become rows of a tile", "[rows]", float, double) {
  int64_t count = GENERATE(1, 64, 65);
  constexpr int64_t tile = 64, first = 1, labels = 3, height = 5;
  int64_t tiles = (count + tile - 1) / tile;
  std::vector<TestType> given;
  for (int64_t row = 0; row < kRows; ++row)
    given.push_back(TestType(row * row % labels));
  for (const auto *order : kOrders) {
    auto expected = untouched<TestType>(tiles * height * tile), found = expected;
    for (int64_t lane = 0; lane < tiles * tile; ++lane)
      for (int64_t label = 0; label < labels; ++label)
        expected[size_t((lane / tile * height + first + label) * tile + lane % tile)] =
            given[size_t(rowOf(order, lane, count))] == TestType(label);
    launch<TestType>("labels_to_tiles", 2, {given.data(), data(order), found.data(), kFrom, count, labels, first, height, tile});
    CHECK(sameBits(expected, found));
  }
}

TEMPLATE_TEST_CASE("lanes weigh what their rows do, and nothing past the end", "[rows]", float, double) {
  int64_t count = GENERATE(1, 2, 3, 7, 63, 64, 65, 130), blocks = GENERATE(1, 3);
  constexpr int64_t tile = 64;
  int64_t lanes = (count + tile - 1) / tile * tile;
  std::vector<TestType> weights = counting<TestType>(kRows);
  for (const auto *order : kOrders)
    for (bool weighted : {false, true}) {
      auto expected = untouched<TestType>(lanes + 1), found = expected;
      for (int64_t lane = 0; lane < lanes; ++lane)
        expected[size_t(lane)] = lane >= count ? TestType(0) : weighted ? weights[size_t(rowOf(order, lane, count))] : TestType(1);
      const TestType *given = weighted ? weights.data() : nullptr;
      launch<TestType>("weights_to_tiles", blocks, {given, data(order), found.data(), kFrom, count, tile});
      CHECK(sameBits(expected, found));
    }
}

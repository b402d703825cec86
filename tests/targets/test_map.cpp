// SPDX-License-Identifier: MIT
//
// tile.map against a plain loop: all kinds of outputs, row lists, heights and widths.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

enum Kind { Store, Add, SumRows, SumSamples };

/// f = a b + u, g = max(a, b) - u.
template <typename T> std::string body() {
  std::string e = Arena<T>::element;
  return " {\n  ^bb0(%a: " + e + ", %b: " + e + ", %u: " + e + "):\n    %m = arith.mulf %a, %b : " + e +
         "\n    %f = arith.addf %m, %u : " + e + "\n    %x = arith.maximumf %a, %b : " + e +
         "\n    %g = arith.subf %x, %u : " + e + "\n    tile.yield %f, %g : " + e + ", " + e + "\n  }\n";
}

std::string mapText(int64_t rows, const std::vector<Slice> &in, const std::vector<Slice> &out,
                    const std::vector<std::vector<int64_t>> &lists, int kindF, int kindG, const std::string &body) {
  return "  tile.map rows " + std::to_string(rows) + " ins(" + in[0].name + ", " + in[1].name + ", " + in[2].name +
         " : " + in[0].type + ", " + in[1].type + ", " + in[2].type + ") outs(" + out[0].name + ", " + out[1].name +
         " : " + out[0].type + ", " + out[1].type + ") attributes {input_rows = [" + arrayText(lists[0]) + ", " +
         arrayText(lists[1]) + ", " + arrayText(lists[2]) + "], output_rows = [" + arrayText(lists[3]) + ", " +
         arrayText(lists[4]) + "], output_kinds = array<i32: " + std::to_string(kindF) + ", " + std::to_string(kindG) +
         ">}" + body;
}

template <typename T> void write(Arena<T> &arena, const Slice &out, Kind kind, int64_t row, int64_t sample, T value) {
  T &target = arena.at(out, kind == SumRows ? 0 : row, kind == SumSamples ? 0 : sample);
  target = kind == Store ? value : target + value;
}

template <typename T>
void checkMap(int64_t rows, int64_t samples, int list, Kind kindF, Kind kindG,
              const flowc::cpu::CompiledTiles::Options &options) {
  Arena<T> arena(static_cast<unsigned>(rows * 7 + samples + list));
  int64_t height = rows + 3;
  auto buffer = [&](Kind kind) { return kind == SumSamples ? arena.uniform(height) : arena.varying(height, samples); };
  std::vector<Slice> in = {arena.varying(height, samples), arena.varying(height, samples), arena.uniform(height, 2)};
  std::vector<Slice> out = {buffer(kindF), buffer(kindG)};
  std::vector<std::vector<int64_t>> lists;
  for (int k = 0; k < 5; ++k)
    lists.push_back(arena.rowList((list + k) % 3, rows, height));
  auto reference = [&] {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t s = 0; s < samples; ++s) {
        T a = arena.at(in[0], rowOf(lists[0], i), s), b = arena.at(in[1], rowOf(lists[1], i), s),
          u = arena.at(in[2], rowOf(lists[2], i));
        write<T>(arena, out[0], kindF, rowOf(lists[3], i), s, a * b + u);
        write<T>(arena, out[1], kindG, rowOf(lists[4], i), s, std::max(a, b) - u);
      }
  };
  arena.check(mapText(rows, in, out, lists, kindF, kindG, body<T>()), options, sizeof(T) == 4 ? 2e-5 : 1e-13,
              reference);
}

template <typename T> void checkUniformMap(int64_t rows, int list, Kind kindF, Kind kindG, int64_t stride, int bits) {
  Arena<T> arena(static_cast<unsigned>(rows + list));
  int64_t height = rows + 3;
  std::vector<Slice> in, out;
  for (int k = 0; k < 3; ++k)
    in.push_back(arena.uniform(height, stride));
  for (int k = 0; k < 2; ++k)
    out.push_back(arena.uniform(height, stride));
  std::vector<std::vector<int64_t>> lists;
  for (int k = 0; k < 5; ++k)
    lists.push_back(arena.rowList(list, rows, height));
  lists[2] = std::vector<int64_t>(rows, 1); // one number for all rows
  auto reference = [&] {
    for (int64_t i = 0; i < rows; ++i) {
      T a = arena.at(in[0], rowOf(lists[0], i)), b = arena.at(in[1], rowOf(lists[1], i)), u = arena.at(in[2], 1);
      write<T>(arena, out[0], kindF, rowOf(lists[3], i), 0, a * b + u);
      write<T>(arena, out[1], kindG, rowOf(lists[4], i), 0, std::max(a, b) - u);
    }
  };
  arena.check(mapText(rows, in, out, lists, kindF, kindG, body<T>()), {"native", bits}, sizeof(T) == 4 ? 2e-5 : 1e-13,
              reference);
}

} // namespace

TEMPLATE_TEST_CASE("maps of any height and row list", "[map]", float, double) {
  int list = 0;
  for (int64_t rows : {0, 1, 2, 3, 7, 63, 65})
    for (int bits : testedBits())
      checkMap<TestType>(rows, 64, list++ % 3, Store, Add, {"native", bits});
}

TEMPLATE_TEST_CASE("maps with all pairs of output kinds", "[map]", float, double) {
  for (Kind f : {Store, Add, SumRows, SumSamples})
    for (Kind g : {Store, Add, SumRows, SumSamples})
      checkMap<TestType>(7, 64, (f + g) % 3, f, g, {"native"});
}

TEMPLATE_TEST_CASE("maps of other tiles", "[map]", float, double) {
  for (int64_t samples : {1, 6, 8, 32, 96})
    for (Kind kind : {Store, SumRows, SumSamples})
      checkMap<TestType>(5, samples, 2, kind, Store, {"native"});
}

TEST_CASE("maps for machines without AVX", "[map]") { checkMap<float>(9, 64, 2, SumSamples, SumRows, {"x86-64"}); }

TEST_CASE("maps without optimization", "[map]") { checkMap<float>(9, 64, 2, SumSamples, SumRows, {"native", 0, 0}); }

TEMPLATE_TEST_CASE("uniform maps", "[map]", float, double) {
  for (int64_t rows : {0, 1, 2, 7, 63, 64, 65})
    for (int list : {0, 1, 2})
      checkUniformMap<TestType>(rows, list, list == 0 ? Store : Add, list == 1 ? Store : Add, 1, 0);
  for (int bits : testedBits()) {
    checkUniformMap<TestType>(37, 0, SumRows, Add, 1, bits);
    checkUniformMap<TestType>(37, 0, Store, SumRows, 3, bits);
  }
}

TEST_CASE("a map may read what it writes", "[map]") {
  Arena<float> arena(1);
  Slice x = arena.varying(5, 64);
  arena.check(
      "  tile.map rows 5 ins(" + x.typed() + ") outs(" + x.typed() +
          ") attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {\n"
          "  ^bb0(%v: f32):\n    %s = arith.mulf %v, %v : f32\n    tile.yield %s : f32\n  }\n",
      {"native"}, 1e-6, [&] {
        for (int64_t i = 0; i < 5; ++i)
          for (int64_t s = 0; s < 64; ++s)
            arena.at(x, i, s) *= arena.at(x, i, s);
      });
}

TEST_CASE("equal maps share a function and distinct ones do not", "[map]") {
  Arena<float> arena(2);
  Slice x = arena.varying(2, 64), y = arena.varying(2, 64), z = arena.varying(2, 64), u = arena.uniform(1);
  auto map = [&](const Slice &in, const Slice &out, const char *number) {
    return "  tile.map rows 2 ins(" + in.typed() + ") outs(" + out.typed() +
           ") attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {\n"
           "  ^bb0(%v: f32):\n    %c = arith.constant " +
           number +
           " : f32\n    %s = arith.mulf %v, %c : f32\n"
           "    tile.yield %s : f32\n  }\n";
  };
  arena.check(map(x, y, "2.0") + map(y, z, "2.0") + map(z, x, "3.0"), {"native"}, 1e-6, [&] {
    for (int64_t i = 0; i < 2; ++i)
      for (int64_t s = 0; s < 64; ++s) {
        arena.at(y, i, s) = 2 * arena.at(x, i, s);
        arena.at(z, i, s) = 2 * arena.at(y, i, s);
        arena.at(x, i, s) = 3 * arena.at(z, i, s);
      }
  });
}

TEST_CASE("sums do not depend on the run", "[map]") {
  std::string error, text = R"(
func.func @flow_sum(%x: memref<8x64xf32>, %s: memref<8xf32>) {
  tile.map rows 8 ins(%x : memref<8x64xf32>) outs(%s : memref<8xf32>)
    attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
})";
  auto tiles = flowc::cpu::CompiledTiles::compile(text, {}, error);
  REQUIRE(tiles);
  alignas(64) float x[8 * 64], first[8] = {}, second[8] = {};
  for (int i = 0; i < 8 * 64; ++i)
    x[i] = 1.0f / static_cast<float>(i + 1);
  auto *kernel = tiles->kernel<void(const float *, float *)>("flow_sum");
  kernel(x, first);
  kernel(x, second);
  CHECK(std::memcmp(first, second, sizeof first) == 0);
}

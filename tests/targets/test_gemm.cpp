// SPDX-License-Identifier: MIT
//
// tile.gemm, tile.transpose and tile.fill against plain loops.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

struct GemmCase {
  int64_t m, n, k;
  bool transA = false, accumulate = false, bias = false;
  int epilogue = 0; // 0: none, 1: relu (inlined), 2: a longer one
  int64_t besideC = 0; // columns of a wider matrix that c is a part of
};

std::string epilogueText(int kind, const std::string &e) {
  if (kind == 0)
    return "\n";
  std::string text = " {\n  ^bb0(%v: " + e + "):\n    %h = arith.constant 0.5 : " + e +
                     "\n    %z = arith.constant 0.0 : " + e + "\n    %r0 = arith.maximumf %v, %z : " + e + "\n";
  int last = kind == 1 ? 0 : 6;
  for (int i = 1; i <= last; ++i)
    text += "    %r" + std::to_string(i) + (i % 2 ? " = arith.addf %r" : " = arith.mulf %r") + std::to_string(i - 1) +
            ", %h : " + e + "\n";
  return text + "    tile.yield %r" + std::to_string(last) + " : " + e + "\n  }\n";
}

template <typename T> T applyEpilogue(int kind, T value) {
  if (kind == 0)
    return value;
  value = std::max<T>(value, 0);
  for (int i = 1; kind == 2 && i <= 6; ++i)
    value = i % 2 ? value + T(0.5) : value * T(0.5);
  return value;
}

template <typename T> void checkGemm(const GemmCase &test, const flowc::cpu::CompiledTiles::Options &options) {
  Arena<T> arena(static_cast<unsigned>(test.m * 131 + test.n * 17 + test.k));
  Slice a = test.transA ? arena.matrix(test.m, test.k, 1, test.m + 3) : arena.matrix(test.m, test.k, test.k + 2, 1);
  Slice b = arena.matrix(test.k, test.n, test.n + 5, 1), c = arena.matrix(test.m, test.n, test.n + test.besideC, 1);
  Slice bias = arena.uniform(test.m);
  std::string text = std::string("  tile.gemm ") + (test.accumulate ? "accumulate " : "") + "a(" + a.typed() + ") b(" +
                     b.typed() + ") c(" + c.typed() + ")" + (test.bias ? " bias(" + bias.typed() + ")" : "") +
                     epilogueText(test.epilogue, Arena<T>::element);
  auto reference = [&] {
    for (int64_t i = 0; i < test.m; ++i)
      for (int64_t j = 0; j < test.n; ++j) {
        double sum = test.bias ? arena.at(bias, i) : 0;
        for (int64_t k = 0; k < test.k; ++k)
          sum += double(arena.at(a, i, k)) * arena.at(b, k, j);
        if (test.accumulate)
          sum += arena.at(c, i, j);
        arena.at(c, i, j) = applyEpilogue<T>(test.epilogue, static_cast<T>(sum));
      }
  };
  arena.check(text, options, sizeof(T) == 4 ? 3e-5 : 1e-13, reference);
}

template <typename T> void checkTranspose(int64_t rows, int64_t samples, int64_t columns, int bits) {
  Arena<T> arena(static_cast<unsigned>(rows + columns));
  Slice in = arena.matrix(rows, samples, samples + 7, 1), out = arena.matrix(samples, columns, columns + 1, 1);
  arena.check("  tile.transpose " + in.name + " to " + out.name + " : " + in.type + " to " + out.type + "\n",
              {"native", bits}, 0, [&] {
                for (int64_t s = 0; s < samples; ++s)
                  for (int64_t r = 0; r < columns; ++r)
                    arena.at(out, s, r) = r < rows ? arena.at(in, r, s) : 0;
              });
}

template <typename T> void checkFill(const std::function<Slice(Arena<T> &)> &make) {
  Arena<T> arena(3);
  Slice out = make(arena);
  arena.check("  tile.fill " + out.name + " with 0.25 : " + out.type + "\n", {"native"}, 0, [&] {
    for (int64_t i = 0; i < out.rows; ++i)
      for (int64_t j = 0; j < std::max<int64_t>(1, out.columns); ++j)
        arena.at(out, i, j) = T(0.25);
  });
}

} // namespace

TEMPLATE_TEST_CASE("products of any size", "[gemm]", float, double) {
  for (int bits : testedBits()) {
    for (int64_t m : {0, 1, 2, 3, 5, 7, 63, 65})
      checkGemm<TestType>({m, 64, 19}, {"native", bits});
    for (int64_t n : {1, 2, 3, 7, 15, 16, 17, 33, 63, 65, 80, 96, 100})
      checkGemm<TestType>({13, n, 9, false, true}, {"native", bits});
    for (int64_t k : {0, 1, 2, 3, 64})
      checkGemm<TestType>({7, 32, k, true, false, true, 1}, {"native", bits});
  }
}

TEMPLATE_TEST_CASE("products with every option", "[gemm]", float, double) {
  for (bool transA : {false, true})
    for (bool accumulate : {false, true})
      for (bool bias : {false, true})
        for (int epilogue : {0, 1, 2})
          checkGemm<TestType>({11, 41, 23, transA, accumulate, bias, epilogue}, {"native"});
}

TEMPLATE_TEST_CASE("products for some columns of a wider matrix", "[gemm]", float, double) {
  for (int64_t n : {1, 7, 64, 128, 200})
    for (bool accumulate : {false, true})
      checkGemm<TestType>({5, n, 9, false, accumulate, false, 0, 48}, {"native"});
}

TEST_CASE("products for machines without AVX and without optimization", "[gemm]") {
  checkGemm<float>({11, 41, 23, true, true, true, 2}, {"x86-64"});
  checkGemm<float>({11, 41, 23, true, true, true, 2}, {"native", 0, 0});
}

TEMPLATE_TEST_CASE("transposition", "[transpose]", float, double) {
  for (int bits : testedBits())
    for (int64_t rows : {0, 1, 2, 3, 7, 16, 31, 64, 65})
      checkTranspose<TestType>(rows, 64, (rows + 15) / 16 * 16, bits);
  checkTranspose<TestType>(5, 6, 5, 0);
  checkTranspose<TestType>(65, 32, 65, 0);
}

TEMPLATE_TEST_CASE("fill", "[fill]", float, double) {
  using A = Arena<TestType>;
  checkFill<TestType>([](A &arena) { return arena.varying(3, 64); });
  checkFill<TestType>([](A &arena) { return arena.uniform(65); });
  checkFill<TestType>([](A &arena) { return arena.uniform(7, 5); });
  checkFill<TestType>([](A &arena) { return arena.matrix(3, 19, 23, 1); });
  checkFill<TestType>([](A &arena) { return arena.uniform(0); });
}

TEST_CASE("empty arguments", "[abi]") {
  std::string error;
  auto tiles = flowc::cpu::CompiledTiles::compile(R"(
func.func @flow_f32_empty(%staged: memref<0xf32>, %x: memref<2x64xf32>, %ws: memref<0xf32>) {
  %none = memref.reinterpret_cast %ws to offset: [0], sizes: [0, 64], strides: [64, 1]
        : memref<0xf32> to memref<0x64xf32, strided<[64, 1]>>
  tile.fill %none with 1.0 : memref<0x64xf32, strided<[64, 1]>>
  tile.fill %x with 1.0 : memref<2x64xf32>
  return
})",
                                                  {}, error);
  INFO(error);
  REQUIRE(tiles);
  alignas(64) float x[128] = {};
  tiles->kernel<void(float *, float *, float *)>("flow_f32_empty")(nullptr, x, nullptr);
  CHECK(x[127] == 1.0f);
}

TEST_CASE("an unknown CPU is named", "[options]") {
  std::string error;
  auto tiles = flowc::cpu::CompiledTiles::compile("func.func @flow_nothing() { return }", {"pentium9"}, error);
  CHECK(!tiles);
  CHECK(error.find("unknown CPU `pentium9`") != std::string::npos);
}

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

/// The product of one case, and what it must be when its factors are rounded so.
template <typename T> void withGemm(const GemmCase &test, double (*rounded)(double), auto check) {
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
          sum += rounded(arena.at(a, i, k)) * rounded(arena.at(b, k, j));
        if (test.accumulate)
          sum += arena.at(c, i, j);
        arena.at(c, i, j) = applyEpilogue<T>(test.epilogue, static_cast<T>(sum));
      }
  };
  check(arena, text, reference);
}

template <typename T> void checkGemm(const GemmCase &test, const flowc::cpu::CompiledTiles::Options &options) {
  withGemm<T>(test, [](double number) { return number; }, [&](Arena<T> &arena, const std::string &text, auto reference) {
    arena.check(text, options, sizeof(T) == 4 ? 3e-5 : 1e-13, reference);
  });
}

/// To the nearest number with so many bits behind the point; `whole` says which it is of two equally near.
double roundTo(int bits, double (*whole)(double), double number) {
  int exponent;
  double mantissa = std::frexp(number, &exponent);
  return std::ldexp(whole(std::ldexp(mantissa, bits + 1)), exponent - bits - 1);
}
double tf32(double number) { return roundTo(10, std::round, number); }
double bf16(double number) { return roundTo(7, std::nearbyint, number); }

void checkTensorGemm(const GemmCase &test, int64_t threads = 128) {
  for (auto [matmul, rounded] : {std::pair("tf32", &tf32), {"bf16", &bf16}})
    withGemm<float>(test, rounded, [&](Arena<float> &arena, const std::string &text, auto reference) {
      arena.checkOnGpu(text, threads, matmul, 3e-5, reference);
    });
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

TEST_CASE("products on tensor cores are those of rounded factors", "[gemm][tensor]") {
  for (int64_t m : {1, 2, 3, 7, 16, 17, 33, 63, 64, 65, 130})
    checkTensorGemm({m, 64, 19});
  for (int64_t n : {1, 2, 3, 7, 33, 63, 64, 65, 100})
    checkTensorGemm({13, n, 9, false, true});
  for (int64_t k : {0, 1, 2, 3, 7, 8, 15, 16, 17, 32, 33, 63, 64, 65})
    for (bool transA : {false, true})
      checkTensorGemm({40, 32, k, transA, false, true, 1});
  for (bool transA : {false, true})
    for (bool accumulate : {false, true})
      for (bool bias : {false, true})
        for (int epilogue : {0, 1, 2})
          checkTensorGemm({11, 41, 23, transA, accumulate, bias, epilogue});
}

TEST_CASE("products whose rows begin at 16 bytes", "[gemm][tensor]") {
  for (bool transA : {false, true})
    for (int64_t m : {17, 61, 64})
      for (int64_t k : {14, 18, 62}) { // with what the test lays out, the rows of a and b are multiples of four numbers
        checkTensorGemm({m, 63, k, transA, false, true, 1, 1});
        checkGemm<float>({m, 63, k, transA, false, true, 1, 1}, {});
        checkGemm<double>({m, 63, k, transA, false, true, 1, 1}, {});
      }
  checkTensorGemm({64, 64, 30, false, true, true, 2});
}

TEST_CASE("products with other numbers of threads", "[gemm][tensor]") {
  for (int64_t threads : {64, 256})
    for (int64_t m : {5, 33, 100})
      for (bool transA : {false, true}) {
        checkTensorGemm({m, 64, 21, transA, false, true, 1}, threads);
        withGemm<double>({m, 64, 21, transA}, [](double number) { return number; }, [&](auto &arena, const std::string &text, auto reference) {
          arena.checkOnGpu(text, threads, "f32", 1e-13, reference);
        });
      }
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

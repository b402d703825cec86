// SPDX-License-Identifier: MIT
//
// Functions and roots in the bodies of maps: expanded on vectors, or left to libm. How exact they are is tested where
// they are expanded; here, that every lane gets its own.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

template <typename T, typename Function>
void checkFunction(const std::string &lines, int bits, Function function, bool onGpu = true) {
  Arena<T> arena(11);
  arena.onGpu = onGpu;
  std::string e = Arena<T>::element;
  Slice x = arena.varying(3, 64), y = arena.varying(3, 64);
  arena.check(
      "  tile.map rows 3 ins(" + x.typed() + ") outs(" + y.typed() +
          ") attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {\n"
          "  ^bb0(%v: " +
          e + "):\n" + lines + "    tile.yield %r : " + e + "\n  }\n",
      {"native", bits}, sizeof(T) == 4 ? 1e-5 : 1e-13, [&] {
        for (int64_t i = 0; i < 3; ++i)
          for (int64_t s = 0; s < 64; ++s)
            arena.at(y, i, s) = static_cast<T>(function(double(arena.at(x, i, s))));
      });
}

} // namespace

TEMPLATE_TEST_CASE("functions of vectors", "[functions]", float, double) {
  std::string e = Arena<TestType>::element;
  for (int bits : testedBits()) {
    checkFunction<TestType>("    %r = math.exp %v : " + e + "\n", bits, [](double x) { return std::exp(x); });
    checkFunction<TestType>("    %r = math.tanh %v : " + e + "\n", bits, [](double x) { return std::tanh(x); });
    checkFunction<TestType>("    %r = flow.softplus %v : " + e + "\n", bits,
                            [](double x) { return std::log1p(std::exp(x)); });
  }
}

TEST_CASE("functions that only libm has", "[functions]") {
  checkFunction<double>("    %r = math.erfc %v : f64\n", 0, [](double x) { return std::erfc(x); }, false);
  checkFunction<float>("    %r = math.asin %v : f32\n", 0, [](double x) { return std::asin(x); }, false);
}

TEMPLATE_TEST_CASE("roots, with values from outside of their formula", "[functions]", float, double) {
  std::string e = Arena<TestType>::element;
  // t^3 + t = 2 v
  std::string lines = "    %y = arith.addf %v, %v : " + e +
                      "\n    %r = flow.root %y {lower = -64.0 : f64, upper = 64.0 : f64} : " + e +
                      " {\n    ^bb0(%t: " + e + "):\n      %one = arith.constant 1.0 : " + e +
                      "\n      %three = arith.constant 3.0 : " + e + "\n      %s = arith.mulf %t, %t : " + e +
                      "\n      %c = arith.mulf %s, %t : " + e + "\n      %f = arith.addf %c, %t : " + e +
                      "\n      %d = arith.mulf %s, %three : " + e + "\n      %g = arith.addf %d, %one : " + e +
                      "\n      flow.yield %f, %g : " + e + ", " + e + "\n    }\n";
  auto root = [](double v) {
    double t = v;
    for (int i = 0; i < 60; ++i)
      t -= (t * t * t + t - 2 * v) / (3 * t * t + 1);
    return t;
  };
  for (int bits : testedBits())
    checkFunction<TestType>(lines, bits, root);
}

// SPDX-License-Identifier: MIT
//
// Every elementary function, compiled at widths 1, 4, 8 and 16, against long double. All widths must agree bit for bit,
// and with the kernel run on plain numbers.

#include "compiler/Transforms/ExpandMathHyperbolic.h"
#include "compiler/Transforms/ExpandMathNormal.h"
#include "compiler/Transforms/ExpandMathPower.h"
#include "compiler/Transforms/ExpandMathTrig.h"
#include "tests/compiler/math/MathJit.h"
#include "tests/compiler/math/PlainNumber.h"
#include "tests/compiler/math/References.h"
#include "tests/compiler/math/Ulp.h"

#include <catch2/catch.hpp>

#include <array>
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

namespace flowc::testing {
namespace {

constexpr double kAll = std::numeric_limits<double>::infinity();
constexpr int kWidths[] = {8, 1, 4, 16};

struct Function {
  const char *name, *op;
  float (*single)(float);
  double (*twice)(double);
  Real (*reference)(Real);
  double low[2], high[2], bound[2]; // f32, f64
};

const Function kFunctions[] = {
#define FUNCTION(NAME, OP, KERNEL, REFERENCE, LOW32, HIGH32, LOW64, HIGH64, BOUND32, BOUND64)                          \
  {NAME,                                                                                                               \
   OP,                                                                                                                 \
   [](float x) { return kernels::KERNEL(kernels::PlainNumber<float>(x)).value; },                                      \
   [](double x) { return kernels::KERNEL(kernels::PlainNumber<double>(x)).value; },                                    \
   [](Real x) -> Real { return REFERENCE; },                                                                           \
   {LOW32, LOW64},                                                                                                     \
   {HIGH32, HIGH64},                                                                                                   \
   {BOUND32, BOUND64}},
#include "tests/compiler/math/Functions.def"
#undef FUNCTION
};

template <typename T> constexpr bool isSingle = sizeof(T) == 4;
template <typename T> const char *nameOf() { return isSingle<T> ? "f32" : "f64"; }

/// The values at which functions go wrong first.
template <typename T> std::vector<T> specialValues() {
  using L = std::numeric_limits<T>;
  std::vector<T> values = {0,    L::min(), L::denorm_min(), L::max(), L::infinity(), L::epsilon(), T(0.25),   T(0.5),
                           1,    2,        T(1e-3),         T(0.75),  T(M_LN2),      T(M_PI),      T(M_PI_2), T(M_PI_4),
                           18,   40,       T(87.5),         89,       100,           T(103.5),     709,       T(744.5),
                           1000, T(1e5)};
  for (size_t i = 0, n = values.size(); i < n; ++i) {
    values.push_back(-values[i]);
    values.push_back(std::nextafter(values[i], L::infinity()));
    values.push_back(std::nextafter(values[i], -L::infinity()));
  }
  values.push_back(L::quiet_NaN());
  return values;
}

/// Special values; for f32 every so-many-th number, for f64 random bits, and random points, most of them near 1.
template <typename T> std::vector<T> samples(double low, double high) {
  std::vector<T> all = specialValues<T>();
  if constexpr (isSingle<T>) {
    for (uint64_t bits = 0; bits < (uint64_t(1) << 32); bits += 1531)
      all.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> unit(-1, 1);
  for (int i = 0; i < 400000; ++i) {
    all.push_back(static_cast<T>(std::ldexp(unit(random), i % 4 ? i % 5 : i % 46 - 35)));
    if constexpr (!isSingle<T>)
      all.push_back(std::bit_cast<double>(random()));
  }
  std::erase_if(all, [&](T x) { return x < T(low) || x > T(high); });
  all.resize((all.size() + kBatch - 1) / kBatch * kBatch, T(1));
  return all;
}

template <typename T>
std::vector<T> evaluate(const MathJit &jit, int width, const std::vector<T> &x, const std::vector<T> &y) {
  BatchFunction f = jit.function("f" + std::to_string(width));
  REQUIRE(f);
  std::vector<T> result(x.size());
  std::vector<int64_t> counts(kBatch);
  for (size_t at = 0; at < x.size(); at += kBatch)
    f(&x[at], &y[at], &result[at], counts.data());
  return result;
}

std::unique_ptr<MathJit> compileAll(const std::string &body, const char *element) {
  std::string module;
  for (int width : kWidths)
    module += batchFunction(body, element, width);
  return MathJit::compile(module);
}

template <typename T> bool sameBits(const std::vector<T> &a, const std::vector<T> &b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && !(std::isnan(a[i]) && std::isnan(b[i])))
      return false;
  return true;
}

/// Values at all widths, which must agree.
template <typename T>
std::vector<T> evaluateAll(const std::string &body, const std::vector<T> &x, const std::vector<T> &y) {
  std::unique_ptr<MathJit> jit = compileAll(body, nameOf<T>());
  REQUIRE(jit);
  std::vector<T> values = evaluate<T>(*jit, kWidths[0], x, y);
  for (int width : kWidths)
    CHECK(sameBits(values, evaluate<T>(*jit, width, x, y)));
  return values;
}

template <typename T> std::vector<T> evaluatePlainly(const Function &function, std::vector<T> x) {
  for (T &value : x) {
    if constexpr (isSingle<T>)
      value = function.single(value);
    else
      value = function.twice(value);
  }
  return x;
}

template <typename T> double worstError(const Function &function) {
  int k = isSingle<T> ? 0 : 1;
  std::vector<T> x = samples<T>(function.low[k], function.high[k]);
  std::vector<T> y = evaluateAll<T>("%r = " + std::string(function.op) + " %a : $T", x, x);
  CHECK(sameBits(y, evaluatePlainly(function, x)));
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulpError(y[i], function.reference(x[i]));
    if (error > worst)
      worst = error, where = i;
  }
  INFO(function.name << " " << nameOf<T>() << " at " << x[where] << ": " << y[where] << ", but "
                     << static_cast<T>(function.reference(x[where])) << " expected");
  CHECK(worst <= function.bound[k]);
  return worst;
}

} // namespace

TEST_CASE("elementary functions keep their bounds", "[functions]") {
  std::printf("| function | f32 | f64 |\n|---|---|---|\n");
  for (const Function &function : kFunctions) {
    double single = worstError<float>(function), twice = worstError<double>(function);
    std::printf("| `%s` | %.2f | %.2f |\n", function.name, single, twice);
  }
}

TEMPLATE_TEST_CASE("powers keep their bounds", "[functions]", float, double) {
  using T = TestType;
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> unit(-1, 1);
  std::vector<T> x, y;
  for (T a : specialValues<T>())
    for (T b : specialValues<T>())
      x.push_back(a), y.push_back(b);
  double range = isSingle<T> ? 88 : 709;
  while (x.size() < 300 * kBatch) { // results that neither over- nor underflow
    T base = static_cast<T>(std::exp(unit(random) * std::exp(unit(random) * 4)));
    x.push_back(base);
    y.push_back(static_cast<T>(unit(random) * range / std::fabs(std::log(static_cast<double>(base)))));
  }
  std::vector<T> z = evaluateAll<T>("%r = math.powf %a, %b : $T", x, y);
  double worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    double error = ulpError(z[i], std::pow(static_cast<Real>(x[i]), static_cast<Real>(y[i])));
    if (error > worst)
      worst = error, where = i;
  }
  INFO(x[where] << "^" << y[where] << " = " << z[where] << ", but " << std::pow(x[where], y[where]) << " expected");
  CHECK(worst <= 2.0);
  std::printf("| `powf` %s | %.2f |\n", nameOf<T>(), worst);
}

TEST_CASE("small constant powers are products", "[functions]") {
  for (double exponent : {2.0, 3.0, 7.0, -1.0, -4.0, 0.5}) {
    std::vector<double> x(kBatch);
    for (int i = 0; i < kBatch; ++i)
      x[i] = 0.001 * (i + 1);
    std::string constant = "%c = arith.constant dense<" + std::to_string(exponent) + "> : vector<8xf64>\n";
    auto jit = MathJit::compile(batchFunction(constant + "%r = math.powf %a, %c : $T", "f64", 8));
    REQUIRE(jit);
    std::vector<double> y = evaluate<double>(*jit, 8, x, x);
    for (int i = 0; i < kBatch; ++i)
      REQUIRE(ulpError(y[i], std::pow(static_cast<Real>(x[i]), static_cast<Real>(exponent))) <= 4);
  }
}

/// Nanoseconds per element of a batch in cache, the best of many runs.
template <typename T> double timePerElement(const Function &function, int width) {
  std::vector<T> x(kBatch), z(kBatch);
  std::vector<int64_t> counts(kBatch);
  for (int i = 0; i < kBatch; ++i)
    x[i] = T(i + 0.5) / kBatch;
  auto jit = MathJit::compile(batchFunction("%r = " + std::string(function.op) + " %a : $T", nameOf<T>(), width));
  REQUIRE(jit);
  BatchFunction f = jit->function("f" + std::to_string(width));
  double best = 1e9;
  for (int run = 0; run < 300; ++run) {
    auto start = std::chrono::steady_clock::now();
    f(x.data(), x.data(), z.data(), counts.data());
    best = std::min(best, std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count());
  }
  return best / kBatch;
}

TEST_CASE("time per element", "[.speed]") {
  std::printf("| function | 8 x f32 | 4 x f64 |\n|---|---|---|\n");
  for (const Function &function : kFunctions)
    std::printf("| `%s` | %.2f | %.2f |\n", function.name, timePerElement<float>(function, 8),
                timePerElement<double>(function, 4));
}

} // namespace flowc::testing

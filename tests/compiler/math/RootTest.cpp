// SPDX-License-Identifier: MIT
//
// Roots: every lane converges to the last bits, in few evaluations, without leaving its domain.

#include "tests/compiler/math/MathJit.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

namespace flowc::testing {
namespace {

using Real = long double;

/// f(t; b) with its derivative, as IR and as a function; the targets are f at points between `from` and `to`.
struct Formula {
  const char *name, *ends, *body;
  Real (*value)(Real t, Real b), (*derivative)(Real t, Real b), (*terms)(Real t, Real b); // terms: sum of magnitudes
  double from, to;
  std::vector<double> parameters;
  int mostEvaluations; // in f32 and f64
};

const char *const kSine = "%s = math.sin %t : $T\n %bs = arith.mulf %b, %s : $T\n %f = arith.addf %t, %bs : $T\n"
                          "%c = math.cos %t : $T\n %bc = arith.mulf %b, %c : $T\n %df = arith.addf %unit, %bc : $T\n";
const char *const kCubic = "%s = arith.mulf %t, %t : $T\n %bs = arith.mulf %b, %s : $T\n"
                           "%f = math.fma %bs, %t, %t : $T\n %df = math.fma %bs, %three, %unit : $T\n";

const Formula kFormulas[] = {
    {"t + b sin t",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     kSine,
     [](Real t, Real b) { return t + b * std::sin(t); },
     [](Real t, Real b) { return 1 + b * std::cos(t); },
     [](Real t, Real b) { return std::fabs(t) + std::fabs(b * std::sin(t)); },
     -10,
     10,
     {0.1, 0.5, -0.5, 0.8},
     8},
    {"t + b sin t, nearly flat",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     kSine,
     [](Real t, Real b) { return t + b * std::sin(t); },
     [](Real t, Real b) { return 1 + b * std::cos(t); },
     [](Real t, Real b) { return std::fabs(t) + std::fabs(b * std::sin(t)); },
     -10,
     10,
     {0.99, -0.99},
     20},
    {"t + b t^3",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     kCubic,
     [](Real t, Real b) { return t + b * t * t * t; },
     [](Real t, Real b) { return 1 + 3 * b * t * t; },
     [](Real t, Real b) { return std::fabs(t + b * t * t * t); },
     -2,
     2,
     {0.1, 0.5, 1},
     8},
    // `terms` is without b: what the sum of all rounds off, up to a thousand ulps of the root, is not lost.
    {"b + t + t^3, a small root beside a large term",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     "%s = arith.mulf %t, %t : $T\n %c = arith.mulf %s, %t : $T\n %bt = arith.addf %b, %t : $T\n"
     "%f = arith.addf %bt, %c : $T\n %df = math.fma %three, %s, %unit : $T\n",
     [](Real t, Real b) { return b + t + t * t * t; },
     [](Real t, Real) { return 1 + 3 * t * t; },
     [](Real t, Real) { return std::fabs(t + t * t * t); },
     0.1,
     2,
     {-100, 100},
     16},
    {"t + b t^3, steep",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     kCubic,
     [](Real t, Real b) { return t + b * t * t * t; },
     [](Real t, Real b) { return 1 + 3 * b * t * t; },
     [](Real t, Real b) { return std::fabs(t + b * t * t * t); },
     -100,
     100,
     {10, 1000},
     24},
    {"t + b tanh 8t, around which Newton's steps go to and fro",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     "%t2 = arith.addf %t, %t : $T\n %t4 = arith.addf %t2, %t2 : $T\n %t8 = arith.addf %t4, %t4 : $T\n"
     "%h = math.tanh %t8 : $T\n %f = math.fma %b, %h, %t : $T\n"
     "%m = arith.subf %unit, %h : $T\n %p = arith.addf %unit, %h : $T\n %q = arith.mulf %m, %p : $T\n"
     "%b2 = arith.addf %b, %b : $T\n %b4 = arith.addf %b2, %b2 : $T\n %b8 = arith.addf %b4, %b4 : $T\n"
     "%df = math.fma %b8, %q, %unit : $T\n",
     [](Real t, Real b) { return t + b * std::tanh(8 * t); },
     [](Real t, Real b) { return 1 + 8 * b * (1 - std::tanh(8 * t) * std::tanh(8 * t)); },
     [](Real t, Real b) { return std::fabs(t) + std::fabs(b * std::tanh(8 * t)); },
     -2,
     2,
     {1, 2, 4},
     16},
    {"-b t - e^t, decreasing",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64, decreasing",
     "%e = math.exp %t : $T\n %bt = arith.mulf %b, %t : $T\n %sum = arith.addf %bt, %e : $T\n %f = arith.negf %sum : "
     "$T\n"
     "%ds = arith.addf %b, %e : $T\n %df = arith.negf %ds : $T\n",
     [](Real t, Real b) { return -b * t - std::exp(t); },
     [](Real t, Real b) { return -b - std::exp(t); },
     [](Real t, Real b) { return std::fabs(b * t) + std::exp(t); },
     -20,
     20,
     {0.5, 2},
     40},
    {"t + b cosh(e^t), on which Newton's steps are short and do not get shorter",
     "lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64",
     "%e = math.exp %t : $T\n %h = math.cosh %e : $T\n %f = math.fma %b, %h, %t : $T\n"
     "%s = math.sinh %e : $T\n %be = arith.mulf %b, %e : $T\n %df = math.fma %be, %s, %unit : $T\n",
     [](Real t, Real b) { return t + b * std::cosh(std::exp(t)); },
     [](Real t, Real b) { return 1 + b * std::exp(t) * std::sinh(std::exp(t)); },
     [](Real t, Real b) { return std::fabs(t) + b * std::cosh(std::exp(t)) * (1 + std::exp(t)); },
     -60,
     4.4,
     {0.5, 1},
     32},
    {"b log t on (0, inf)",
     "lower = 0.0, upper = 0x7FF0000000000000 : f64",
     "%l = math.log %t : $T\n %f = arith.mulf %b, %l : $T\n %df = arith.divf %b, %t : $T\n",
     [](Real t, Real b) { return b * std::log(t); },
     [](Real t, Real b) { return b / t; },
     [](Real t, Real b) { return std::fabs(b * std::log(t)); },
     1e-6,
     50,
     {1},
     20},
    {"b logit t on (0, 1)",
     "lower = 0.0, upper = 1.0",
     "%l = flow.logit %t : $T\n %f = arith.mulf %b, %l : $T\n %r1 = arith.subf %unit, %t : $T\n %p = arith.mulf %r1, "
     "%t : $T\n"
     "%df = arith.divf %b, %p : $T\n",
     [](Real t, Real b) { return b * std::log(t / (1 - t)); },
     [](Real t, Real b) { return b / (t * (1 - t)); },
     [](Real t, Real b) { return std::fabs(b * std::log(t / (1 - t))); },
     1e-5,
     1 - 1e-4,
     {1},
     20},
};

std::string rootBody(const Formula &formula, int width) {
  std::string text;
  for (auto [name, value] : {std::pair("unit", "1.0"), std::pair("three", "3.0")})
    text += std::string("%") + name + " = arith.constant " +
            (width == 1 ? value : "dense<" + std::string(value) + ">") + " : $T\n";
  return text + "%r = flow.root %a {" + formula.ends +
         "} : $T {\n ^bb0(%t: $T):\n"
         "%n0 = memref.load %counts[%i] : $C\n %n1 = arith.addi %n0, %one : i64\n memref.store %n1, %counts[%i] : "
         "$C\n" +
         formula.body + "flow.yield %f, %df : $T, $T\n }";
}

template <typename T> struct Batch {
  std::vector<T> target, parameter, result;
  std::vector<int64_t> counts;
};

template <typename T> Batch<T> makeBatch(const Formula &formula) {
  Batch<T> batch;
  for (int i = 0; i < kBatch; ++i) {
    T b = static_cast<T>(formula.parameters[i % formula.parameters.size()]);
    Real t = formula.from + (formula.to - formula.from) * (static_cast<Real>(i) + 0.5L) / kBatch;
    batch.parameter.push_back(b);
    batch.target.push_back(static_cast<T>(formula.value(t, b)));
  }
  return batch;
}

template <typename T> void solve(Batch<T> &batch, const std::string &body, int width) {
  batch.result.assign(kBatch, 0);
  batch.counts.assign(kBatch, 0);
  auto jit = MathJit::compile(batchFunction(body, sizeof(T) == 4 ? "f32" : "f64", width));
  REQUIRE(jit);
  BatchFunction f = jit->function("f" + std::to_string(width));
  REQUIRE(f);
  f(batch.target.data(), batch.parameter.data(), batch.result.data(), batch.counts.data());
}

/// The residual in units of what one ulp of the root and of the formula's terms make of it.
template <typename T> double residual(const Formula &formula, T target, T b, T root) {
  constexpr Real ulp = std::numeric_limits<T>::epsilon();
  Real slope = std::fabs(formula.derivative(root, b));
  Real unit = ulp * (formula.terms(root, b) + slope * std::fabs(root)) + std::numeric_limits<T>::min();
  return static_cast<double>(std::fabs(formula.value(root, b) - target) / unit);
}

template <typename T> void checkFormula(const Formula &formula) {
  Batch<T> batch = makeBatch<T>(formula);
  solve(batch, rootBody(formula, 1), 1);
  double worst = 0, sum = 0;
  for (int i = 0; i < kBatch; ++i) {
    worst = std::max(worst, residual(formula, batch.target[i], batch.parameter[i], batch.result[i]));
    sum += batch.counts[i];
  }
  int64_t most = *std::max_element(batch.counts.begin(), batch.counts.end());
  std::printf("| %s | %s | %.2f | %.1f | %d |\n", formula.name, sizeof(T) == 4 ? "f32" : "f64", worst, sum / kBatch,
              static_cast<int>(most));
  INFO(formula.name);
  CHECK(worst <= 2.0);
  CHECK(most <= formula.mostEvaluations);
  std::vector<T> scalar = batch.result;
  for (int width : {4, 8, 16}) {
    solve(batch, rootBody(formula, width), width);
    CHECK(batch.result == scalar);
  }
}

} // namespace

TEST_CASE("roots converge to the last bits", "[roots]") {
  std::printf("| root | type | residual in ulps | evaluations, mean | most |\n|---|---|---|---|---|\n");
  for (const Formula &formula : kFormulas) {
    checkFormula<float>(formula);
    checkFormula<double>(formula);
  }
}

TEMPLATE_TEST_CASE("roots at the ends of their domain", "[roots]", float, double) {
  using T = TestType;
  constexpr T inf = std::numeric_limits<T>::infinity();
  SECTION("a NaN target gives NaN, an infinite one an infinity, beside lanes that converge") {
    const Formula &sine = kFormulas[0];
    Batch<T> batch = makeBatch<T>(sine);
    batch.target[1] = std::numeric_limits<T>::quiet_NaN();
    batch.target[2] = inf;
    batch.target[3] = -inf;
    solve(batch, rootBody(sine, 8), 8);
    CHECK(std::isnan(batch.result[1]));
    CHECK(batch.result[2] == inf);
    CHECK(batch.result[3] == -inf);
    CHECK(residual(sine, batch.target[0], batch.parameter[0], batch.result[0]) <= 2);
    CHECK(residual(sine, batch.target[7], batch.parameter[7], batch.result[7]) <= 2);
  }
  SECTION("a NaN in the formula gives NaN at once") {
    Batch<T> batch = makeBatch<T>(kFormulas[0]);
    batch.parameter.assign(kBatch, std::numeric_limits<T>::quiet_NaN());
    solve(batch, rootBody(kFormulas[0], 8), 8);
    CHECK(std::all_of(batch.result.begin(), batch.result.end(), [](T x) { return std::isnan(x); }));
    CHECK(*std::max_element(batch.counts.begin(), batch.counts.end()) == 1);
  }
  SECTION("where the formula overflows to NaN, the step is halved") {
    // log(e^2t / e^t), which is NaN for large t, times a slope that is far too small for the first step to land near
    // the root
    Formula broken{
        "broken",
        kFormulas[0].ends,
        "%e = math.exp %t : $T\n %ee = arith.mulf %e, %e : $T\n %q = arith.divf %ee, %e : $T\n %f = math.log %q : $T\n"
        "%df = arith.divf %unit, %b : $T\n",
        nullptr,
        nullptr,
        nullptr,
        0,
        1,
        {1},
        0};
    Batch<T> batch;
    batch.parameter.assign(kBatch, 64);
    batch.target.assign(kBatch, T(30));
    solve(batch, rootBody(broken, 4), 4);
    for (T root : batch.result)
      REQUIRE(std::fabs(root - 30) < 1e-4);
  }
  SECTION("targets beyond the range end inside the open interval, and no end is evaluated") {
    // b / t - b / (1 - t) on (0, 1), decreasing: infinite, and NaN beyond the division, at the ends
    const char *body =
        "%p = arith.divf %b, %t : $T\n %rest = arith.subf %unit, %t : $T\n %q = arith.divf %b, %rest : $T\n"
        "%f = arith.subf %p, %q : $T\n %pp = arith.divf %p, %t : $T\n %qq = arith.divf %q, %rest : $T\n"
        "%sum = arith.addf %pp, %qq : $T\n %df = arith.negf %sum : $T\n";
    Formula poles{"poles", "lower = 0.0, upper = 1.0, decreasing", body, nullptr, nullptr, nullptr, 0, 1, {1}, 0};
    Batch<T> batch;
    batch.parameter.assign(kBatch, 1);
    for (int i = 0; i < kBatch; ++i)
      batch.target.push_back(i % 3 == 0 ? inf : i % 3 == 1 ? -inf : static_cast<T>(i - kBatch / 2) * T(1e6));
    solve(batch, rootBody(poles, 4), 4);
    for (T root : batch.result) {
      REQUIRE(root > 0);
      REQUIRE(root < 1);
    }
  }
}

} // namespace flowc::testing

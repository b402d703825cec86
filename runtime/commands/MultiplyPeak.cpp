// SPDX-License-Identifier: MIT
//
// Twelve independent chains of fused multiply-adds: more than the latency of any processor's two units needs.

#include "runtime/commands/MultiplyPeak.h"

#include <algorithm>
#include <chrono>

#if defined(__x86_64__)
#include <immintrin.h>

namespace {

constexpr int Chains = 12;
constexpr long Steps = 20000;

__attribute__((target("avx512f"))) float multiplyWide(float factor) {
  __m512 sums[Chains], factors = _mm512_set1_ps(factor);
  for (__m512 &sum : sums)
    sum = factors;
  for (long step = 0; step < Steps; ++step)
    for (__m512 &sum : sums)
      sum = _mm512_fmadd_ps(sum, factors, factors);
  for (__m512 &sum : sums)
    sums[0] = _mm512_add_ps(sums[0], sum);
  return _mm512_reduce_add_ps(sums[0]);
}

__attribute__((target("avx2,fma"))) float multiplyNarrow(float factor) {
  __m256 sums[Chains], factors = _mm256_set1_ps(factor);
  for (__m256 &sum : sums)
    sum = factors;
  for (long step = 0; step < Steps; ++step)
    for (__m256 &sum : sums)
      sum = _mm256_fmadd_ps(sum, factors, factors);
  for (__m256 &sum : sums)
    sums[0] = _mm256_add_ps(sums[0], sum);
  float numbers[8], total = 0;
  _mm256_storeu_ps(numbers, sums[0]);
  for (float number : numbers)
    total += number;
  return total;
}

} // namespace

double flowc::runtime::measureMultiplyPeak() {
  bool wide = __builtin_cpu_supports("avx512f");
  if (!wide && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))
    return 0;
  volatile float factor = 0.5f, sink = 0;
  double best = 1e9;
  for (int round = 0; round < 50; ++round) {
    auto begin = std::chrono::steady_clock::now();
    sink = sink + (wide ? multiplyWide(factor) : multiplyNarrow(factor));
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return 2.0 * Chains * double(Steps) * (wide ? 16 : 8) / best * 1e-9;
}

#else

double flowc::runtime::measureMultiplyPeak() { return 0; }

#endif

// SPDX-License-Identifier: MIT
//
// tile.solve against plain substitution.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

struct SolveCase {
  int64_t rows, samples;
  bool backward = false, transposed = false, diagonal = false;
};

template <typename T> void checkSolve(const SolveCase &test, const flowc::cpu::CompiledTiles::Options &options) {
  int64_t n = test.rows;
  Arena<T> arena(static_cast<unsigned>(n * 131 + test.samples));
  Slice a = test.transposed ? arena.matrix(n, n, 1, n + 3) : arena.matrix(n, n, n + 2, 1);
  Slice y = arena.matrix(n, test.samples, test.samples * 2, 1), x = arena.matrix(n, test.samples, test.samples * 3, 1);
  Slice diagonal = arena.uniform(n, 2);
  for (int64_t i = 0; i < n; ++i) {
    arena.at(diagonal, i) += arena.at(diagonal, i) < 0 ? -2 : 2;
    for (int64_t j = 0; j < n; ++j)
      arena.at(a, i, j) /= static_cast<T>(n);
  }
  std::string text = std::string("  tile.solve ") + (test.backward ? "backward " : "") + "a(" + a.typed() + ") " +
                     (test.diagonal ? "diagonal(" + diagonal.typed() + ") " : "") + "y(" + y.typed() + ") x(" + x.typed() + ")\n";
  auto reference = [&] {
    for (int64_t s = 0; s < test.samples; ++s)
      for (int64_t step = 0; step < n; ++step) {
        int64_t i = test.backward ? n - 1 - step : step;
        double sum = arena.at(y, i, s);
        for (int64_t j = test.backward ? i + 1 : 0; j < (test.backward ? n : i); ++j)
          sum -= double(arena.at(a, i, j)) * arena.at(x, j, s);
        arena.at(x, i, s) = static_cast<T>(test.diagonal ? sum / arena.at(diagonal, i) : sum);
      }
  };
  arena.check(text, options, sizeof(T) == 4 ? 3e-5 : 1e-13, reference);
}

} // namespace

TEMPLATE_TEST_CASE("triangular systems of any size", "[solve]", float, double) {
  for (int bits : testedBits())
    for (bool backward : {false, true}) {
      for (int64_t rows : {0, 1, 2, 3, 7, 64, 65})
        checkSolve<TestType>({rows, 64, backward, !backward, true}, {"native", bits});
      for (int64_t samples : {1, 2, 3, 8, 24, 96})
        checkSolve<TestType>({5, samples, backward, backward, false}, {"native", bits});
    }
}

TEST_CASE("triangular systems for machines without AVX and without optimization", "[solve]") {
  checkSolve<float>({11, 32, true, false, true}, {"x86-64"});
  checkSolve<float>({11, 32, false, true, true}, {"native", 0, 0});
}

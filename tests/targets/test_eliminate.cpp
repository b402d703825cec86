// SPDX-License-Identifier: MIT
//
// tile.eliminate and tile.substitute against plain elimination.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

struct SystemCase {
  int64_t size, columns, samples;
  bool transposed = false;
};

template <typename T> void checkSystem(const SystemCase &test, const flowc::cpu::CompiledTiles::Options &options) {
  int64_t n = test.size, columns = test.columns;
  Arena<T> arena(static_cast<unsigned>(n * 131 + test.samples));
  Slice matrix = arena.matrix(n * n, test.samples, test.samples * 2, 1), x = arena.matrix(n * columns, test.samples, test.samples + 5, 1);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j)
      for (int64_t s = 0; s < test.samples; ++s)
        arena.at(matrix, i * n + j, s) = arena.at(matrix, i * n + j, s) / static_cast<T>(2 * n) + (i == j ? 1 : 0);
  std::string text = "  tile.eliminate " + matrix.typed() + "\n  tile.substitute " + (test.transposed ? "transposed " : "") + matrix.name +
                     ", " + x.name + " columns " + std::to_string(columns) + " : " + matrix.type + ", " + x.type + "\n";
  auto reference = [&] {
    for (int64_t s = 0; s < test.samples; ++s) {
      auto a = [&](int64_t i, int64_t j) -> T & { return arena.at(matrix, i * n + j, s); };
      // The triangles where the matrix was, and the matrix itself for the systems, by Gauss and Jordan.
      std::vector<double> m(n * n), y(n * columns);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t j = 0; j < n; ++j)
          m[test.transposed ? j * n + i : i * n + j] = a(i, j);
      for (int64_t k = 0; k < n * columns; ++k)
        y[k] = arena.at(x, k, s);
      for (int64_t k = 0; k < n; ++k)
        for (int64_t i = 0; i < n; ++i) {
          double factor = i == k ? 0 : m[i * n + k] / m[k * n + k];
          for (int64_t j = 0; j < n; ++j)
            m[i * n + j] -= factor * m[k * n + j];
          for (int64_t p = 0; p < columns; ++p)
            y[i * columns + p] -= factor * y[k * columns + p];
        }
      for (int64_t i = 0; i < n; ++i)
        for (int64_t p = 0; p < columns; ++p)
          arena.at(x, i * columns + p, s) = static_cast<T>(y[i * columns + p] / m[i * n + i]);
      for (int64_t k = 0; k < n; ++k)
        for (int64_t i = k + 1; i < n; ++i) {
          a(i, k) /= a(k, k);
          for (int64_t j = k + 1; j < n; ++j)
            a(i, j) -= a(i, k) * a(k, j);
        }
    }
  };
  arena.check(text, options, sizeof(T) == 4 ? 3e-5 : 1e-13, reference);
}

} // namespace

TEMPLATE_TEST_CASE("systems with a matrix for every sample", "[eliminate]", float, double) {
  for (int bits : testedBits())
    for (bool transposed : {false, true}) {
      for (int64_t size : {0, 1, 2, 3, 7, 33})
        checkSystem<TestType>({size, 1, 64, transposed}, {"native", bits});
      for (int64_t samples : {1, 2, 3, 24})
        checkSystem<TestType>({5, 3, samples, transposed}, {"native", bits});
      checkSystem<TestType>({3, 0, 8, transposed}, {"native", bits});
    }
}

TEST_CASE("systems for machines without AVX and without optimization", "[eliminate]") {
  checkSystem<float>({11, 2, 32, true}, {"x86-64"});
  checkSystem<float>({11, 2, 32, false}, {"native", 0, 0});
}

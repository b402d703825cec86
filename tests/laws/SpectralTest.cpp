// SPDX-License-Identifier: MIT
//
// The domain `spectral(b)` in compiled models: whatever the parameters are, the matrix makes nothing longer than b times its length, in f32
// as in f64, and comes near that where the parameter itself makes something longer.

#include "runtime/selftest/Subject.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

namespace {

using namespace flowc::runtime;
namespace fs = std::filesystem;

constexpr double kBound = 0.9;

/// x + w x with a matrix of any shape: what it has too few rows or columns for is left out.
CompiledModel compile(int64_t rows, int64_t columns) {
  fs::path folder = fs::temp_directory_path() / fmt::format("flowc_spectral_{}", static_cast<int>(getpid()));
  fs::create_directories(folder);
  int64_t features = std::max(rows, columns);
  std::ofstream(folder / "law.flow") << fmt::format(
      "layer law(x) {{\n  param w: spectral({})[{}, {}]\n  y = matvec(w, x[:{}])\n  return x + concat(y, 0 * x[{}:])\n}}\n"
      "flow law {{ data real[{}]; law }}\n",
      kBound, rows, columns, columns, rows, features);
  std::string model = (folder / "law").string();
  fs::remove_all(model);
  REQUIRE(std::system(fmt::format("{} {} -o {} --dtype both -O1 2>{}/log", FLOWC, (folder / "law.flow").string(), model, folder.string())
                          .c_str()) == 0);
  auto opened = CompiledModel::open(model);
  REQUIRE(opened);
  return *opened;
}

/// The matrix that the layer adds the product with: its columns are what unit vectors become.
Values matrixOf(Subject &subject, int64_t rows, int64_t columns) {
  int64_t features = std::max(rows, columns);
  Values units(columns * features, 0), logDet;
  for (int64_t k = 0; k < columns; ++k)
    units[k * features + k] = 1;
  Values moved = subject.toLatent(units, logDet), matrix(rows * columns);
  for (int64_t k = 0; k < columns; ++k)
    for (int64_t i = 0; i < rows; ++i)
      matrix[i * columns + k] = moved[k * features + i] - units[k * features + i];
  return matrix;
}

/// The largest singular value, from below, by an iteration that does not end before it has come to rest.
double spectralNorm(const Values &matrix, int64_t rows, int64_t columns) {
  std::mt19937_64 generator(3);
  std::normal_distribution<double> normal;
  Values v(columns), u(rows);
  for (double &value : v)
    value = normal(generator);
  double norm = 0;
  for (int round = 0; round < 3000; ++round) {
    double length = 0;
    for (double value : v)
      length = std::hypot(length, value);
    for (int64_t i = 0; i < rows; ++i) {
      u[i] = 0;
      for (int64_t k = 0; k < columns; ++k)
        u[i] += matrix[i * columns + k] * v[k] / (length > 0 ? length : 1);
    }
    norm = 0;
    for (double value : u)
      norm = std::hypot(norm, value);
    for (int64_t k = 0; k < columns; ++k) {
      v[k] = 0;
      for (int64_t i = 0; i < rows; ++i)
        v[k] += matrix[i * columns + k] * u[i];
    }
  }
  return norm;
}

/// Matrices of every kind: nothing, one entry, one direction, a rotation, all directions at random, a few large and many small ones.
std::vector<Values> matrices(int64_t rows, int64_t columns) {
  std::mt19937_64 generator(7);
  std::normal_distribution<double> normal;
  std::vector<Values> all(6, Values(rows * columns, 0));
  Values a(rows), b(columns);
  for (double &value : a)
    value = normal(generator);
  for (double &value : b)
    value = normal(generator);
  all[1][0] = -40;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t k = 0; k < columns; ++k) {
      all[2][i * columns + k] = a[i] * b[k];
      all[3][i * columns + k] = i == (k + 1) % std::max(rows, columns) ? 3 : 0;
      all[4][i * columns + k] = normal(generator);
      all[5][i * columns + k] = a[i] * b[k] + 0.01 * normal(generator);
    }
  return all;
}

} // namespace

TEST_CASE("a spectral norm is never above its bound, and near it") {
  if (const char *word = std::getenv("FLOWC_LAWS"); word && !std::string("spectral").starts_with(word))
    return;
  const std::pair<int64_t, int64_t> sizes[] = {{1, 1}, {1, 5}, {5, 1}, {2, 3}, {7, 7}, {33, 20}, {64, 65}};
  for (auto [rows, columns] : sizes) {
    CompiledModel model = compile(rows, columns);
    for (flowrt_dtype dtype : {FLOWRT_F64, FLOWRT_F32}) {
      auto subject = makeSubject(model, dtype);
      int kind = 0;
      for (const Values &matrix : matrices(rows, columns)) {
        double before = spectralNorm(matrix, rows, columns);
        for (double scale : {1e-12, 0.3, 1.0, 1e8}) {
          Values scaled(matrix);
          for (double &value : scaled)
            value *= scale;
          subject->setParameters(scaled);
          double after = spectralNorm(matrixOf(*subject, rows, columns), rows, columns);
          INFO(rows << " x " << columns << ", kind " << kind << " times " << scale << ", " << (subject->isDouble ? "f64" : "f32"));
          // What is subtracted to see the matrix is rounded too.
          CHECK(after <= kBound + (subject->isDouble ? 1e-12 : 1e-6));
          CHECK(after >= 0.98 * std::min(before * scale, kBound) - 1e-6);
        }
        ++kind;
      }
    }
  }
}

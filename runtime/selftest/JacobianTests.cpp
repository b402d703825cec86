// SPDX-License-Identifier: MIT
//
// Both directions against each other, and the log-determinants against a dense Jacobian by finite differences.

#include "runtime/selftest/Subject.h"

#include <cmath>

namespace flowc::runtime {
namespace {

/// Wider than this the dense Jacobian is left out.
constexpr size_t MaxFeatures = 256;

struct Determinant {
  double logarithm = 0;
  double smallestPivot = HUGE_VAL; // how much an error of an entry may be magnified
};

/// log|det| of a dense matrix by elimination with row pivots.
Determinant determinant(std::vector<Values> matrix) {
  Determinant result;
  for (size_t k = 0; k < matrix.size(); ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < matrix.size(); ++i)
      if (std::abs(matrix[i][k]) > std::abs(matrix[pivot][k]))
        pivot = i;
    std::swap(matrix[k], matrix[pivot]);
    result.logarithm += std::log(std::abs(matrix[k][k]));
    result.smallestPivot = std::min(result.smallestPivot, std::abs(matrix[k][k]));
    for (size_t i = k + 1; i < matrix.size(); ++i) {
      double factor = matrix[i][k] / matrix[k][k];
      for (size_t j = k; j < matrix.size(); ++j)
        matrix[i][j] -= factor * matrix[k][j];
    }
  }
  return result;
}

using Map = Values (Subject::*)(const Values &, Values &);

Verdict compareWithJacobian(Subject &subject, std::string property, Map map, const Values &points) {
  size_t features = subject.features(), rows = points.size() / features;
  Worst worst(std::move(property), subject, subject.choose(1e-7, 2e-2));
  Values logDet, ignored;
  (subject.*map)(points, logDet);
  size_t unclear = 0;
  for (size_t row = 0; row < rows; ++row) {
    // One group a column: its own copy of the row, moved along that column.
    std::vector<Derivative> columns = differentiate(subject, features, [&](double h) {
      Values moved;
      for (size_t column = 0; column < features; ++column) {
        moved.insert(moved.end(), points.begin() + std::ptrdiff_t(row * features),
                     points.begin() + std::ptrdiff_t((row + 1) * features));
        moved[column * features + column] += h;
      }
      return (subject.*map)(moved, ignored);
    });
    double error = 0;
    std::vector<Values> transposed;
    for (Derivative &column : columns) {
      error = std::max(error, column.error);
      transposed.push_back(std::move(column.value));
    }
    Determinant expected = determinant(std::move(transposed));
    // A singular Jacobian is a finding, not a row to leave out: only errors of resolved size excuse one.
    if (error > subject.choose(1e-8, 2e-3) ||
        error > subject.choose(3e-8, 5e-3) * std::max(expected.smallestPivot, 1e-6))
      ++unclear;
    else
      worst.compare(logDet[row], expected.logarithm, row);
  }
  Verdict verdict = worst.verdict();
  if (verdict.passed && unclear > 0)
    verdict.note = fmt::format("{} of {} rows left out: no step resolves their derivatives", unclear, rows);
  if (verdict.passed && 2 * unclear > rows && subject.isDouble)
    verdict.passed = false;
  return verdict;
}

} // namespace

std::vector<Verdict> testJacobian(Subject &subject, uint64_t seed) {
  size_t features = subject.features();
  Values density, there, back;
  Values x = subject.sample(seed, 0, 1000, density), z = subject.toLatent(x, there), again = subject.toData(z, back);
  Worst roundTrip("data -> latent -> data", subject, subject.choose(1e-9, 5e-3));
  for (size_t i = 0; i < x.size(); ++i)
    roundTrip.compare(again[i], x[i], i / features);
  Worst opposite("log-dets of both directions", subject, subject.choose(1e-8, 5e-3));
  for (size_t i = 0; i < there.size(); ++i)
    opposite.compare(back[i], -there[i], i);
  std::vector<Verdict> verdicts = {roundTrip.verdict(), opposite.verdict()};
  if (features > MaxFeatures)
    return verdicts;
  size_t rows = std::clamp<size_t>(256 / features, 2, 24);
  x.resize(rows * features);
  z.resize(rows * features);
  verdicts.push_back(compareWithJacobian(subject, "log-det to latent = dense Jacobian", &Subject::toLatent, x));
  verdicts.push_back(compareWithJacobian(subject, "log-det to data = dense Jacobian", &Subject::toData, z));
  return verdicts;
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// Both directions against each other, and the log-determinants against a dense Jacobian by finite differences.

#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <cmath>
#include <iterator>

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

/// A dense Jacobian, column by column, and its error.
struct Jacobian {
  std::vector<Values> columns;
  double error = 0;
};

Jacobian jacobian(Subject &subject, Map map, const Values &row) {
  size_t features = subject.features();
  Values ignored;
  // One group a column: its own copy of the row, moved along that column.
  std::vector<Derivative> derivatives = differentiate(subject, features, [&](double h) {
    Values moved;
    for (size_t column = 0; column < features; ++column) {
      moved.insert(moved.end(), row.begin(), row.end());
      moved[column * features + column] += h;
    }
    return (subject.*map)(moved, ignored);
  });
  Jacobian result;
  for (Derivative &column : derivatives) {
    result.error = std::max(result.error, column.error);
    result.columns.push_back(std::move(column.value));
  }
  return result;
}

Values rowOf(const Values &points, size_t features, size_t row) {
  return {points.begin() + std::ptrdiff_t(row * features), points.begin() + std::ptrdiff_t((row + 1) * features)};
}

/// `isNear`: the points are where the model is used, so that most of them must have a Jacobian.
Verdict compareWithJacobian(Subject &subject, std::string property, Map map, const Values &points, bool isNear = true) {
  size_t features = subject.features(), rows = points.size() / features;
  Worst worst(std::move(property), subject, subject.choose(1e-7, 2e-2));
  Values logDet;
  (subject.*map)(points, logDet);
  size_t unclear = 0;
  for (size_t row = 0; row < rows; ++row) {
    Jacobian found = jacobian(subject, map, rowOf(points, features, row));
    Determinant expected = determinant(std::move(found.columns));
    // A singular Jacobian is a finding, not a row to leave out: only errors of resolved size excuse one.
    if (found.error > subject.choose(1e-8, 2e-3) ||
        found.error > subject.choose(3e-8, 5e-3) * std::max(expected.smallestPivot, isNear ? 1e-6 : 0))
      ++unclear;
    else
      worst.compare(logDet[row], expected.logarithm, row);
  }
  Verdict verdict = worst.verdict();
  if (verdict.passed && unclear > 0)
    verdict.note = fmt::format("{} of {} rows left out: no step resolves their derivatives", unclear, rows);
  if (verdict.passed && isNear && 2 * unclear > rows && subject.isDouble)
    verdict.passed = false;
  return verdict;
}

/// Latents many deviations out, with their data: tails that no sample reaches. What overflows there is left out.
void pointsFarOut(Subject &subject, const Values &latents, Values &x, Values &z) {
  size_t features = subject.features();
  Values there, back;
  for (size_t row = 0; row < latents.size() / features; ++row) {
    constexpr double factors[] = {4, 12, 40, 120};
    Values far = rowOf(latents, features, row);
    for (double &value : far)
      value *= factors[row % std::size(factors)];
    if (!std::all_of(far.begin(), far.end(), [&](double value) { return subject.manifest->baseDomain.contains(value); }))
      continue;
    Values data = subject.toData(far, there), again = subject.toLatent(data, back);
    bool finite = std::isfinite(there[0]) && std::isfinite(back[0]);
    for (size_t i = 0; i < features; ++i)
      finite &= std::isfinite(data[i]) && std::isfinite(again[i]);
    if (!finite)
      continue;
    x.insert(x.end(), data.begin(), data.end());
    z.insert(z.end(), far.begin(), far.end());
  }
}

/// What rounding of the data alone does to the latent, measured: next to an end of its domain no difference resolves the slope.
double effectOfRounding(Subject &subject, const Values &data, const Values &latent) {
  size_t features = subject.features();
  double size = 1;
  for (double value : data)
    size = std::max(size, std::abs(value));
  Values moved, ignored;
  for (size_t j = 0; j < 2 * features; ++j) {
    moved.insert(moved.end(), data.begin(), data.end());
    moved[j * features + j / 2] += (j % 2 ? -1e-15 : 1e-15) * size;
  }
  Values found = subject.toLatent(moved, ignored);
  double effect = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    double change = std::abs(found[i] - latent[i % features]);
    effect = std::max(effect, std::isnan(change) ? std::numeric_limits<double>::infinity() : change); // NaN: beyond the domain
  }
  return double(features) * effect;
}

std::vector<Verdict> testFarOut(Subject &subject, const Values &latents) {
  size_t features = subject.features();
  Values x, z, ignored;
  pointsFarOut(subject, latents, x, z);
  Worst roundTrip("latent -> data -> latent, far out", subject, 1e-9);
  Values again = subject.toLatent(x, ignored);
  for (size_t row = 0; row < x.size() / features; ++row) {
    if (effectOfRounding(subject, rowOf(x, features, row), rowOf(again, features, row)) < 1e-10)
      for (size_t i = row * features; i < (row + 1) * features; ++i)
        roundTrip.compare(again[i], z[i], row);
  }
  return {roundTrip.verdict(),
          compareWithJacobian(subject, "log-det to latent = dense Jacobian, far out", &Subject::toLatent, x, /*isNear=*/false),
          compareWithJacobian(subject, "log-det to data = dense Jacobian, far out", &Subject::toData, z, /*isNear=*/false)};
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
  // (A uniform base has no outside, and 32 bits tell little there.)
  if (subject.isDouble && subject.manifest->base != "uniform")
    for (Verdict &verdict : testFarOut(subject, z))
      verdicts.push_back(std::move(verdict));
  return verdicts;
}

} // namespace flowc::runtime

// SPDX-License-Identifier: MIT
//
// Samples against the random numbers they must come from; batches and threads, bit for bit; the element types against
// each other.

#include "runtime/selftest/Subject.h"

#include <cmath>
#include <numbers>

namespace flowc::runtime {
namespace {

double baseDistribution(const std::string &base, double z) {
  if (base == "normal")
    return 0.5 * std::erfc(-z / std::numbers::sqrt2);
  if (base == "logistic")
    return 1 / (1 + std::exp(-z));
  return z; // uniform
}

/// The first `count` elements of `values`, or those of rows first .. first + count.
Values slice(const Values &values, size_t first, size_t count) {
  return {values.begin() + std::ptrdiff_t(first), values.begin() + std::ptrdiff_t(first + count)};
}

/// Compares bit for bit; NaN equals NaN here, since other tests look for it.
void compareExactly(Verdict &verdict, const Values &found, const Values &expected, const std::string &where) {
  for (size_t i = 0; i < expected.size() && verdict.passed; ++i)
    if (i >= found.size() || (found[i] != expected[i] && !(std::isnan(found[i]) && std::isnan(expected[i])))) {
      verdict.passed = false;
      verdict.worst = i < found.size() ? std::abs(found[i] - expected[i]) : HUGE_VAL;
      verdict.note = fmt::format("{}, element {}", where, i);
    }
}

/// Rows of data, latents, and what the objective takes.
struct BatchRows {
  Values x, z, in;

  BatchRows part(size_t first, size_t rows, size_t features) const {
    return {slice(x, first * features, rows * features), slice(z, first * features, rows * features),
            slice(in, first * features, rows * features)};
  }
};

/// Everything that a batch gives.
struct BatchResults {
  Values logProb, z, logDetThere, x, logDetBack, gradient, objective, gradientObjective;
};

BatchResults evaluateBatch(Subject &subject, const BatchRows &rows) {
  const auto &[x, z, in] = rows;
  BatchResults results;
  results.logProb = subject.logProb(x);
  results.z = subject.toLatent(x, results.logDetThere);
  results.x = subject.toData(z, results.logDetBack);
  results.objective = subject.objective(in);
  results.gradientObjective = subject.gradient(in, {}, results.gradient);
  return results;
}

void compareRows(Verdict &verdict, const BatchResults &part, const BatchResults &whole, size_t first, size_t rows,
                 size_t features, const std::string &where) {
  compareExactly(verdict, part.logProb, slice(whole.logProb, first, rows), "log_prob, " + where);
  compareExactly(verdict, part.z, slice(whole.z, first * features, rows * features), "latent, " + where);
  compareExactly(verdict, part.logDetThere, slice(whole.logDetThere, first, rows), "log-det, " + where);
  compareExactly(verdict, part.x, slice(whole.x, first * features, rows * features), "data, " + where);
  compareExactly(verdict, part.logDetBack, slice(whole.logDetBack, first, rows), "log-det back, " + where);
  compareExactly(verdict, part.objective, slice(whole.objective, first, rows), "objective, " + where);
}

Verdict testRaggedBatches(Subject &subject, const BatchRows &all, const BatchResults &whole) {
  Verdict verdict{"rows do not depend on the batch", subject.setting, true, 0, 0, ""};
  size_t features = subject.features();
  for (auto [first, rows] :
       {std::pair<size_t, size_t>{0, 0}, {0, 1}, {0, 63}, {0, 64}, {0, 65}, {937, 63}, {500, 1}, {999, 1}}) {
    subject.setNoise(first);
    BatchResults part = evaluateBatch(subject, all.part(first, rows, features));
    subject.setNoise(0);
    std::string where = fmt::format("{} rows from {}", rows, first);
    compareRows(verdict, part, whole, first, rows, features, where);
    if (!subject.manifest->takesStatistics) // They are what makes rows depend on each other.
      compareExactly(verdict, part.gradientObjective, slice(whole.gradientObjective, first, rows), "gradient's objective, " + where);
  }
  return verdict;
}

Verdict testGradientOfParts(Subject &subject, const Values &in) {
  Worst worst("gradient of a batch = sum over rows", subject, subject.choose(1e-9, 2e-3));
  size_t features = subject.features(), rows = 65;
  Values whole, part;
  subject.gradient(slice(in, 0, rows * features), {}, whole);
  Values sum(whole.size()), scale(whole.size());
  for (size_t row = 0; row < rows; ++row) {
    subject.setNoise(row);
    subject.gradient(slice(in, row * features, features), {}, part);
    for (size_t k = 0; k < sum.size(); ++k) {
      sum[k] += part[k];
      scale[k] += std::abs(part[k]);
    }
  }
  subject.setNoise(0);
  for (size_t k = 0; k < sum.size(); ++k) // relative to what was added, not to what is left of it
    worst.compare(whole[k] / (1 + scale[k]), sum[k] / (1 + scale[k]), k);
  return worst.verdict();
}

/// Rows that stand together in statistics: one that weighs twice is there twice.
Verdict testGradientOfWeights(Subject &subject, const Values &in) {
  Worst worst("gradient of weights = of repeated rows", subject, subject.choose(1e-9, 2e-3));
  size_t features = subject.features(), rows = 65;
  Values some = slice(in, 0, rows * features), weight, weighted, repeated;
  for (size_t row = 0; row < rows; ++row)
    weight.push_back(double(row % 4));
  subject.gradient(some, weight, weighted);
  subject.gradient(repeatRows(some, weight), {}, repeated);
  for (size_t k = 0; k < weighted.size(); ++k)
    worst.compare(weighted[k] / double(rows), repeated[k] / double(rows), k);
  return worst.verdict();
}

} // namespace

std::vector<Verdict> testSampling(Subject &subject, uint64_t seed) {
  size_t features = subject.features();
  constexpr uint64_t first = 12345;
  Values density, logDet, x = subject.sample(seed, first, 1000, density);
  Values direct = subject.logProb(x), z = subject.toLatent(x, logDet);
  Worst same("log_prob of samples", subject, subject.choose(1e-8, 1e-2));
  for (size_t row = 0; row < direct.size(); ++row)
    same.compare(density[row], direct[row], row);
  std::vector<Verdict> verdicts = {same.verdict()};
  const std::string &base = subject.manifest->base;
  if (base == "normal" || base == "logistic" || base == "uniform") {
    Worst source("samples come from their random numbers", subject, subject.choose(1e-9, 1e-3));
    for (size_t i = 0; i < z.size(); ++i)
      source.compare(baseDistribution(base, z[i]),
                     uniform<double>(seed, first + i / features, RandomStream::Sample, uint32_t(i % features)),
                     i / features);
    verdicts.push_back(source.verdict());
  }
  Verdict split{"samples do not depend on the split", subject.setting, true, 0, 0, ""};
  Values ignored;
  for (size_t begin : {0, 1, 63, 64, 700})
    compareExactly(split, subject.sample(seed, first + begin, 100, ignored), slice(x, begin * features, 100 * features),
                   fmt::format("samples from {}", begin));
  verdicts.push_back(split);
  return verdicts;
}

std::vector<Verdict> testBatching(Subject &subject, uint64_t seed) {
  Values density, x = subject.sample(seed, 0, 1000, density), logDet, z = subject.toLatent(x, logDet);
  BatchRows all{x, z, trainingRows(subject, seed, 0, 1000)};
  subject.setThreads(1);
  BatchResults whole = evaluateBatch(subject, all);
  Verdict threads{"same bits for any number of threads", subject.setting, true, 0, 0, ""};
  for (int64_t count : {2, 3, 7}) {
    subject.setThreads(count);
    BatchResults results = evaluateBatch(subject, all);
    std::string where = fmt::format("{} threads", count);
    compareRows(threads, results, whole, 0, 1000, subject.features(), where);
    compareExactly(threads, results.gradient, whole.gradient, "gradient, " + where);
    compareExactly(threads, results.gradientObjective, whole.gradientObjective, "gradient's objective, " + where);
    compareExactly(threads, subject.sample(seed, 0, 1000, density), x, "samples, " + where);
  }
  Verdict ragged = testRaggedBatches(subject, all, whole);
  subject.setThreads(0);
  bool together = subject.manifest->takesStatistics;
  if (together && subject.manifest->estimate) // Repeated rows have other random numbers.
    return {threads, ragged};
  return {threads, ragged, together ? testGradientOfWeights(subject, all.in) : testGradientOfParts(subject, all.in)};
}

std::vector<Verdict> testAgreement(Subject &wide, Subject &narrow, uint64_t seed) {
  Values density, x = narrow.sample(seed, 0, 1000, density), logDet, logDetNarrow;
  Values wideZ = wide.toLatent(x, logDet), narrowZ = narrow.toLatent(x, logDetNarrow);
  Values wideDensity = wide.logProb(x), narrowDensity = narrow.logProb(x);
  Worst worst("f32 agrees with f64", narrow, 1e-2);
  for (size_t row = 0; row < wideDensity.size(); ++row) {
    worst.compare(narrowDensity[row], wideDensity[row], row);
    worst.compare(logDetNarrow[row], logDet[row], row);
  }
  for (size_t i = 0; i < wideZ.size(); ++i)
    worst.compare(narrowZ[i], wideZ[i], i / narrow.features());
  return {worst.verdict()};
}

} // namespace flowc::runtime

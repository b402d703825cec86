// SPDX-License-Identifier: MIT
//
// The model under test, seen in double whatever it computes in: conversion from float is exact, so that bitwise
// comparisons stay bitwise. Also what all tests share: verdicts, test points, random parameters.

#ifndef FLOWC_RUNTIME_SELFTEST_SUBJECT_H
#define FLOWC_RUNTIME_SELFTEST_SUBJECT_H

#include "runtime/CompiledModel.h"
#include "runtime/Philox.h"

#include <memory>
#include <string>
#include <vector>

namespace flowc::runtime {

using Values = std::vector<double>;

/// How one property came out.
struct Verdict {
  std::string property;
  std::string setting; // element type and parameters
  bool passed = true;
  double worst = 0, tolerance = 0; // the largest error seen, and the largest allowed
  std::string note;                // where it failed, or what was left out
};

class Subject {
public:
  virtual ~Subject() = default;
  virtual void setParameters(const Values &parameters) = 0;
  virtual void setThreads(int64_t threads) = 0;
  /// Rows of contexts, as the model takes them: row i of every call below is given row i % count of them.
  virtual void setContexts(const Values &rows) = 0;
  virtual Values logProb(const Values &x) = 0;
  virtual Values toLatent(const Values &x, Values &logDet) = 0;
  virtual Values toData(const Values &z, Values &logDet) = 0;
  virtual Values sample(uint64_t seed, uint64_t first, int64_t count, Values &logProb) = 0;
  virtual Values objective(const Values &in) = 0;
  virtual Values target(const Values &x) = 0;
  virtual Values gradient(const Values &in, const Values &weight, Values &gradient) = 0;
  /// `parameters` with those that follow a statistic set to that of the rows of x: layer by layer, from what each probes.
  virtual Values withStatistics(const Values &x) = 0;
  /// The same with what the last gradient has taken.
  virtual Values withTakenStatistics() = 0;

  const Manifest *manifest = nullptr;
  bool isDouble = true;
  std::string setting;
  Values parameters; // those that were set last
  Values contexts;

  size_t features() const { return size_t(manifest->features); }
  /// `forDouble` or `forFloat`, by what the model computes in.
  double choose(double forDouble, double forFloat) const { return isDouble ? forDouble : forFloat; }
};

/// The model in one element type, which it must have. A conditional one is given the first of its random contexts.
std::unique_ptr<Subject> makeSubject(const CompiledModel &compiled, flowrt_dtype dtype, const std::string &device = "cpu");

/// Initial parameters, each disturbed: by a tenth or so, less for those of wide matrices.
Values randomParameters(const Manifest &manifest, uint64_t seed);

/// Rows of contexts that the model may be given, one after the other.
Values randomContexts(const Manifest &manifest, uint64_t seed, uint64_t first, int64_t rows);

/// Uniform numbers inside (0, 1) as the subject's element type has them.
Values uniformRows(const Subject &subject, uint64_t seed, RandomStream stream, uint64_t first, int64_t rows);

/// Rows for the objective and its gradient: samples, or the random numbers of samples.
Values trainingRows(Subject &subject, uint64_t seed, uint64_t first, int64_t rows);

/// Every row as often as its number in `times` says.
Values repeatRows(const Values &rows, const Values &times);

/// Keeps the largest error and says where it was.
class Worst {
public:
  Worst(std::string property, const Subject &subject, double tolerance);

  /// Takes |found - expected| relative to 1 + |expected|. An error that is not a number counts as infinite.
  void compare(double found, double expected, size_t row);
  void note(std::string text);

  Verdict verdict() const { return result; }

private:
  Verdict result;
};

/// A derivative by central differences, Richardson's extrapolation twice, and the step with the smallest error
/// estimate: small enough to pass kinks by, large enough for rounding.
struct Derivative {
  Values value;     // one per output
  double error = 0; // its estimate, the largest of the outputs
};
/// `evaluate(h)` gives the outputs of all groups at distance h, one group after the other. Each group has its own
/// direction and so its own best step; evaluating them together fills the tiles.
template <typename Evaluate>
std::vector<Derivative> differentiate(const Subject &subject, size_t groups, Evaluate evaluate);

// The tests; each returns one verdict or more.
std::vector<Verdict> testJacobian(Subject &subject, uint64_t seed);
std::vector<Verdict> testGradients(Subject &subject, uint64_t seed);
std::vector<Verdict> testObjective(Subject &subject, uint64_t seed);
std::vector<Verdict> testDensity(Subject &subject, uint64_t seed);
std::vector<Verdict> testSampling(Subject &subject, uint64_t seed);
std::vector<Verdict> testBatching(Subject &subject, uint64_t seed);
/// Of a conditional model; leaves it with the contexts that it had.
std::vector<Verdict> testContexts(Subject &subject, uint64_t seed);
std::vector<Verdict> testAgreement(Subject &wide, Subject &narrow, uint64_t seed);

} // namespace flowc::runtime

#include "runtime/selftest/Differentiate.h"

#endif

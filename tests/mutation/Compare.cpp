// SPDX-License-Identifier: MIT

#include "tests/mutation/Compare.h"

#include "runtime/Parameters.h"
#include "runtime/selftest/Subject.h"

#include <cmath>
#include <fmt/format.h>
#include <random>

namespace flowc::mutation {
namespace {

using namespace flowc::runtime;

constexpr int64_t kRows = 256;

class Comparison {
public:
  Comparison(Subject &one, Subject &other) : one(one), other(other) {}

  std::string run() {
    for (double spread : {0.0, 0.3, 1.0, 3.0})
      for (double reach : {1.0, 5.0, 100.0}) {
        where = fmt::format("parameters of {}, inputs of {}", spread, reach);
        compareAll(randoms(one.manifest->parameterCount, spread), randoms(kRows * one.manifest->features, reach));
      }
    return found;
  }

private:
  Values randoms(int64_t count, double size) {
    Values values;
    for (int64_t k = 0; k < count; ++k)
      values.push_back(size * normal(generator));
    return values;
  }

  void compareAll(const Values &parameters, const Values &points) {
    Values first, second;
    for (Subject *subject : {&one, &other})
      subject->setParameters(parameters);
    compare("log_prob", one.logProb(points), other.logProb(points));
    compare("latent", one.toLatent(points, first), other.toLatent(points, second));
    compare("log-det to latent", first, second);
    compare("data", one.toData(points, first), other.toData(points, second));
    compare("log-det to data", first, second);
    compare("samples", one.sample(7, 0, kRows, first), other.sample(7, 0, kRows, second));
    compare("log_prob of samples", first, second);
    compare("log_prob of the gradient", one.gradient(points, {}, first), other.gradient(points, {}, second));
    compare("gradient", first, second);
  }

  void compare(const char *what, const Values &a, const Values &b) {
    // What is magnified by an ill-conditioned map may differ by more than a few last bits.
    constexpr double kRounding = 1e-8;
    for (size_t k = 0; k < a.size() && found.empty(); ++k) {
      bool same = a[k] == b[k] || (std::isnan(a[k]) && std::isnan(b[k])) || std::abs(a[k] - b[k]) <= kRounding * (1 + std::abs(a[k]));
      if (!same)
        found = fmt::format("{}[{}] is {:.9g} instead of {:.9g}, {}", what, k, b[k], a[k], where);
    }
  }

  Subject &one, &other;
  std::mt19937_64 generator{11};
  std::normal_distribution<double> normal;
  std::string where, found;
};

} // namespace

std::string difference(const std::string &one, const std::string &other) {
  auto first = CompiledModel::open(one), second = CompiledModel::open(other);
  if (!first || !second)
    return "a model cannot be opened";
  auto a = makeSubject(*first, FLOWRT_F64), b = makeSubject(*second, FLOWRT_F64);
  // (The pool of the model library is none of a forked child's.)
  a->setThreads(1), b->setThreads(1);
  return Comparison(*a, *b).run();
}

void writeParameters(const std::string &model, const std::string &file) {
  auto opened = CompiledModel::open(model);
  if (!opened)
    return;
  std::mt19937_64 generator(5);
  std::normal_distribution<double> normal;
  Values values(opened->manifest().parameterCount);
  for (double &value : values)
    value = normal(generator);
  (void)saveParameters<double>(file, opened->manifest(), values, {});
}

} // namespace flowc::mutation

// SPDX-License-Identifier: MIT
//
// Bases as distributions: their densities are those of the textbooks, far out as well, in f64 and f32; as many samples lie beyond a
// point as should.

#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <unistd.h>

namespace {

using namespace flowc::runtime;
namespace fs = std::filesystem;

/// The logarithm of the density at one point, from the model's parameters.
using Density = std::function<double(const Values &point, const Values &parameters)>;

struct BaseCase {
  std::string base;
  int features;
  Density density;
};

const double logTwoPi = std::log(8 * std::atan(1.0));

double softplus(double r) { return std::log1p(std::exp(r)); }

double normal(double u) { return -(u * u + logTwoPi) / 2; }

double studentT(double t, double nu) {
  return std::lgamma((nu + 1) / 2) - std::lgamma(nu / 2) - std::log(nu * 4 * std::atan(1.0)) / 2 - (nu + 1) / 2 * std::log1p(t * t / nu);
}

BaseCase studentCase(const std::string &base, double nu) {
  return {base, 1, [nu](const Values &point, const Values &) { return studentT(point[0], nu); }};
}

double logSumExp(const Values &terms) {
  double largest = *std::max_element(terms.begin(), terms.end()), sum = 0;
  for (double term : terms)
    sum += std::exp(term - largest);
  return largest + std::log(sum);
}

double scaledNormal(const Values &point, const Values &parameters) {
  double total = 0;
  for (size_t i = 0; i < point.size(); ++i) {
    double scale = softplus(parameters[point.size() + i]);
    total += normal((point[i] - parameters[i]) / scale) - std::log(scale);
  }
  return total;
}

double fullNormal(const Values &point, const Values &parameters) {
  size_t n = point.size();
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    double diagonal = softplus(parameters[n + n * n + i]), u = diagonal * (point[i] - parameters[i]);
    for (size_t j = 0; j < i; ++j)
      u += parameters[n + i * n + j] * (point[j] - parameters[j]);
    total += normal(u) + std::log(diagonal);
  }
  return total;
}

double diagonalMixture(const Values &point, const Values &parameters) {
  size_t n = point.size(), components = parameters.size() / (2 * n + 1);
  Values weights(parameters.begin(), parameters.begin() + components), terms;
  for (size_t k = 0; k < components; ++k) {
    double term = weights[k] - logSumExp(weights);
    for (size_t i = 0; i < n; ++i) {
      double mean = parameters[components + i * components + k], scale = softplus(parameters[components * (n + 1) + i * components + k]);
      term += normal((point[i] - mean) / scale) - std::log(scale);
    }
    terms.push_back(term);
  }
  return logSumExp(terms);
}

std::vector<BaseCase> cases() {
  return {studentCase("cauchy", 1),
          studentCase("student_t(nu = 2)", 2),
          studentCase("heavy_tailed(tail = 1, scale = sqrt(2))", 2),
          studentCase("student_t", 4),
          studentCase("student_t(nu = 6)", 6),
          studentCase("student_t(nu = 12)", 12),
          {"scaled_normal", 3, scaledNormal},
          {"full_normal", 1, fullNormal},
          {"full_normal", 3, fullNormal},
          {"diagonal_mixture(components = 1)", 1, diagonalMixture},
          {"diagonal_mixture(components = 3)", 3, diagonalMixture}};
}

CompiledModel compile(const BaseCase &what) {
  fs::path folder = fs::temp_directory_path() / fmt::format("flowc_bases_{}", static_cast<int>(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "law.flow") << "flow law { data real[" << what.features << "]; base " << what.base << " }\n";
  std::string model = (folder / "law").string();
  fs::remove_all(model);
  REQUIRE(std::system(fmt::format("{} {} -o {} --dtype both -O1 2>{}/log", FLOWC, (folder / "law.flow").string(), model, folder.string())
                          .c_str()) == 0);
  auto opened = CompiledModel::open(model);
  REQUIRE(opened);
  return *opened;
}

} // namespace

TEST_CASE("a base has the density of its name") {
  const char *word = std::getenv("FLOWC_LAWS");
  for (const BaseCase &what : cases()) {
    if (word && what.base.find(word) == std::string::npos)
      continue;
    CompiledModel model = compile(what);
    Values x, expected;
    for (double size : {0.0, 0.3, 1.0, 3.0, 30.0, 1000.0})
      for (int side : {-1, 1})
        for (int i = 0; i < what.features; ++i)
          x.push_back(float(side * size / (i + 1)));
    for (flowrt_dtype dtype : {FLOWRT_F64, FLOWRT_F32}) {
      auto subject = makeSubject(model, dtype);
      subject->setParameters(randomParameters(model.manifest(), 3));
      Values found = subject->logProb(x);
      for (size_t row = 0; row < found.size(); ++row) {
        Values point(x.begin() + row * what.features, x.begin() + (row + 1) * what.features);
        double density = what.density(point, subject->parameters);
        INFO(what.base << " at " << point[0] << (subject->isDouble ? ", f64" : ", f32"));
        CHECK(std::abs(found[row] - density) <= (subject->isDouble ? 1e-12 : 1e-5) * (1 + std::abs(density)));
      }
    }
  }
}

// Beyond 2.776 lies a twentieth of Student's t with 4 degrees of freedom; beyond 20, 3.69e-5.
TEST_CASE("samples of a base have its tails") {
  BaseCase what = studentCase("student_t", 4);
  if (const char *word = std::getenv("FLOWC_LAWS"); word && what.base.find(word) == std::string::npos)
    return;
  CompiledModel model = compile(what);
  auto subject = makeSubject(model, FLOWRT_F32);
  subject->setParameters({});
  const int count = 1'000'000;
  Values density;
  int beyond = 0, farOut = 0;
  for (double value : subject->sample(1, 0, count, density)) {
    beyond += std::abs(value) > 2.7764451;
    farOut += std::abs(value) > 20;
  }
  CHECK(std::abs(beyond - 0.05 * count) < 5 * std::sqrt(0.05 * count));
  CHECK(std::abs(farOut - 3.69e-5 * count) < 5 * std::sqrt(3.69e-5 * count));
}

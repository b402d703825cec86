// SPDX-License-Identifier: MIT
//
// Estimates of log-determinants against the exact ones: the same flow, compiled without them and with them. Means over random numbers must
// be right within four of their standard errors, of the log density and of its gradient; a truncated series may be off by what its
// Lipschitz bound allows.

#include "runtime/selftest/Subject.h"
#include "tests/laws/Compile.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

namespace {

using namespace flowc::runtime;

struct EstimateCase {
  std::string items;
  int features;
  std::string context; ///< Ends with a semicolon if it is not empty.
};

const std::string kNet = "net = contraction(hidden = [8], activation = lip_swish, bound = 0.9)";

const EstimateCase cases[] = {
    {"residual(" + kNet + ")", 2, ""},
    {"residual(" + kNet + "); actnorm; residual(net = contraction(hidden = [8, 8]))", 3, ""},
    {"inverse(residual(" + kNet + "))", 2, ""},
    {"residual(" + kNet + ")", 7, "context real[2]; "},
    {"residual(" + kNet + "); batch_norm; residual(" + kNet + ")", 3, ""},
    {"residual(net = contraction(hidden = [65]))", 63, ""},
};

constexpr int64_t kRows = 3, kCopies = 100, kBatches = 40;
constexpr double kMostErrors = 4;

CompiledModel compile(const EstimateCase &what, const std::string &logDet) {
  std::string objective = logDet.empty() ? "" : fmt::format("objective likelihood(log_det = {})", logDet);
  return flowc::laws::compileSpec(
      fmt::format("flow law {{ data real[{}]; {}{}; {} }}\n", what.features, what.context, what.items, objective));
}

struct Mean {
  double sum = 0, squares = 0;
  int64_t count = 0;
  void take(double value) {
    sum += value;
    squares += value * value;
    ++count;
  }
  double mean() const { return sum / double(count); }
  double standardError() const { return std::sqrt(std::max(squares / double(count) - mean() * mean(), 0.0) / double(count - 1)); }
};

/// Large enough for the matrices to reach their bounds.
Values largeParameters(const Manifest &manifest, uint64_t seed) {
  Values values = randomParameters(manifest, seed);
  for (const Parameter &parameter : manifest.parameters)
    for (int64_t i = parameter.offset; parameter.shape.size() == 2 && i < parameter.offset + parameter.size; ++i)
      values[size_t(i)] = double(float(3 * values[size_t(i)]));
  return values;
}

/// What the same flow gives without estimates. (Its library has the path of the next one, and must be closed by then.)
struct Exact {
  Values parameters, x, objective, gradient;
  std::vector<Direction> directions;

  explicit Exact(const EstimateCase &what) {
    CompiledModel model = compile(what, "");
    auto subject = makeSubject(model, FLOWRT_F64);
    parameters = largeParameters(model.manifest(), 5);
    subject->setParameters(parameters);
    Values ignored;
    x = subject->sample(5, 0, kRows, ignored);
    objective = subject->gradient(x, {}, gradient);
    directions = randomDirections(model.manifest(), 6);
  }
};

/// What estimates are found to be over many batches: each row's objective, and the gradient along random directions.
struct Found {
  std::vector<Mean> objective, slopes;
};

Found estimate(Subject &subject, const Values &x, const std::vector<Direction> &directions) {
  Found found{std::vector<Mean>(size_t(kRows)), std::vector<Mean>(directions.size())};
  Values copies = repeatRows(x, Values(size_t(kRows), double(kCopies)));
  for (int64_t batch = 0; batch < kBatches; ++batch) {
    subject.setNoise(uint64_t(batch * kRows * kCopies));
    Values gradient, objective = subject.gradient(copies, {}, gradient);
    for (size_t i = 0; i < objective.size(); ++i)
      found.objective[i / size_t(kCopies)].take(objective[i]);
    for (size_t i = 0; i < directions.size(); ++i) {
      double along = 0;
      for (size_t k = 0; k < gradient.size(); ++k)
        along += gradient[k] * directions[i].components[k];
      found.slopes[i].take(along / double(kCopies));
    }
  }
  return found;
}

void checkMean(const Mean &found, double expected, double slack) {
  INFO(found.mean() << " +- " << found.standardError() << "; expected " << expected);
  CHECK(std::abs(found.mean() - expected) <= kMostErrors * found.standardError() + slack * (1 + std::abs(expected)));
}

} // namespace

TEST_CASE("a roulette over the terms of log-determinants has no bias") {
  const char *word = std::getenv("FLOWC_LAWS");
  for (const EstimateCase &what : cases) {
    if (word && what.items.find(word) == std::string::npos)
      continue;
    INFO(what.items << " with " << what.features << " features");
    Exact exact(what);
    for (const char *way : {"roulette", "roulette(least = 1, stop = 0.3)"}) {
      INFO(way);
      CompiledModel model = compile(what, way);
      REQUIRE(model.manifest().estimate);
      for (flowrt_dtype dtype : {FLOWRT_F64, FLOWRT_F32}) {
        INFO((dtype == FLOWRT_F64 ? "f64" : "f32"));
        auto subject = makeSubject(model, dtype);
        subject->setParameters(exact.parameters);
        double slack = dtype == FLOWRT_F64 ? 1e-9 : 1e-4;
        Found found = estimate(*subject, exact.x, exact.directions);
        for (size_t row = 0; row < size_t(kRows); ++row) {
          CHECK(found.objective[row].standardError() > 0);
          checkMean(found.objective[row], exact.objective[row], slack);
        }
        for (size_t i = 0; i < exact.directions.size(); ++i) {
          double expected = 0;
          for (size_t k = 0; k < exact.gradient.size(); ++k)
            expected += exact.gradient[k] * exact.directions[i].components[k];
          checkMean(found.slopes[i], expected, slack);
        }
      }
    }
  }
}

TEST_CASE("a cut series is off by what its Lipschitz bound allows") {
  EstimateCase what{"residual(net = contraction(hidden = [16], bound = 0.8))", 7, ""};
  const double bound = 0.8 * 0.8;
  Exact exact(what);
  double before = 0;
  for (int terms : {1, 2, 4, 8}) {
    INFO(terms << " terms");
    CompiledModel model = compile(what, fmt::format("power_series(terms = {})", terms));
    auto subject = makeSubject(model, FLOWRT_F64);
    subject->setParameters(exact.parameters);
    Found found = estimate(*subject, exact.x, {});
    double allowed = std::pow(bound, terms + 1) / ((terms + 1) * (1 - bound)) * what.features, worst = 0, noise = 0;
    for (size_t row = 0; row < size_t(kRows); ++row) {
      double off = std::abs(found.objective[row].mean() - exact.objective[row]), error = found.objective[row].standardError();
      INFO(off << " +- " << error << "; allowed " << allowed);
      CHECK(off <= allowed + kMostErrors * error);
      if (terms == 1 && row == 0) // It is a bias indeed.
        CHECK(off > kMostErrors * error);
      worst = std::max(worst, off);
      noise = std::max(noise, kMostErrors * error);
    }
    if (terms > 1)
      CHECK(worst < before + noise);
    before = worst;
  }
}

TEST_CASE("a model with estimates passes its own tests") {
  const std::string teacherless = "energy bowl(x) = dot(x - 1, x - 1) / 3 + sum(cos(x)) / 4\n";
  for (const std::string &flow :
       {std::string("data real[3]; residual(" + kNet + "); objective likelihood(log_det = roulette)"),
        std::string("data real[2]; residual(" + kNet + "); batch_norm; objective likelihood(log_det = power_series(terms = 3))"),
        std::string("data real[3]; context label[3]; residual(" + kNet + "); objective likelihood(log_det = roulette)"),
        std::string("data real[2]; inverse(residual(" + kNet + ")); objective reverse_kl(bowl, log_det = roulette)")}) {
    INFO(flow);
    CompiledModel model = flowc::laws::compileSpec(teacherless + "flow law { " + flow + " }\n");
    for (flowrt_dtype dtype : {FLOWRT_F64, FLOWRT_F32}) {
      auto subject = makeSubject(model, dtype);
      subject->setParameters(randomParameters(model.manifest(), 1));
      for (auto test : {testGradients, testBatching, testContexts})
        for (const Verdict &verdict : test(*subject, 1)) {
          INFO(verdict.property << ": " << verdict.worst << " " << verdict.note);
          CHECK(verdict.passed);
        }
    }
  }
}

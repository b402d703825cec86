// SPDX-License-Identifier: MIT
//
// Training with statistics over the batch: the statistics, the objective with them in it, and the gradient through them, at odd numbers of
// features and rows, weighted or not. Of batch normalization alone everything is computed here by its formula. Of other flows statistics
// are found by probing layer after layer with the stored ones set, which takes nothing from the segments that training runs in; the density
// is that of the model with them.

#include "runtime/Parameters.h"
#include "runtime/selftest/Subject.h"
#include "tests/laws/Compile.h"
#include "tests/laws/Slopes.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <random>

namespace {

using namespace flowc::runtime;

CompiledModel compile(const std::string &definitions, const std::string &items, int features) {
  return flowc::laws::compileSpec(fmt::format("{}\nflow law {{ data real[{}]; {} }}\n", definitions, features, items));
}

Values randomRows(int64_t rows, int64_t features, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  Values x(rows * features);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(0.3 * double(i % features) - 1 + (0.5 + double(i % 3)) * normal(generator));
  return x;
}

/// 1 everywhere, or whole numbers from 0 on, the first of them not 0.
Values weightsOf(int64_t rows, bool weighted) {
  Values weight(rows, 1);
  for (int64_t row = 0; weighted && row < rows; ++row)
    weight[row] = double((row * 7 + 2) % 4);
  return weight;
}

double sum(const Values &values, const Values &weight) {
  double total = 0;
  for (size_t row = 0; row < values.size(); ++row)
    total += weight[row] * values[row];
  return total;
}

/// The worst element of two vectors, each relative to its size and that of the largest one.
double distance(const Values &found, const Values &expected) {
  REQUIRE(found.size() == expected.size());
  double worst = 0, scale = 1;
  for (double value : expected)
    scale = std::max(scale, std::abs(value));
  for (size_t i = 0; i < found.size(); ++i)
    worst = std::max(worst, std::isfinite(found[i]) ? std::abs(found[i] - expected[i]) / scale : HUGE_VAL);
  return worst;
}

/// What training raises, of each row, with the statistics of the batch.
Values objectiveOfBatch(Subject &subject, const Values &parameters, const Values &x, const Values &weight) {
  subject.setParameters(parameters);
  subject.setParameters(subject.withStatistics(repeatRows(x, weight)));
  return subject.objective(x);
}

void checkAlongDirections(Subject &subject, const Values &parameters, const Values &x, const Values &weight, const Values &gradient) {
  int sure = 0;
  for (const flowc::laws::Slope &slope : flowc::laws::slopesAlong(
           subject, parameters, gradient, 3, [&](const Values &moved) { return sum(objectiveOfBatch(subject, moved, x, weight), weight); })) {
    double scale = 1 + std::abs(slope.along) + double(weight.size());
    if (!(slope.error < 1e-7 * scale))
      continue;
    ++sure;
    INFO(slope.along << " measured " << slope.measured);
    CHECK(std::abs(slope.along - slope.measured) <= 1e-7 * scale);
  }
  CHECK(sure > 0);
}

void checkBatch(const CompiledModel &model, const Values &x, const Values &weight) {
  auto subject = makeSubject(model, FLOWRT_F64);
  Values parameters = randomParameters(model.manifest(), 5), gradient, again, objective;
  subject->setParameters(parameters);
  objective = subject->gradient(x, weight, gradient);
  Values taken = subject->withTakenStatistics();
  CHECK(distance(taken, subject->withStatistics(repeatRows(x, weight))) <= 1e-12);
  CHECK(distance(objective, objectiveOfBatch(*subject, parameters, x, weight)) <= 1e-10);
  subject->setParameters(parameters);
  for (int64_t threads : {1, 2, 3}) {
    subject->setThreads(threads);
    CHECK(subject->gradient(x, weight, again) == objective);
    CHECK(again == gradient);
    CHECK(subject->withTakenStatistics() == taken);
  }
  checkAlongDirections(*subject, parameters, x, weight, gradient);
  auto narrow = makeSubject(model, FLOWRT_F32);
  narrow->setParameters(parameters);
  CHECK(distance(narrow->gradient(x, weight, again), objective) <= 1e-4);
  CHECK(distance(again, gradient) <= 2e-3);
}

const std::string definitions = R"(
network normed(x, out) {
  h = linear(x, 5)
  running m = mean(h), v = variance(h)
  return linear(tanh((h - m) / sqrt(v + 0.001)), out)
}
# The second statistic is of what the first one makes; the third of something else than what is transformed.
layer twice(x) {
  running m = mean(x, 0.5)
  y = x - m
  running v = variance(y), w = mean(square(y))
  running late = mean(tanh(y / sqrt(v + 0.01)))
  return y / sqrt(v + abs(w) + 0.1) + late
}
# Not used in what it returns.
layer watched(x) {
  running m = mean(x)
  return x
}
)";

const std::string flows[] = {
    "batch_norm",
    "affine_coupling(net = mlp(hidden = [6])); batch_norm; affine_coupling(mask = swap(alternate), net = mlp(hidden = [6])); batch_norm",
    "maf(net = made(hidden = [8])); inverse(cubic); batch_norm; reverse; maf(net = made(hidden = [8])); actnorm; batch_norm; cubic",
    "affine_coupling(net = normed); twice; watched",
};

bool isWanted(const std::string &items) {
  const char *word = std::getenv("FLOWC_LAWS");
  return !word || items.find(word) != std::string::npos || std::string("statistics").find(word) != std::string::npos;
}

/// batch_norm over a normal base, by its formula: the objective of each row, given log_scale and shift of each feature.
Values batchNormObjective(const Values &x, const Values &weight, const Values &trained, double epsilon) {
  size_t rows = weight.size(), features = x.size() / rows;
  double total = 0;
  for (double w : weight)
    total += w;
  Values objective(rows);
  for (size_t f = 0; f < features; ++f) {
    double mean = 0, variance = 0, scale = trained[f], shift = trained[features + f];
    for (size_t row = 0; row < rows; ++row)
      mean += weight[row] / total * x[row * features + f];
    for (size_t row = 0; row < rows; ++row)
      variance += weight[row] / total * (x[row * features + f] - mean) * (x[row * features + f] - mean);
    for (size_t row = 0; row < rows; ++row) {
      double y = (x[row * features + f] - mean) / std::sqrt(variance + epsilon) * std::exp(scale) + shift;
      objective[row] += -y * y / 2 - std::log(2 * std::numbers::pi) / 2 + scale - std::log(variance + epsilon) / 2;
    }
  }
  return objective;
}

} // namespace

TEST_CASE("gradients pass through the statistics of a batch") {
  for (const std::string &items : flows) {
    if (!isWanted(items))
      continue;
    for (int features : {1, 2, 3, 7, 63, 64, 65}) {
      CompiledModel model = compile(definitions, items, features);
      for (int64_t rows : {2, 3, 63, 64, 65, 130})
        for (bool weighted : {false, true}) {
          if (features > 7 && rows % 65) // Large flows on one tile and a bit, and on two.
            continue;
          INFO(items << " with " << features << " features, " << rows << " rows" << (weighted ? ", weighted" : ""));
          checkBatch(model, randomRows(rows, features, 17), weightsOf(rows, weighted));
        }
    }
  }
}

TEST_CASE("batch normalization is its formula") {
  if (!isWanted("batch_norm"))
    return;
  for (int features : {1, 3, 65}) {
    CompiledModel model = compile("", "batch_norm(epsilon = 0.01)", features);
    auto subject = makeSubject(model, FLOWRT_F64);
    Values parameters = randomParameters(model.manifest(), 8), gradient;
    subject->setParameters(parameters);
    for (int64_t rows : {2, 65, 130})
      for (bool weighted : {false, true}) {
        INFO(features << " features, " << rows << " rows");
        Values x = randomRows(rows, features, 19), weight = weightsOf(rows, weighted);
        Values objective = subject->gradient(x, weight, gradient), trained(parameters.begin(), parameters.begin() + 2 * features);
        CHECK(distance(objective, batchNormObjective(x, weight, trained, 0.01)) <= 1e-11);
        for (int k : {0, features - 1, features, 2 * features - 1}) {
          Derivative measured = differentiate(*subject, 1, [&](double h) {
            Values moved = trained;
            moved[k] += h;
            return Values{sum(batchNormObjective(x, weight, moved, 0.01), weight)};
          })[0];
          CHECK(std::abs(gradient[k] - measured.value[0]) <= 1e-7 * (1 + double(rows)));
        }
      }
  }
}

// x passes through a normalization to a coupling's network: the whole gradient by its weights goes through mean and variance, and moving all
// of a column's data, or scaling it, changes nothing that follows.
TEST_CASE("a normalized batch does not see where its data lies") {
  if (!isWanted("batch_norm"))
    return;
  CompiledModel model = compile("", "batch_norm(epsilon = 0.000000000001); affine_coupling(net = mlp(hidden = [4]))", 3);
  auto subject = makeSubject(model, FLOWRT_F64);
  subject->setParameters(randomParameters(model.manifest(), 4));
  Values x = randomRows(65, 3, 2), moved = x, here, there;
  for (double &value : moved)
    value = 4 * value - 8;
  Values near = subject->gradient(x, {}, here), far = subject->gradient(moved, {}, there);
  CHECK(distance(there, here) <= 1e-11);
  for (double &value : far)
    value += 3 * std::log(4.0);
  CHECK(distance(far, near) <= 1e-11);
}

TEST_CASE("a batch that counts nothing leaves the statistics as they are") {
  CompiledModel model = compile("", "batch_norm", 2);
  auto subject = makeSubject(model, FLOWRT_F64);
  Values parameters = randomParameters(model.manifest(), 4), gradient, x = randomRows(3, 2, 2);
  subject->setParameters(parameters);
  Values expected = subject->objective(x);
  CHECK(distance(subject->gradient(x, {0, 0, 0}, gradient), expected) <= 1e-12);
  CHECK(gradient == Values(gradient.size(), 0));
  CHECK(subject->withTakenStatistics() == parameters);
  CHECK(subject->gradient({}, {}, gradient).empty());
  CHECK(subject->withTakenStatistics() == parameters);
}

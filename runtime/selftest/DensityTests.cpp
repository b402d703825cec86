// SPDX-License-Identifier: MIT
//
// log_prob against the base's formula, and its integral in one and two dimensions by cells that are divided where it
// matters.

#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace flowc::runtime {
namespace {

/// Evaluations in one integral at most.
constexpr size_t MostPoints = 6'000'000;
constexpr int Generations = 9;

double baseLogDensity(const std::string &base, double z) {
  if (base == "normal")
    return -0.5 * z * z - 0.5 * std::log(2 * std::numbers::pi);
  if (base == "logistic")
    return -std::abs(z) - 2 * std::log1p(std::exp(-std::abs(z)));
  return z >= 0 && z <= 1 ? 0 : -HUGE_VAL; // uniform
}

/// A box; in one dimension the second side is [0, 1] and does nothing.
struct Cell {
  std::array<double, 2> low, high;
  double integral = 0;
};

class Integrator {
public:
  Integrator(Subject &subject) : subject(subject), dimensions(subject.features()) {}

  double integrate(const Cell &box) {
    std::vector<Cell> active = divide({box}, 48);
    evaluate(active);
    double settled = 0;
    for (int generation = 0; generation < Generations && !active.empty() && points < MostPoints; ++generation) {
      std::vector<Cell> children = divide(active, 2);
      evaluate(children);
      size_t perCell = children.size() / active.size();
      std::vector<Cell> next;
      for (size_t i = 0; i < active.size(); ++i) {
        double sum = 0;
        for (size_t k = 0; k < perCell; ++k)
          sum += children[i * perCell + k].integral;
        // Cells that the division did not change are done.
        if (std::abs(sum - active[i].integral) < 1e-8)
          settled += sum;
        else
          next.insert(next.end(), children.begin() + std::ptrdiff_t(i * perCell),
                      children.begin() + std::ptrdiff_t((i + 1) * perCell));
      }
      active = std::move(next);
    }
    for (const Cell &cell : active)
      settled += cell.integral;
    return settled;
  }

private:
  std::vector<Cell> divide(const std::vector<Cell> &cells, int parts) const {
    std::vector<Cell> out;
    int second = dimensions == 2 ? parts : 1;
    for (const Cell &cell : cells)
      for (int i = 0; i < parts; ++i)
        for (int j = 0; j < second; ++j) {
          auto at = [&](size_t d, int k, int of) { return cell.low[d] + (cell.high[d] - cell.low[d]) * k / of; };
          out.push_back({{at(0, i, parts), at(1, j, second)}, {at(0, i + 1, parts), at(1, j + 1, second)}});
        }
    return out;
  }

  /// Gauss's three points in each dimension.
  void evaluate(std::vector<Cell> &cells) {
    static constexpr double nodes[3] = {0.1127016653792583, 0.5, 0.8872983346207417},
                            weights[3] = {5.0 / 18, 8.0 / 18, 5.0 / 18};
    int second = dimensions == 2 ? 3 : 1;
    Values x;
    for (const Cell &cell : cells)
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < second; ++j) {
          x.push_back(cell.low[0] + nodes[i] * (cell.high[0] - cell.low[0]));
          if (dimensions == 2)
            x.push_back(cell.low[1] + nodes[j] * (cell.high[1] - cell.low[1]));
        }
    Values density = subject.logProb(x);
    points += density.size();
    size_t next = 0;
    for (Cell &cell : cells) {
      double sum = 0;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < second; ++j)
          sum += std::exp(density[next++]) * weights[i] * (dimensions == 2 ? weights[j] : 1);
      double area = (cell.high[0] - cell.low[0]) * (cell.high[1] - cell.low[1]);
      cell.integral = sum * area;
    }
  }

  Subject &subject;
  size_t dimensions;
  size_t points = 0;
};

/// The box that holds all of many samples, widened on each side, as far as there can be data.
Cell boundingBox(Subject &subject, uint64_t seed) {
  Values density, x = subject.sample(seed, 0, 20000, density);
  Cell box{{0, 0}, {1, 1}};
  for (size_t d = 0; d < subject.features(); ++d) {
    double low = x[d], high = x[d];
    for (size_t i = d; i < x.size(); i += subject.features()) {
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    double margin = 0.4 * (high - low) + 1e-3;
    box.low[d] = std::max(low - margin, subject.manifest->domain.low);
    box.high[d] = std::min(high + margin, subject.manifest->domain.high);
  }
  return box;
}

} // namespace

std::vector<Verdict> testDensity(Subject &subject, uint64_t seed) {
  size_t features = subject.features();
  const std::string &base = subject.manifest->base;
  std::vector<Verdict> verdicts;
  if (base == "normal" || base == "logistic" || base == "uniform") {
    Values ignored, logDet, x = subject.sample(seed, 9000, 500, ignored), z = subject.toLatent(x, logDet),
                            density = subject.logProb(x);
    Worst formula("log_prob = base + log-det", subject, subject.choose(1e-10, 1e-3));
    for (size_t row = 0; row < density.size(); ++row) {
      double expected = logDet[row];
      for (size_t d = 0; d < features; ++d) {
        double value = z[row * features + d];
        // In f32 the latent of a sample may be rounded onto the edge of the uniform's support, or past it.
        expected += baseLogDensity(base, base == "uniform" && std::abs(value - 0.5) < 0.5 + 1e-4 ? 0.5 : value);
      }
      formula.compare(density[row], expected, row);
    }
    verdicts.push_back(formula.verdict());
  }
  if (features <= 2) {
    double integral = Integrator(subject).integrate(boundingBox(subject, seed));
    Worst one("density integrates to 1", subject, 4e-3);
    one.compare(integral, 1, 0);
    Verdict verdict = one.verdict();
    verdict.worst = std::abs(integral - 1);
    verdict.passed = verdict.worst <= verdict.tolerance;
    if (!verdict.passed)
      verdict.note = fmt::format("the integral is {:.6f}", integral);
    verdicts.push_back(verdict);
  }
  return verdicts;
}

} // namespace flowc::runtime

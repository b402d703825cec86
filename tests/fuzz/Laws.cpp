// SPDX-License-Identifier: MIT

#include "tests/fuzz/Laws.h"
#include "tests/laws/Determinant.h"

#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <random>
#include <span>
#include <unistd.h>

namespace flowc::fuzz {
namespace {

using namespace flowc::runtime;
using Real = long double;
namespace fs = std::filesystem;
/// How much coarser 64-bit rounding is than ours.
constexpr Real kCoarser = 4 * 2048;

/// The stated direction of the whole model at one row.
struct Meaning {
  std::vector<Real> value, error;
  /// log|det| of the stated direction, and of the base at its end if the end is the latent side.
  Real logDet = 0, baseLogDensity = 0;
  /// How much an error of the value grows on the way back, roughly.
  Real growth = 0;
  bool reliable = true;
};

class LawJudge {
public:
  LawJudge(const Tape &tape, Subject &subject, uint64_t seed) : tape(tape), subject(subject), random(seed) {
    for (size_t k = 0; k < tape.layers().size(); ++k)
      if (!tape.layers()[k].info.base)
        order.push_back(k), generative += tape.layers()[k].info.generative;
  }

  std::vector<Fault> run() {
    // Only with one stated direction is there a meaning of the whole to compare with.
    if (generative != 0 && generative != order.size())
      return {};
    if (generative)
      std::ranges::reverse(order);
    for (int trial = 0; trial < 3; ++trial) {
      setParameters();
      for (int row = 0; row < 12; ++row)
        checkRow(randomRow());
      checkGradient();
    }
    return std::move(faults);
  }

private:
  void fail(const char *what, const std::string &detail) {
    if (std::ranges::none_of(faults, [&](const Fault &fault) { return fault.what == what; }))
      faults.push_back({what, detail});
  }

  double normal(double size) { return size * std::normal_distribution<double>()(random); }

  void setParameters() {
    std::map<std::string, int64_t> offsets;
    for (const Parameter &parameter : subject.manifest->parameters)
      offsets[parameter.name] = parameter.offset;
    places.clear();
    context.clear();
    for (const TapeParameter &parameter : tape.parameters())
      for (int64_t i = 0; i < parameter.size; ++i) {
        places.push_back(!parameter.isContext && offsets.count(parameter.name) ? offsets[parameter.name] + i : -1);
        if (parameter.isContext)
          context.emplace_back(normal(1.2));
      }
    Values values(subject.manifest->parameterCount);
    for (double &value : values)
      value = normal(0.7);
    subject.setParameters(values);
    if (context.empty())
      return;
    Values given = tape.contextOf(context);
    if (subject.manifest->context.label) // The runtime takes its number.
      given = {static_cast<double>(std::ranges::max_element(given) - given.begin())};
    subject.setContexts(given);
  }

  /// What the tape calls all parameters, moved by h along a direction.
  Numbers rawParameters(const Values &direction = {}, Real h = 0) const {
    Numbers raw = context; // (It is stated before any layer.)
    for (int64_t place : std::span(places).subspan(context.size()))
      raw.emplace_back(place < 0 ? Real(0)
                                 : subject.parameters[place] + (direction.empty() ? 0 : h * direction[place]));
    return raw;
  }

  Values randomRow() {
    const TapeLayer &first = tape.layers()[order[0]];
    std::optional<dsl::Interval> range = first.domain;
    if (generative && order[0] + 1 < tape.layers().size() && tape.layers()[order[0] + 1].domain)
      range = tape.layers()[order[0] + 1].domain;
    Values row;
    for (int64_t j = 0; j < first.info.features; ++j) {
      double t = normal(1.2);
      row.push_back(!range                    ? t
                    : std::isinf(range->high) ? range->low + std::exp(t)
                                              : range->low + (range->high - range->low) / (1 + std::exp(-t)));
    }
    return row;
  }

  Meaning meaning(const Values &row, const Numbers &raw) const {
    Meaning result;
    size_t n = row.size();
    std::vector<std::vector<Real>> jacobian(n, std::vector<Real>(n));
    for (size_t j = 0; j < n; ++j) {
      Numbers values;
      for (size_t k = 0; k < n; ++k)
        values.emplace_back(row[k], k == j ? 1 : 0);
      for (size_t layer : order) {
        Evaluation found = tape.evaluate(layer, values, raw);
        result.reliable &= !found.mishaps.any();
        values = found.result;
      }
      result.value.clear(), result.error.clear();
      for (size_t i = 0; i < n; ++i) {
        result.reliable &= values[i].isReliable();
        jacobian[i][j] = values[i].slope;
        result.value.push_back(values[i].value);
        result.error.push_back(kCoarser * values[i].error);
      }
    }
    Real largest = 1;
    for (const auto &line : jacobian)
      for (Real entry : line)
        largest = std::max(largest, std::abs(entry));
    result.logDet = laws::logAbsDeterminant(jacobian);
    result.growth = std::pow(largest, Real(n) - 1) * std::exp(-result.logDet);
    if (!generative && tape.layers().back().info.base) {
      Numbers latent;
      for (Real v : result.value)
        latent.emplace_back(v, 1);
      for (const Number &cumulative : tape.evaluate(tape.layers().size() - 1, latent, raw).result)
        result.baseLogDensity += std::log(std::abs(cumulative.slope));
    }
    result.reliable &= std::isfinite(result.logDet) && std::isfinite(result.baseLogDensity);
    return result;
  }

  void checkRow(const Values &row) {
    Meaning expected = meaning(row, rawParameters());
    Real error = 0;
    for (size_t i = 0; expected.reliable && i < row.size(); ++i)
      error = std::max(error, expected.error[i] + 1e-13L * (1 + std::abs(expected.value[i])));
    // Where 64 bits carry nothing, nothing can be compared.
    if (!expected.reliable || error > 1e-4L)
      return;
    Values there, back, found = generative ? subject.toData(row, there) : subject.toLatent(row, there);
    std::string where;
    for (double v : row)
      where += fmt::format("{:.17g} ", v);
    where += "with parameters ";
    for (double v : subject.parameters)
      where += fmt::format("{:.6g} ", v);
    for (size_t i = 0; i < row.size(); ++i)
      if (!(std::abs(found[i] - expected.value[i]) <= error))
        fail("law-value", fmt::format("{:.17g} instead of {:.17g} at {}", found[i], double(expected.value[i]), where));
    Real loose = 1e-8L + 1e4L * error;
    if (!(std::abs(there[0] - expected.logDet) <= loose * (1 + std::abs(expected.logDet))))
      fail("law-log-det", fmt::format("{:.17g} instead of {:.17g} at {}", there[0], double(expected.logDet), where));
    Values again = generative ? subject.toLatent(found, back) : subject.toData(found, back);
    Real allowed = 1e-9L + 10 * expected.growth * error;
    for (size_t i = 0; i < row.size() && allowed < 1e-3L; ++i)
      if (!(std::abs(again[i] - row[i]) <= allowed * (1 + std::abs(row[i]))))
        fail("law-inverse",
             fmt::format("back to {:.17g}, allowed error {:.2g}, at {}", again[i], double(allowed), where));
    if (!generative && tape.layers().back().info.base) {
      double density = subject.logProb(row)[0];
      Real wanted = expected.logDet + expected.baseLogDensity;
      if (std::abs(wanted) < 600 && !(std::abs(density - wanted) <= 100 * loose * (1 + std::abs(wanted))))
        fail("law-density", fmt::format("{:.17g} instead of {:.17g} at {}", density, double(wanted), where));
    }
  }

  /// Along one random direction, against differences of the recorded program's density.
  void checkGradient() {
    if (generative || subject.parameters.empty() || !tape.layers().back().info.base)
      return;
    Values row = randomRow(), gradient, direction(subject.parameters.size());
    for (double &v : direction)
      v = normal(1);
    auto density = [&](Real h) {
      Meaning found = meaning(row, rawParameters(direction, h));
      return found.reliable ? found.logDet + found.baseLogDensity : std::nanl("");
    };
    auto difference = [&](Real h) {
      return (8 * (density(h) - density(-h)) - (density(2 * h) - density(-2 * h))) / (12 * h);
    };
    Real coarse = difference(2e-4L), fine = difference(1e-4L);
    if (!(std::abs(coarse - fine) < 1e-7L * (1 + std::abs(fine))) || std::abs(density(0)) > 600)
      return;
    subject.gradient(row, Values{1}, gradient);
    Real found = 0;
    for (size_t i = 0; i < direction.size(); ++i)
      found += direction[i] * Real(gradient[i]);
    if (!(std::abs(found - fine) <= 1e-5L * (1 + std::abs(fine))))
      fail("law-gradient",
           fmt::format("{:.12g} instead of {:.12g} at x = {:.17g} ...", double(found), double(fine), row[0]));
  }

  const Tape &tape;
  Subject &subject;
  std::mt19937_64 random;
  std::vector<size_t> order;
  std::vector<int64_t> places;
  Numbers context; ///< What stands for it.
  size_t generative = 0;
  std::vector<Fault> faults;
};

} // namespace

std::vector<Fault> checkLaws(const std::string &text, const Tape &tape, uint64_t seed) {
  fs::path folder = fs::temp_directory_path() / fmt::format("flowc_fuzz_{}_{}", static_cast<int>(getpid()), seed);
  fs::create_directories(folder);
  std::ofstream(folder / "fuzz.flow") << text;
  std::string log = (folder / "log").string();
  std::string command = fmt::format("{} {} -o {} --dtype f64 -O1 2>{}", FLOWC, (folder / "fuzz.flow").string(),
                                    (folder / "model").string(), log);
  std::vector<Fault> faults;
  if (std::system(command.c_str()) != 0) {
    std::ifstream file(log);
    faults.push_back({"law-not-compiled", std::string(std::istreambuf_iterator<char>(file), {})});
  } else if (auto model = CompiledModel::open((folder / "model").string())) {
    auto subject = makeSubject(*model, FLOWRT_F64);
    faults = LawJudge(tape, *subject, seed).run();
  } else {
    faults.push_back({"law-not-compiled", "the model cannot be opened"});
  }
  fs::remove_all(folder);
  return faults;
}

} // namespace flowc::fuzz

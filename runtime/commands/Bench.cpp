// SPDX-License-Identifier: MIT
//
// `bench`: how long a model takes, and, of a model that was compiled with counters, which layers take it.

#include "runtime/Parameters.h"
#include "runtime/commands/BenchBatch.h"
#include "runtime/commands/MultiplyPeak.h"
#include "runtime/commands/Session.h"
#include "runtime/optimizers/Optimizer.h"
#include "runtime/selftest/Subject.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>

namespace flowc::runtime {
namespace {

constexpr double LeastSeconds = 0.4;
constexpr int LeastRuns = 5;

double secondsOf(const std::function<void()> &run) {
  auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The median of the seconds of one run, after one that warms up.
double timed(const std::function<void()> &run) {
  run();
  std::vector<double> found;
  for (double spent = 0; spent < LeastSeconds || found.size() < LeastRuns; spent += found.back())
    found.push_back(secondsOf(run));
  std::nth_element(found.begin(), found.begin() + long(found.size() / 2), found.end());
  return found[found.size() / 2];
}

std::string durationText(double seconds) {
  if (seconds >= 1)
    return fmt::format("{:.3f} s", seconds);
  return seconds >= 1e-3 ? fmt::format("{:.3f} ms", seconds * 1e3) : fmt::format("{:.1f} us", seconds * 1e6);
}

/// 12,345,678
std::string countText(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (long place = long(digits.size()) - 3; place > 0; place -= 3)
    digits.insert(size_t(place), ",");
  return digits;
}

/// Ticks of the processor's counter in a second.
double ticksPerSecond() {
#if defined(__x86_64__)
  auto begin = std::chrono::steady_clock::now();
  uint64_t first = __builtin_ia32_rdtsc();
  std::chrono::duration<double> passed{};
  while (passed.count() < 0.02)
    passed = std::chrono::steady_clock::now() - begin;
  return double(__builtin_ia32_rdtsc() - first) / passed.count();
#else
  return 1e9; // unknown; the parts of the time are right
#endif
}

/// The counters of a library that has some: one for each op of each kernel.
class Profile {
public:
  struct Op {
    std::string kernel, kind, layer;
    double flops; // of a call
  };

  Profile(const CompiledModel &compiled, const std::string &dtype) {
    auto *text = static_cast<const char *>(compiled.symbol("flow_" + dtype + "_profile_text"));
    counts = static_cast<uint64_t *>(compiled.symbol("flow_" + dtype + "_profile_counts"));
    if (!text || !counts)
      return;
    for (const nlohmann::json &op : nlohmann::json::parse(text))
      ops.push_back({op["kernel"], op["op"], op["layer"], op["flops"]});
  }

  explicit operator bool() const { return !ops.empty(); }

  /// What an op takes in a run, and what is none of any op's: the medians of several, for a run that is interrupted counts what is not its
  /// own.
  struct Part {
    const Op *op;
    double seconds, calls;
  };
  std::vector<Part> parts(const std::function<void()> &run, double &secondsOutside) {
    constexpr int Runs = 25;
    std::vector<std::vector<uint64_t>> ticks(ops.size());
    std::vector<double> outside;
    for (int k = 0; k < Runs; ++k) {
      std::fill_n(counts, 2 * ops.size(), 0);
      double seconds = secondsOf(run), inside = 0;
      for (size_t op = 0; op < ops.size(); ++op) {
        ticks[op].push_back(counts[2 * op]);
        inside += double(counts[2 * op]) / rate;
      }
      outside.push_back(seconds - inside);
    }
    std::nth_element(outside.begin(), outside.begin() + Runs / 2, outside.end());
    secondsOutside = outside[Runs / 2];
    std::vector<Part> found;
    for (size_t op = 0; op < ops.size(); ++op) {
      if (!counts[2 * op + 1])
        continue;
      std::nth_element(ticks[op].begin(), ticks[op].begin() + Runs / 2, ticks[op].end());
      found.push_back({&ops[op], double(ticks[op][Runs / 2]) / rate, double(counts[2 * op + 1])});
    }
    return found;
  }

private:
  uint64_t *counts = nullptr;
  double rate = ticksPerSecond();
  std::vector<Op> ops;
};

/// What is measured, a column of the table by layer.
struct Measure {
  std::string name;
  std::function<void()> run;
  double seconds = 0; // of a run, as all below
  std::map<std::string, double> byLayer{}, byKind{};
  double inKernels = 0, outside = 0, products = 0;
  double flops = 0;
};

void profile(Measure &measure, Profile &counters) {
  for (const Profile::Part &part : counters.parts(measure.run, measure.outside)) {
    double seconds = part.seconds;
    measure.byLayer[part.op->layer.empty() ? "(between layers)" : part.op->layer] += seconds;
    measure.byKind[part.op->kind] += seconds;
    measure.inKernels += seconds;
    if (part.op->flops > 0)
      measure.products += seconds;
    measure.flops += part.op->flops * part.calls;
  }
}

void printTotals(const std::vector<Measure> &measures, const std::vector<std::pair<std::string, double>> &steps, int64_t rows,
                 double peak) {
  fmt::print("{:<22} {:>12} {:>16} {:>9} {:>8}\n", "", "a batch", "rows a second", "GFLOP/s", "of peak");
  for (const Measure &measure : measures) {
    double rate = measure.flops / measure.seconds * 1e-9;
    fmt::print("{:<22} {:>12} {:>16} {:>9} {:>8}\n", measure.name, durationText(measure.seconds),
               countText(double(rows) / measure.seconds), rate > 0 ? fmt::format("{:.1f}", rate) : "-",
               rate > 0 && peak > 0 ? fmt::format("{:.2f}", rate / peak) : "-");
    if (&measure == &measures.front())
      for (const auto &[name, seconds] : steps)
        fmt::print("  {:<20} {:>12}\n", name, durationText(seconds));
  }
}

/// Rows by what is in `part`, in the order of `names`.
void printParts(const std::vector<Measure> &measures, const std::vector<std::string> &names,
                std::map<std::string, double> Measure::*part, const char *title) {
  fmt::print("\n{:<34}", title);
  for (const Measure &measure : measures)
    fmt::print(" {:>20}", measure.name);
  fmt::print("\n");
  for (const std::string &name : names) {
    fmt::print("{:<34}", name);
    for (const Measure &measure : measures) {
      auto found = (measure.*part).find(name);
      double seconds = found == (measure.*part).end() ? 0 : found->second;
      fmt::print(" {:>20}", seconds > 0 ? fmt::format("{} {:>5.1f} %", durationText(seconds), 100 * seconds / measure.inKernels) : "-");
    }
    fmt::print("\n");
  }
}

template <typename T> int benchTyped(const Session &session) {
  const Manifest &manifest = session.compiled.manifest();
  int64_t rows = session.arguments.integer("batch", 1, int64_t{1} << 24).value_or(1024);
  if (!session.arguments.error().empty())
    return session.usage(session.arguments.error());
  Profile counters(session.compiled, DtypeName<T>);
  Model<T> model(session.compiled.api());
  // Counters of several threads would mix.
  model.set_threads(counters ? 1 : session.threads);
  std::vector<T> parameters = initialParameters<T>(manifest, 0), gradient(parameters.size());
  if (std::string path = session.arguments.text("params").value_or(""); !path.empty()) {
    Result<std::vector<T>> loaded = loadParameters<T>(path, manifest);
    if (!loaded)
      return session.fail(loaded.error());
    parameters = std::move(*loaded);
  }
  model.set_parameters(parameters);
  const BenchBatch<T> batch = makeBenchBatch<T>(manifest, model, rows);

  OptimizerOptions adam;
  OptimizerState<T> state = makeOptimizerState<T>(adam, parameters.size());
  std::vector<T> moving = parameters;
  int64_t step = 0;
  auto stage = [&] { model.set_parameters(parameters); };
  auto slope = [&] { model.gradient(batch.given, gradient, {}, batch.context); };
  auto optimize = [&] { optimizerStep<T>(adam, state, ++step, 0, gradient, moving); };
  std::vector<Measure> measures = {{"training step", [&] { stage(), slope(), optimize(); }},
                                   {"log_prob", [&] { model.log_prob(batch.x, batch.context); }},
                                   {"sample", [&] { model.sample(rows, 1, 0, {}, batch.context); }}};
  std::vector<std::pair<std::string, double>> steps = {
      {"parameters staged", timed(stage)}, {"gradient", timed(slope)}, {"Adam", timed(optimize)}};
  for (Measure &measure : measures)
    measure.seconds = timed(measure.run);
  double peak = measureMultiplyPeak() / (sizeof(T) / sizeof(float)) * double(model.threads());
  if (counters)
    for (Measure &measure : measures)
      profile(measure, counters);

  fmt::print("{}, {}, batches of {} rows, {} thread{}; {}\n\n", manifest.name, DtypeName<T>, countText(double(rows)), model.threads(),
             model.threads() > 1 ? "s" : "",
             peak > 0 ? fmt::format("multiplying and adding in registers: {:.1f} GFLOP/s (the peak)", peak) : "no peak for this processor");
  printTotals(measures, steps, rows, peak);
  if (!counters) {
    session.note(fmt::format("compile with --profile, or say `flowc bench SPEC`, to see what each layer takes"));
    return int(ExitCode::Done);
  }
  std::vector<std::string> layers, kinds;
  for (const Layer &layer : manifest.layers)
    layers.push_back(layer.name);
  for (const Measure &measure : measures) {
    for (const auto &[name, seconds] : measure.byLayer)
      if (std::find(layers.begin(), layers.end(), name) == layers.end())
        layers.push_back(name);
    for (const auto &[name, seconds] : measure.byKind)
      if (std::find(kinds.begin(), kinds.end(), name) == kinds.end())
        kinds.push_back(name);
  }
  printParts(measures, layers, &Measure::byLayer, "by layer");
  printParts(measures, kinds, &Measure::byKind, "by kind of op");
  fmt::print("\n{:<34}", "products, of the peak");
  for (const Measure &measure : measures)
    fmt::print(" {:>20}", measure.products > 0 && peak > 0 ? fmt::format("{:.2f}", measure.flops / measure.products * 1e-9 / peak) : "-");
  fmt::print("\n{:<34}", "outside of the kernels");
  for (const Measure &measure : measures)
    fmt::print(" {:>20}", durationText(std::max(0.0, measure.outside)));
  fmt::print("\n");
  return int(ExitCode::Done);
}

} // namespace

int runBench(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  return withDtype(*session, [&](auto zero) { return benchTyped<decltype(zero)>(*session); });
}

} // namespace flowc::runtime

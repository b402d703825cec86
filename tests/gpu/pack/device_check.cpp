// SPDX-License-Identifier: MIT
//
// device_check PACK [--device NAME] [--only WORD] [--batches N,N,...] [--json FILE] [--no-check] [--no-times]: models on a GPU beside the
// same on the CPU, then how long they take there. Needs a driver, and nothing else of a GPU's software. README.md has what it prints.
//
// Ends with 0, with 1 if a number is wrong, and with 3 where there is no GPU to use.

#include "runtime/Parameters.h"
#include "tests/gpu/pack/Clock.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <string_view>

using namespace flowc::runtime;

namespace {

struct Options {
  std::string pack, device = "cuda", only, json;
  std::vector<int64_t> batches = {1024, 16384, 131072, 1048576};
  bool check = true, times = true;
};

/// A model of the pack on one device, in one element type, with the pack's parameters.
template <typename T> struct Loaded {
  flowc::Model<T> model;
  std::vector<T> parameters;

  Loaded(const CompiledModel &compiled, std::vector<double> wide, const std::string &device)
      : model(compiled.api(), device), parameters(wide.begin(), wide.end()) {
    model.set_parameters(parameters);
  }
};

/// What is compared, by name. Absent what the device cannot do yet.
using Results = std::map<std::string, std::vector<double>>;

int failures = 0;
/// Rows of every kind of tile: none, one, less than a tile, a tile, more.
const int64_t rowCounts[] = {0, 1, 2, 3, 7, 63, 64, 65, 1000};
/// f64 computes the same in another order. In f32 a GPU may be so many times as far from the CPU's f64 as the CPU's f32 is.
constexpr double WideTolerance = 1e-9, NarrowFactor = 8, NarrowTolerance = 2e-5;

std::vector<double> normals(int64_t count) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> numbers(static_cast<size_t>(count));
  std::generate(numbers.begin(), numbers.end(), [&] { return normal(random); });
  return numbers;
}

template <typename T> std::vector<T> as(const std::vector<double> &numbers) { return {numbers.begin(), numbers.end()}; }
template <typename T> std::vector<double> widened(const std::vector<T> &numbers) { return {numbers.begin(), numbers.end()}; }

template <typename T> Results compute(Loaded<T> &loaded, int64_t rows) {
  flowc::Model<T> &model = loaded.model;
  Results results;
  std::vector<T> x = as<T>(normals(rows * model.features())), logDet(static_cast<size_t>(rows));
  results["log_prob"] = widened(model.log_prob(x));
  results["to_latent"] = widened(model.to_latent(x, logDet));
  results["to_latent, log_det"] = widened(logDet);
  results["to_data"] = widened(model.to_data(x, logDet));
  results["to_data, log_det"] = widened(logDet);
  results["sample"] = widened(model.sample(rows, 5, 3, logDet));
  results["sample, log_prob"] = widened(logDet);
  std::vector<T> gradient(loaded.parameters.size());
  results["objective"] = widened(model.gradient(x, gradient));
  results["gradient"] = widened(gradient);
  return results;
}

/// The largest difference. Elements of a gradient are compared by the size of the largest, all others by their own where that is above 1.
double difference(const std::string &name, const std::vector<double> &found, const std::vector<double> &expected) {
  if (found.size() != expected.size())
    return INFINITY;
  double largest = 1, worst = 0;
  if (name == "gradient")
    for (double number : expected)
      largest = std::max(largest, std::abs(number));
  for (size_t i = 0; i < found.size(); ++i) {
    double size = name == "gradient" ? largest : std::max(1.0, std::abs(expected[i]));
    double distance = std::abs(found[i] - expected[i]) / size;
    worst = std::isnan(distance) ? INFINITY : std::max(worst, distance);
  }
  return worst;
}

void judge(const std::string &model, const char *type, std::map<std::string, std::pair<double, double>> &worst) {
  std::printf("%-18s %-4s", model.c_str(), type);
  for (auto &[name, pair] : worst) {
    bool wrong = !(pair.first <= pair.second);
    failures += wrong;
    std::printf(" | %s %.1e%s", name.c_str(), pair.first, wrong ? " WRONG" : "");
  }
  std::printf("\n");
  std::fflush(stdout);
}

/// The device beside the CPU for all numbers of rows: in f64 directly, in f32 both beside the CPU's f64.
void check(const CompiledModel &compiled, const std::vector<double> &parameters, const nlohmann::json &entry, const Options &options) {
  const double tolerance = entry.value("tolerance", NarrowTolerance);
  Loaded<double> exact(compiled, parameters, "cpu"), wide(compiled, parameters, options.device);
  Loaded<float> usual(compiled, parameters, "cpu"), narrow(compiled, parameters, options.device);
  std::map<std::string, std::pair<double, double>> wideWorst, narrowWorst;
  auto note = [](auto &worst, const std::string &name, double found, double allowed) {
    auto &pair = worst.try_emplace(name, 0.0, allowed).first->second;
    if (!(found / allowed <= pair.first / pair.second))
      pair = {found, allowed};
  };
  for (int64_t rows : rowCounts) {
    Results expected = compute(exact, rows), onDevice = compute(wide, rows);
    Results expectedNarrow = compute(usual, rows), onDeviceNarrow = compute(narrow, rows);
    for (auto &[name, numbers] : onDevice)
      note(wideWorst, name, difference(name, numbers, expected[name]), WideTolerance);
    for (auto &[name, numbers] : onDeviceNarrow) {
      double usualError = difference(name, expectedNarrow[name], expected[name]);
      note(narrowWorst, name, difference(name, numbers, expected[name]), std::max(tolerance, NarrowFactor * usualError));
    }
  }
  judge(compiled.manifest().name, "f64", wideWorst);
  judge(compiled.manifest().name, "f32", narrowWorst);
}

/// Medians of the seconds that each call takes, in f32, with the rows and the results in the device's memory.
void time(const CompiledModel &compiled, const std::vector<double> &parameters, const nlohmann::json &entry, const Options &options,
          nlohmann::json &report) {
  flowc::gpu::Clock clock;
  Loaded<float> loaded(compiled, parameters, options.device);
  loaded.model.set_stream(clock.stream());
  const flowrt_api &api = loaded.model.api();
  flowrt_instance *instance = loaded.model.instance();
  for (int64_t rows : options.batches) {
    std::vector<float> x = as<float>(normals(rows * api.features));
    flowc::gpu::Buffer in(clock, x), out(clock, x.size()), density(clock, size_t(rows)), gradient(clock, loaded.parameters.size());
    struct Call {
      const char *name;
      double flops;
      std::function<flowrt_status()> run;
    };
    double forward = 2.0 * double(rows) * entry.value("products", 0.0), first = 2.0 * double(rows) * entry.value("first_products", 0.0);
    const Call calls[] = {
        {"gradient", 3 * forward - first,
         [&] { return api.gradient(instance, in.data(), nullptr, nullptr, rows, density.data(), gradient.data()); }},
        {"log_prob", forward, [&] { return api.log_prob(instance, in.data(), nullptr, rows, density.data()); }},
        {"sample", forward, [&] { return api.sample(instance, nullptr, 1, 0, rows, out.data(), density.data()); }},
    };
    for (const Call &call : calls) {
      nlohmann::json row = {{"model", compiled.manifest().name}, {"rows", rows}, {"measure", call.name}};
      if (flowrt_status status = call.run(); status != FLOWRT_OK) {
        row["why"] = api.status_message(status);
        std::printf("| %-14s | %8lld | %-8s | %s |\n", compiled.manifest().name.c_str(), static_cast<long long>(rows), call.name,
                    api.status_message(status));
      } else {
        double seconds = clock.median(call.run);
        row["seconds"] = seconds;
        row["gflops"] = call.flops / seconds * 1e-9;
        std::printf("| %-14s | %8lld | %-8s | %10.3f ms | %8.1f |\n", compiled.manifest().name.c_str(), static_cast<long long>(rows),
                    call.name, seconds * 1e3, row["gflops"].get<double>());
      }
      std::fflush(stdout);
      report.push_back(row);
    }
  }
}

Options readOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    auto value = [&] { return i + 1 < argc ? std::string(argv[++i]) : std::string(); };
    if (word == "--device")
      options.device = value();
    else if (word == "--only")
      options.only = value();
    else if (word == "--json")
      options.json = value();
    else if (word == "--no-check")
      options.check = false;
    else if (word == "--no-times")
      options.times = false;
    else if (word == "--batches") {
      options.batches.clear();
      std::string list = value();
      for (size_t at = 0; at < list.size(); at = std::min(list.size(), list.find(',', at)) + 1)
        options.batches.push_back(std::atoll(list.c_str() + at));
    } else
      options.pack = word;
  }
  return options;
}

template <typename T> T orExit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "device_check: %s\n", result.error().message.c_str());
    std::exit(3);
  }
  return std::move(*result);
}

int run(const Options &options) {
  auto index = nlohmann::json::parse(std::ifstream(options.pack + "/index.json"));
  nlohmann::json report = nlohmann::json::array();
  bool asked = false;
  for (const char *purpose : {"check", "time"}) {
    bool timing = purpose == std::string("time");
    if (!(timing ? options.times : options.check))
      continue;
    bool headed = false;
    for (const auto &entry : index["models"]) {
      std::string folder = entry["folder"];
      if (!entry.value(purpose, false) || folder.find(options.only) == std::string::npos)
        continue;
      CompiledModel compiled = orExit(CompiledModel::open(options.pack + "/" + folder));
      std::vector<double> parameters = orExit(loadParameters<double>(compiled.trainedParametersPath(), compiled.manifest()));
      if (!asked)
        std::printf("on %s\n", flowc::Model<float>(compiled.api(), options.device).device().c_str());
      asked = true;
      if (!headed && timing)
        std::printf("\n| model          |     rows | measure  | by %-9s | GFLOP/s  |\n|---|---|---|---|---|\n", flowc::gpu::Clock::kind());
      else if (!headed)
        std::printf("largest differences from the CPU\n");
      headed = true;
      if (timing)
        time(compiled, parameters, entry, options, report);
      else
        check(compiled, parameters, entry, options);
    }
  }
  if (!options.json.empty())
    std::ofstream(options.json) << report.dump(1) << "\n";
  if (!asked)
    std::fprintf(stderr, "device_check: no model of %s has `%s` in its name\n", options.pack.c_str(), options.only.c_str());
  std::printf("%s\n", failures ? "WRONG" : "all agree");
  return failures || !asked ? 1 : 0;
}

} // namespace

int main(int argc, char **argv) {
  Options options = readOptions(argc, argv);
  if (options.pack.empty() || options.batches.empty()) {
    std::fprintf(stderr, "usage: device_check PACK [--device NAME] [--only WORD] [--batches N,N,...] [--json FILE] [--no-check] "
                         "[--no-times]\n");
    return 2;
  }
  try {
    return run(options);
  } catch (const flowc::StatusError &failure) {
    std::fprintf(stderr, "device_check: %s\n", failure.what());
    return 3;
  } catch (const std::exception &failure) {
    std::fprintf(stderr, "device_check: %s\n", failure.what());
    return 70;
  }
}

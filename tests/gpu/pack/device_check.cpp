// SPDX-License-Identifier: MIT
//
// device_check PACK [--device NAME] [--only WORD] [--rows N,N,...] [--batches N,N,...] [--json FILE] [--no-check] [--no-times]: models on
// a GPU beside the same on the CPU, then how long they take there. Needs a driver, and nothing else of a GPU's software. README.md has what it prints.
//
// Ends with 0, with 1 if a number is wrong, and with 3 where there is no GPU to use.

#include "runtime/Parameters.h"
#include "tests/gpu/Results.h"
#include "tests/gpu/pack/Clock.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <random>
#include <string_view>

using namespace flowc::runtime;

namespace {

struct Options {
  std::string pack, device = "cuda", only, json;
  /// Of every kind of tile: none, one, less than a tile, a tile, more.
  std::vector<int64_t> rows = {0, 1, 2, 3, 7, 63, 64, 65, 1000};
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

int failures = 0;
/// f64 computes the same in another order. In f32 a GPU may be so many times as far from the CPU's f64 as the CPU's f32 is, or, where it
/// rounds factors, as parameters that are moved by as much move the CPU's f64.
constexpr double WideTolerance = 1e-9, NarrowFactor = 8, NarrowTolerance = 2e-5;

std::vector<double> normals(int64_t count) {
  std::mt19937 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> numbers(static_cast<size_t>(count));
  std::generate(numbers.begin(), numbers.end(), [&] { return normal(random); });
  return numbers;
}

template <typename T> std::vector<T> as(const std::vector<double> &numbers) { return {numbers.begin(), numbers.end()}; }

flowc::gpu::Rows someRows(const Manifest &manifest, int64_t count) {
  std::vector<double> x = normals(count * manifest.features);
  return {count, x, x, {}, {}};
}

template <typename T>
std::vector<flowc::gpu::Result> compute(Loaded<T> &loaded, const Manifest &manifest, const std::vector<double> &parameters, int64_t count) {
  flowc::gpu::Rows rows = someRows(manifest, count);
  std::vector<flowc::gpu::Result> results = flowc::gpu::computeAll(loaded.model, manifest, parameters, rows);
  if (count > 1) // of one row there are no statistics
    results.push_back(flowc::gpu::takeSteps(loaded.model, manifest, parameters, rows));
  return results;
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
  const Manifest &manifest = compiled.manifest();
  const double rounding = flowc::gpu::roundingOf(entry.value("matmul", "f32"));
  Loaded<double> exact(compiled, parameters, "cpu"), wide(compiled, parameters, options.device);
  Loaded<float> usual(compiled, parameters, "cpu"), narrow(compiled, parameters, options.device);
  std::map<std::string, std::pair<double, double>> wideWorst, narrowWorst;
  auto note = [](auto &worst, const std::string &name, double found, double allowed) {
    auto &pair = worst.try_emplace(name, 0.0, allowed).first->second;
    if (!(found / allowed <= pair.first / pair.second))
      pair = {found, allowed};
  };
  for (int64_t rows : options.rows) {
    auto onCpu = [&](const std::vector<double> &values) { return compute(exact, manifest, values, rows); };
    std::vector<double> sensitive = flowc::gpu::sensitivity(onCpu, parameters, rounding);
    auto expected = onCpu(parameters), onDevice = compute(wide, manifest, parameters, rows);
    auto expectedNarrow = compute(usual, manifest, parameters, rows), onDeviceNarrow = compute(narrow, manifest, parameters, rows);
    for (size_t k = 0; k < expected.size(); ++k) {
      note(wideWorst, expected[k].name, flowc::gpu::distance(expected[k], onDevice[k]), WideTolerance);
      double moved = std::max(flowc::gpu::distance(expected[k], expectedNarrow[k]), sensitive.empty() ? 0 : sensitive[k]);
      double found = flowc::gpu::distance(expected[k], onDeviceNarrow[k]);
      note(narrowWorst, expected[k].name, found, std::max(NarrowTolerance, NarrowFactor * moved));
    }
  }
  judge(manifest.name, "f64", wideWorst);
  judge(manifest.name, "f32", narrowWorst);
}

/// Steps of training whose rows lie on the device, in its memory.
class Steps {
public:
  Steps(Loaded<float> &loaded, const std::vector<float> &x, int64_t rows)
      : api(*loaded.model.api().training), instance(loaded.model.instance()), x(x), parameters(loaded.parameters), rows(rows) {}

  /// Prepares what steps need, then takes one; later only that.
  flowrt_status take() {
    if (!number)
      if (flowrt_status status = begin(); status != FLOWRT_OK)
        return status;
    flowrt_training_step step = {++number, 1e-4, nullptr, nullptr, nullptr, 0, rows, 0, 0};
    return api.step(instance, &step);
  }

private:
  flowrt_status begin() {
    std::vector<int64_t> order(static_cast<size_t>(rows));
    std::iota(order.begin(), order.end(), 0);
    flowrt_training_options options = {FLOWRT_ADAM, 0, 0.9, 0.999, 1e-8, 0, 0, 0, 0, static_cast<int64_t>(parameters.size()), nullptr, rows};
    flowrt_status status = api.begin(instance, &options);
    if (status == FLOWRT_OK)
      status = api.set_vector(instance, FLOWRT_PARAMETERS, parameters.data());
    if (status == FLOWRT_OK)
      status = api.set_data(instance, x.data(), nullptr, nullptr, rows);
    return status == FLOWRT_OK ? api.set_order(instance, order.data()) : status;
  }

  const flowrt_training_api &api;
  flowrt_instance *instance;
  const std::vector<float> &x, &parameters;
  int64_t rows, number = 0;
};

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
    Steps steps(loaded, x, rows);
    double forward = 2.0 * double(rows) * entry.value("products", 0.0), first = 2.0 * double(rows) * entry.value("first_products", 0.0);
    const Call calls[] = {
        {"gradient", 3 * forward - first,
         [&] { return api.gradient(instance, in.data(), nullptr, nullptr, rows, density.data(), gradient.data()); }},
        {"step", 3 * forward - first, [&] { return steps.take(); }},
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
    else if (word == "--batches" || word == "--rows") {
      std::vector<int64_t> &numbers = word == "--rows" ? options.rows : options.batches;
      numbers.clear();
      std::string list = value();
      for (size_t at = 0; at < list.size(); at = std::min(list.size(), list.find(',', at)) + 1)
        numbers.push_back(std::atoll(list.c_str() + at));
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
    std::fprintf(stderr, "usage: device_check PACK [--device NAME] [--only WORD] [--rows N,N,...] [--batches N,N,...] [--json FILE] "
                         "[--no-check] [--no-times]\n");
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

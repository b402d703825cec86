// SPDX-License-Identifier: MIT
//
// Every spec of examples/ on the emulated GPU beside the CPU: products as the CPU's, products on tensor cores, and steps of training. They
// are as small as tests/e2e/toy_sizes.txt makes them, with fewer features still.

#include "tests/gpu/BesideCpu.h"

#include "runtime/Trainer.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>

using namespace flowc;
using namespace flowc::test;

namespace {

std::string contents(const std::filesystem::path &file) {
  std::ifstream in(file);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

/// The examples as copies that are small, removed with this.
class Examples {
public:
  Examples() {
    char name[] = "/tmp/flowc-examples-XXXXXX";
    folder = mkdtemp(name);
    std::filesystem::copy(SOURCE "/examples", folder, std::filesystem::copy_options::recursive);
    std::map<std::string, std::string> sizes = toySizes();
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
      std::string path = std::filesystem::relative(entry.path(), folder), name = path.substr(0, path.rfind('.'));
      bool isText = entry.path().extension() == ".flow";
      if (!isText && entry.path().extension() != ".json")
        continue;
      std::string smaller = sizes[name] + "; s/real\\[(63|90)\\]/real[7]/";
      sizes.erase(name);
      REQUIRE(std::system(("sed -E -i '" + smaller + "' " + entry.path().string()).c_str()) == 0);
      if (!isText || std::regex_search(contents(entry.path()), std::regex("(^|\n)flow ")))
        paths.push_back(path);
    }
    for (const auto &[name, unused] : sizes)
      FAIL("toy_sizes.txt names `" << name << "`, which is no example");
    std::sort(paths.begin(), paths.end());
  }
  ~Examples() { std::filesystem::remove_all(folder); }

  std::vector<std::string> paths;
  std::string folder;

private:
  static std::map<std::string, std::string> toySizes() {
    std::ifstream in(SOURCE "/tests/e2e/toy_sizes.txt");
    std::map<std::string, std::string> sizes;
    for (std::string line; std::getline(in, line);)
      if (size_t end = line.find(' '); !line.starts_with("#") && end != std::string::npos)
        sizes[line.substr(0, end)] = line.substr(line.find_first_not_of(' ', end));
    return sizes;
  }
};

/// Examples 1, 3, 5, ... for FLOWC_PART=1/2; all where it says nothing. FLOWC_EXAMPLE is a word in their paths.
bool isChosen(const std::string &path, size_t place) {
  int part = 1, parts = 1;
  const char *word = std::getenv("FLOWC_EXAMPLE"), *given = std::getenv("FLOWC_PART");
  if (given)
    REQUIRE(std::sscanf(given, "%d/%d", &part, &parts) == 2);
  return place % size_t(parts) + 1 == size_t(part) && (!word || path.find(word) != std::string::npos);
}

/// The parameters before and after some steps, on rows that the untrained model draws or on what its objective draws.
std::pair<std::vector<float>, std::vector<float>> trained(const DeviceModel &device, const std::string &machine) {
  const runtime::CompiledModel &compiled = device.compiled();
  const runtime::Manifest &manifest = compiled.manifest();
  constexpr int64_t rows = 130;
  runtime::TrainOptions options;
  options.steps = 3;
  options.batchSize = 65;
  options.samples = rows;
  options.validSplit = 0;
  options.ema = 0.5;
  options.clipNorm = 1;
  options.optimizer.kind = runtime::OptimizerOptions::Kind::Sgd;
  std::vector<float> context = narrow<float>(runtime::randomContexts(manifest, 2, 0, rows));
  runtime::Table<float> contexts{context.empty() ? 0 : rows, context.empty() ? 0 : int64_t(context.size()) / rows, context};
  runtime::TrainInput<float> input;
  if (manifest.objective.drawsSamples())
    input = runtime::noiseInput<float>(manifest.features, contexts, options);
  else {
    Model<float> cpu(compiled.api());
    cpu.set_parameters(narrow<float>(runtime::randomParameters(manifest, 1)));
    input = runtime::dataInput<float>({{rows, manifest.features, cpu.sample(rows, 5, 7, {}, context)}, {}, contexts}, {}, options.seed);
  }
  std::string folder = compiled.directory() + "/run-" + machine;
  std::filesystem::create_directories(folder);
  runtime::Trainer<float> trainer(compiled, options, std::move(input), {folder}, 1, machine);
  REQUIRE(!trainer.begin());
  std::vector<float> before = trainer.state().parameters;
  REQUIRE(trainer.run({}));
  return {before, trainer.state().parameters};
}

/// How far steps have gone, beside how far they have gone on the CPU.
void compareTraining(const DeviceModel &device) {
  auto [start, end] = trained(device, "cpu");
  auto [startOnGpu, endOnGpu] = trained(device, "cuda");
  same("where training starts", start, startOnGpu);
  double largest = 0, worst = 0;
  for (size_t i = 0; i < start.size(); ++i) {
    largest = std::max(largest, std::abs(double(end[i]) - double(start[i])));
    double error = std::abs(double(end[i]) - double(endOnGpu[i]));
    worst = std::isfinite(error) ? std::max(worst, error) : INFINITY;
  }
  INFO("parameters after steps");
  CHECK(largest > 0);
  CHECK(worst <= 1e-4 * largest);
}

} // namespace

TEST_CASE("every example on the emulated GPU is the CPU's", "[.examples]") {
  Setting architecture("FLOWC_EMULATED_ARCHITECTURE", "90"), shared("FLOWC_EMULATED_SHARED", "232448");
  Examples examples;
  REQUIRE(examples.paths.size() > 30);
  for (size_t k = 0; k < examples.paths.size(); ++k) {
    const std::string &path = examples.paths[k];
    if (!isChosen(path, k))
      continue;
    INFO(path);
    std::cout << path << std::endl;
    DeviceModel device(examples.folder + "/" + path, "--dtype f32 --gpu sm_90");
    compareWithCpu<float>(device, {0, 1, 2, 3, 63, 65});
    compareTraining(device);
    compareWithCpu<float>(device, {65}, "tf32");
  }
}

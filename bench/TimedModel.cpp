// SPDX-License-Identifier: MIT

#include "bench/TimedModel.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

namespace bench {

static void countFlops(const nlohmann::json &manifest, int64_t rows, TimedModel &timed) {
  for (const auto &parameter : manifest["parameters"])
    if (const auto &shape = parameter["shape"]; shape.size() == 2) {
      double pass = 2.0 * shape[0].get<double>() * shape[1].get<double>() * double(rows);
      timed.gradientFlops += timed.forwardFlops > 0 ? 3 * pass : 2 * pass;
      timed.forwardFlops += pass;
    }
}

TimedModel openTimedModel(const std::string &directory, int64_t rows) {
  auto manifest = nlohmann::json::parse(std::ifstream(directory + "/manifest.json"));
  TimedModel timed{manifest["name"]};
  const std::string path = directory + "/" + timed.name + ".so";
  void *library = dlopen((path.front() == '/' ? path : "./" + path).c_str(), RTLD_NOW);
  auto function = library ? reinterpret_cast<flowrt_model_function>(dlsym(library, (timed.name + "_model").c_str())) : nullptr;
  if (!function) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::exit(1);
  }
  timed.model = std::make_unique<flowc::Model<float>>(function());
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> parameters(size_t(timed.model->parameter_count()));
  timed.gradient.resize(parameters.size());
  timed.x.resize(size_t(rows * timed.model->features()));
  std::generate(parameters.begin(), parameters.end(), [&] { return 0.05f * normal(random); });
  std::generate(timed.x.begin(), timed.x.end(), [&] { return normal(random); });
  timed.model->set_parameters(parameters);
  countFlops(manifest, rows, timed);
  return timed;
}

} // namespace bench

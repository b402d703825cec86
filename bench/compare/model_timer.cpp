// SPDX-License-Identifier: MIT
//
// model_timer MODEL_DIRECTORY DATA.npy THREADS: flowc's side of bench/run. Does what the lines on stdin say and answers each with one
// line; compare/worker.py is the libraries' side and does the same.
//
//   train S | log_prob S | sample S    seconds of one run, from runs of S seconds together (at least one), of a batch as large as the data
//   memory MEASURE                     bytes by which two runs of it raise the most that the process had at once
//   density FILE                       writes the log densities of the data
//   peak S                             GFLOP/s of each library's products, the best of its shapes: NAME=NUMBER ...
//
// A step of training sets the parameters, takes the gradient of the mean log density, and makes Adam's step.

#include "bench/Peak.h"
#include "runtime/Parameters.h"
#include "runtime/data/Table.h"
#include "runtime/optimizers/Optimizer.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>

using namespace flowc::runtime;

namespace {

class Timed {
public:
  Timed(const CompiledModel &compiled, std::vector<float> parameters, Table<float> data, int64_t threads)
      : model(compiled.api()), data(std::move(data)), parameters(std::move(parameters)) {
    model.set_threads(threads);
    model.set_parameters(this->parameters);
  }

  std::function<void()> named(const std::string &measure) {
    if (measure == "train")
      return [this] { train(); };
    if (measure == "log_prob")
      return [this] { model.log_prob(data.values); };
    if (measure == "sample")
      return [this] { model.sample(data.rows, 1, uint64_t(drawn += data.rows)); };
    return nullptr;
  }

  std::vector<float> density() { return model.log_prob(data.values); }

private:
  void train() {
    if (gradient.empty()) {
      gradient.resize(parameters.size());
      state = makeOptimizerState<float>(options, parameters.size());
    }
    model.set_parameters(parameters);
    model.gradient(data.values, gradient);
    for (float &slope : gradient)
      slope /= -float(data.rows);
    optimizerStep<float>(options, state, ++step, 1e-5, gradient, parameters);
  }

  flowc::Model<float> model;
  Table<float> data;
  std::vector<float> parameters, gradient;
  OptimizerOptions options;
  OptimizerState<float> state;
  int64_t step = 0, drawn = 0;
};

} // namespace

/// A line of /proc/self/status, in bytes.
static double statusBytes(const std::string &key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0)
      return std::stod(line.substr(key.size() + 1)) * 1024;
  return 0;
}

static std::string peak(std::vector<bench::PeakProgram> &programs, double seconds) {
  std::map<std::string, double> best;
  for (bench::PeakProgram &program : programs) {
    double &rate = best[program.name.substr(0, program.name.find(' '))];
    rate = std::max(rate, program.flops / bench::secondsOf(program.run, seconds) * 1e-9);
  }
  std::string text;
  for (auto &[name, rate] : best)
    text += (text.empty() ? "" : " ") + name + "=" + std::to_string(rate);
  return text;
}

template <typename T> static T orExit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "model_timer: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}

int main(int argc, char **argv) {
  bench::holdOpenMpToOneThread(argv);
  if (argc != 4) {
    std::fprintf(stderr, "usage: model_timer MODEL_DIRECTORY DATA.npy THREADS\n");
    return 2;
  }
  const CompiledModel compiled = orExit(CompiledModel::open(argv[1]));
  const int threads = std::atoi(argv[3]);
  std::vector<float> parameters = orExit(loadParameters<float>(compiled.trainedParametersPath(), compiled.manifest()));
  Table<float> data = orExit(readTable<float>(argv[2], {compiled.manifest().features}));
  std::unique_ptr<Timed> timed; // made by the first use, so that its memory can be measured
  std::vector<bench::PeakProgram> programs;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string what, argument;
    words >> what >> argument;
    double before = statusBytes("VmRSS");
    if (what == "peak") {
      if (programs.empty())
        programs = bench::peakPrograms(threads);
      std::cout << peak(programs, std::stod(argument)) << std::endl;
      continue;
    }
    if (!timed)
      timed = std::make_unique<Timed>(compiled, parameters, data, threads);
    if (what == "density") {
      std::vector<float> density = timed->density();
      if (Failure failure = writeTable<float>(argument, density, int64_t(density.size()), 0))
        std::cout << "error " << failure->message << std::endl;
      else
        std::cout << "done" << std::endl;
    } else if (what == "memory" && timed->named(argument)) {
      std::ofstream("/proc/self/clear_refs") << "5";
      auto run = timed->named(argument);
      run();
      run();
      std::cout << statusBytes("VmHWM") - before << std::endl;
    } else if (auto run = timed->named(what)) {
      std::cout << bench::secondsOf(run, std::stod(argument)) << std::endl;
    } else {
      std::cout << "error unknown: " << line << std::endl;
    }
  }
  return 0;
}

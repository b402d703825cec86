// SPDX-License-Identifier: MIT
//
// The option rows of every command on a compiled model.

#include "runtime/commands/Commands.h"

#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"
#include "runtime/commands/DeviceChoice.h"

#include <fmt/core.h>
#include <new>

namespace flowc::runtime {
namespace {

using cli::Command;
using cli::Option;

const Option params = {"params", 'p', "FILE", "checkpoint with the parameters",
                       "parameters.safetensors of the model, or else untrained"};
const Option dtype = {"dtype", 0, "TYPE", "element type", "the first the model has", {"f32", "f64"}};
const Option seed = {"seed", 's', "N", "seed of all random numbers", "0"};
const Option data = {"data", 'd', "FILE", "rows of numbers, .npy or CSV; `-` is CSV on stdin"};
const Option output = {"output", 'o', "FILE", "where the result goes, .npy or CSV", "CSV on stdout"};

const Option device = {"device", 0, "NAME", "what computes: cpu, cuda (a GPU), cuda:N, or auto", "cpu"};

const Option contexts = {"context", 0, "FILE", "what a conditional model is given, for each row of the data"};

/// The options of a command, and those that say what a conditional model is given.
std::vector<Option> withContext(std::vector<Option> options) {
  options.push_back(contexts);
  options.push_back({"label", 0, "N", "instead, where that is a label: one for all rows"});
  options.push_back({"context-values", 0, "A,B,...", "instead, where that is numbers: the same for all rows"});
  return options;
}

const std::vector<Option> trainOptions = {
    data,
    {"context", 0, "FILE", "what a conditional model is given: for each row of the data, or for samples to draw from"},
    {"weights", 0, "FILE", "a weight for each row of the data, 0 or more", "1 each"},
    {"valid", 0, "FILE", "validation data of its own"},
    {"valid-weights", 0, "FILE", "a weight for each row of the validation data", "1 each"},
    {"valid-context", 0, "FILE", "the context of each row of the validation data"},
    {"valid-split", 0, "PART", "part of the data kept for validation", "0.1"},
    {"samples", 0, "N", "samples in an epoch, of a model that draws its own", "the spec's, or 16384"},
    {"teacher", 0, "FILE", "model directory or checkpoint of the flow that the objective names"},
    {"epochs", 'e', "N", "passes over the data", "the spec's, or 50"},
    {"steps", 0, "N", "steps, instead of epochs"},
    {"batch-size", 'b', "N", "rows in a step", "the spec's, or 256"},
    {"lr", 0, "RATE", "learning rate", "the spec's, or 0.001"},
    {"optimizer", 0, "NAME", "optimizer", "the spec's, or adam", {"adam", "sgd"}},
    {"momentum", 0, "M", "momentum of sgd", "0.9"},
    {"weight-decay", 0, "W", "weight decay; decoupled in adam", "0"},
    {"schedule", 0, "NAME", "learning rate over time", "the spec's, or constant", {"constant", "cosine"}},
    {"warmup", 0, "STEPS", "steps over which the rate grows from 0", "0"},
    {"clip-norm", 0, "NORM", "largest norm of a gradient; 0 is none", "0"},
    {"l2", 0, "L", "half of it times the sum of the parameters' squares is added to the loss", "0"},
    {"patience", 0, "EPOCHS", "stop after so many epochs without progress; 0 is never", "0"},
    {"ema", 0, "DECAY", "average the parameters, such as 0.999; 0 is off", "0"},
    {"seed", 's', "N", "seed of all random numbers", "the spec's, or 0"},
    dtype,
    device,
    {"run-dir", 0, "DIR", "folder of the run", "runs/NAME-TIME"},
    {"resume", 0, "DIR", "go on with the run in this folder"},
};

std::vector<Command> makeCommands() {
  return {
      {"train",
       "",
       0,
       0,
       "fit the parameters to data by maximum likelihood, or to the spec's objective",
       {"train --data moons.npy", "train --data moons.npy --epochs 200 --schedule cosine",
        "train --data moons.npy --weights importance.csv",
        "train --data moons.npy --resume runs/first"},
       trainOptions},
      {"sample",
       "",
       0,
       0,
       "draw samples",
       {"sample -n 1000 -o samples.npy", "sample -n 5 --seed 42", "sample -n 100 --label 3", "sample -n 2 --context contexts.csv"},
       {{"count", 'n', "N", "how many; of a conditional model, for each context", "10"},
        output,
        seed,
        {"first", 0, "N", "number of the first sample in the seed's stream", "0"},
        {"with-log-prob", 0, "", "add a last column with the log density"},
        params,
        dtype,
        device,
        {"context", 0, "FILE", "what a conditional model is given: `count` samples for each row"},
        {"label", 0, "N", "instead, where that is a label: the label of all samples"},
        {"context-values", 0, "A,B,...", "instead, where that is numbers: those of all samples"}}},
      {"log-prob",
       "",
       0,
       0,
       "log density of each row; the mean goes to stderr",
       {"log-prob --data test.npy", "log-prob --data test.npy -o density.npy"},
       withContext({data, output, params, dtype, device})},
      {"transform",
       "",
       0,
       0,
       "map data to the latent space, or back",
       {"transform --to latent --data x.npy -o z.npy", "transform --to data --data z.npy"},
       withContext({{"to", 0, "SPACE", "target", "", {"latent", "data"}},
        data,
        output,
        {"with-log-det", 0, "", "add a last column with the log-determinant"},
        params,
        dtype,
        device})},
      {"mix",
       "",
       0,
       0,
       "mix the latents of several rows and map the mixtures back to data",
       {"mix --data pairs.csv --weights 0.8,0.6", "mix --data four.npy --grid 8 -o manifold.npy"},
       withContext({data,
        output,
        {"weights", 0, "W1,W2,...", "of so many rows one after the other; one row comes of each group"},
        {"angles", 0, "A1,A2,...", "instead: degrees, of which two angles mix four rows, three eight"},
        {"grid", 0, "N", "instead: N x N mixtures of every four rows, both angles going round in N steps"},
        params,
        dtype,
        device})},
      {"explain",
       "",
       0,
       0,
       "each layer's forward, inverse and log-det as formulas",
       {"explain", "explain --json"},
       {{"json", 0, "", "print the manifest"}}},
      {"plot",
       "loss|density",
       0,
       1,
       "a picture, as SVG",
       {"plot loss --run-dir runs/first -o loss.svg", "plot density --data moons.npy -o density.svg"},
       withContext({{"output", 'o', "FILE", "the picture", "KIND.svg"},
        {"run-dir", 0, "DIR", "run whose loss is drawn"},
        data,
        {"count", 'n', "N", "samples drawn", "1000"},
        seed,
        params,
        dtype})},
      {"selftest",
       "",
       0,
       0,
       "check the model against an independent computation",
       {"selftest", "selftest --params runs/first/model.safetensors"},
       {seed,
        {"params", 'p', "FILE", "checkpoint to test besides random parameters"},
        device,
        {"json", 0, "", "print the verdicts as JSON"}}},
      {"bench",
       "",
       0,
       0,
       "how long a training step, log densities and samples take, and which layers take it",
       {"bench", "bench --batch 4096 --dtype f64"},
       {{"batch", 'b', "N", "rows of a batch", "1024"}, params, dtype}},
  };
}

std::string internalError(const char *what) { return fmt::format("internal error, please report: {}", what); }

std::vector<Command> withModelOperand(std::vector<Command> commands) {
  for (Command &command : commands) {
    command.operands = command.name == "plot" ? "MODEL loss|density" : "MODEL";
    command.minOperands = 1;
    command.maxOperands += 1;
  }
  return commands;
}

} // namespace

const std::vector<Command> &modelCommands(bool takesModel) {
  static const std::vector<Command> bare = makeCommands();
  static const std::vector<Command> withModel = withModelOperand(makeCommands());
  return takesModel ? withModel : bare;
}

int runModelCommand(std::string_view name, const ModelSource &source, const cli::Arguments &arguments) {
  static constexpr std::pair<std::string_view, int (*)(const ModelSource &, const cli::Arguments &)> commands[] = {
      {"train", runTrain},     {"sample", runSample}, {"log-prob", runLogProb}, {"transform", runTransform}, {"mix", runMix},
      {"explain", runExplain}, {"plot", runPlot},     {"selftest", runSelftest}, {"bench", runBench}};
  cli::Terminal terminal = cli::describeTerminal(arguments.text("color").value_or("auto"));
  try {
    for (auto [known, run] : commands)
      if (known == name)
        return run(source, arguments);
    cli::printError(terminal, source.program, fmt::format("no command `{}`", name));
    return int(cli::ExitCode::Usage);
  } catch (const StatusError &failure) {
    bool isDevice = concernsDevice(failure.status);
    std::string message = isDevice ? deviceError(failure.what()).message : internalError(failure.what());
    cli::printError(terminal, source.program, message);
    return int(isDevice ? cli::ExitCode::Environment : cli::ExitCode::Bug);
  } catch (const std::bad_alloc &) {
    cli::printError(terminal, source.program, "not enough memory; ask for fewer rows at a time");
    return int(cli::ExitCode::Environment);
  } catch (const std::exception &exception) {
    cli::printError(terminal, source.program, internalError(exception.what()));
    return int(cli::ExitCode::Bug);
  }
}

} // namespace flowc::runtime

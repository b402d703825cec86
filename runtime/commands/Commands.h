// SPDX-License-Identifier: MIT
//
// The commands that need a compiled model and nothing else. The model's own runner and the flowc driver both call them:
// the rows describe their options, the functions run them and return the exit code. Data goes to stdout, all else to
// stderr.

#ifndef FLOWC_RUNTIME_COMMANDS_COMMANDS_H
#define FLOWC_RUNTIME_COMMANDS_COMMANDS_H

#include "runtime/cli/Arguments.h"

#include <string>
#include <vector>

namespace flowc::runtime {

/// Which model a command is about, and under which name the program reports.
struct ModelSource {
  std::string program; // "flowc" or "model"
  std::string path;    // a model directory or library
};

/// Train, sample, log-prob, transform, mix, explain, plot, selftest. With `takesModel` the first operand is the model, which
/// the caller takes out of the arguments before it runs the command.
const std::vector<cli::Command> &modelCommands(bool takesModel);

int runTrain(const ModelSource &source, const cli::Arguments &arguments);
int runSample(const ModelSource &source, const cli::Arguments &arguments);
int runLogProb(const ModelSource &source, const cli::Arguments &arguments);
int runTransform(const ModelSource &source, const cli::Arguments &arguments);
int runMix(const ModelSource &source, const cli::Arguments &arguments);
int runExplain(const ModelSource &source, const cli::Arguments &arguments);
int runPlot(const ModelSource &source, const cli::Arguments &arguments);
int runSelftest(const ModelSource &source, const cli::Arguments &arguments);
int runBench(const ModelSource &source, const cli::Arguments &arguments);

/// The one of them with this name. Exceptions (no memory, a mistake of ours) end here, as an exit code.
int runModelCommand(std::string_view name, const ModelSource &source, const cli::Arguments &arguments);

} // namespace flowc::runtime

#endif

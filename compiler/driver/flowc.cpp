// SPDX-License-Identifier: MIT
//
// The flowc command: compiles specs, and runs the commands on compiled models. `flowc SPEC` is `flowc build SPEC`; a command on a
// model takes a spec too, and compiles it first.

#include "compiler/driver/Commands.h"
#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"
#include "runtime/commands/Commands.h"

#include <cstdio>

namespace {

using namespace flowc;

std::vector<cli::Command> allCommands() {
  std::vector<cli::Command> commands = driver::compilerCommands();
  for (const cli::Command &command : runtime::modelCommands(true))
    commands.push_back(command);
  return commands;
}

int runOnModel(const cli::Command &command, cli::Arguments arguments) {
  std::string model = arguments.operands.front();
  arguments.operands.erase(arguments.operands.begin());
  if (driver::looksLikeSpec(model)) {
    int exitCode = 0;
    auto directory = driver::compileIntoCache(model, arguments, command.name == "bench", exitCode);
    if (!directory)
      return exitCode;
    model = *directory;
  }
  return runtime::runModelCommand(command.name, {"flowc", model}, arguments);
}

int run(const cli::Invocation &invocation) {
  std::string_view name = invocation.command->name;
  const std::pair<std::string_view, int (*)(const cli::Arguments &)> own[] = {
      {"build", driver::runBuild}, {"check", driver::runCheck}, {"fmt", driver::runFmt}, {"schema", driver::runSchema}, {"list", driver::runList}};
  for (auto [command, function] : own)
    if (command == name)
      return function(invocation.arguments);
  return runOnModel(*invocation.command, invocation.arguments);
}

} // namespace

int main(int argc, char **argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && driver::looksLikeSpec(words[0]))
    words.insert(words.begin(), "build");
  std::vector<cli::Command> commands = allCommands();
  cli::Invocation invocation =
      cli::parseProgram("flowc", "A compiler for normalizing flows. `flowc SPEC` is short for `flowc build SPEC`.", commands, words);
  if (invocation.command)
    return run(invocation);
  std::fputs(invocation.output.c_str(), stdout);
  if (words.empty())
    std::fputs(invocation.error.c_str(), stderr);
  else if (!invocation.error.empty())
    cli::printError(cli::describeTerminal(), "flowc", invocation.error);
  return static_cast<int>(invocation.error.empty() ? cli::ExitCode::Done : cli::ExitCode::Usage);
}

// SPDX-License-Identifier: MIT
//
// The executable of a model directory: runs the commands on the model library beside it. Needs libc and libm only.

#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"
#include "runtime/commands/Commands.h"

#include <cstdio>
#include <filesystem>

int main(int argc, char **argv) {
  using namespace flowc;
  std::vector<std::string> words(argv + 1, argv + argc);
  std::string program = std::filesystem::path(argv[0]).filename().string();
  cli::Invocation invocation =
      cli::parseProgram(program, "A normalizing flow, compiled by flowc.", runtime::modelCommands(false), words);
  if (!invocation.command) {
    std::fputs(invocation.output.c_str(), stdout);
    if (words.empty())
      std::fputs(invocation.error.c_str(), stderr);
    else if (!invocation.error.empty())
      cli::printError(cli::describeTerminal(), program, invocation.error);
    return int(invocation.error.empty() ? cli::ExitCode::Done : cli::ExitCode::Usage);
  }
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error)
    self = std::filesystem::absolute(argv[0], error);
  return runtime::runModelCommand(invocation.command->name, {program, self.parent_path().string()},
                                  invocation.arguments);
}

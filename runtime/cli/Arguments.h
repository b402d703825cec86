// SPDX-License-Identifier: MIT
//
// A parsed command line: operands and option values, with typed access. A wrong value is kept as the first error, so
// that a command reads all its options first and asks `error()` once.

#ifndef FLOWC_RUNTIME_CLI_ARGUMENTS_H
#define FLOWC_RUNTIME_CLI_ARGUMENTS_H

#include "runtime/cli/OptionTable.h"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>

namespace flowc::cli {

class Arguments {
public:
  std::vector<std::string> operands;

  bool has(std::string_view name) const { return values.count(std::string(name)) != 0; }
  std::optional<std::string> text(std::string_view name) const;

  /// The option as a number in [low, high]; nothing when it was not given or is wrong.
  std::optional<int64_t> integer(std::string_view name, int64_t low = std::numeric_limits<int64_t>::min(),
                                 int64_t high = std::numeric_limits<int64_t>::max()) const;
  std::optional<double> number(std::string_view name, double low, double high) const;

  void set(std::string_view name, std::string_view value) { values.insert_or_assign(std::string(name), value); }

  /// The first wrong value, as a line for the user; empty when all were right.
  const std::string &error() const { return firstError; }

private:
  void fail(std::string message) const;

  std::map<std::string, std::string, std::less<>> values;
  mutable std::string firstError;
};

/// The outcome of parsing: a command to run, or a text to print and the exit code to end with.
struct Invocation {
  const Command *command = nullptr;
  Arguments arguments;
  std::string output; // help, for stdout
  std::string error;  // one line, for stderr
};

/// Parses the words after the command's name.
Invocation parseCommand(std::string_view program, const Command &command, const std::vector<std::string> &words);

/// Parses a whole line, the first word being the command. `command` stays null when there is nothing to run.
Invocation parseProgram(std::string_view program, std::string_view about, const std::vector<Command> &commands,
                        const std::vector<std::string> &words);

} // namespace flowc::cli

#endif

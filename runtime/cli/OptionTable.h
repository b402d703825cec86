// SPDX-License-Identifier: MIT
//
// Command lines as data: a program is a table of commands, a command is a table of option rows. Parsing, did-you-mean
// and the help pages all read the same rows. Knows nothing of flows: the flowc driver and the model runner both use it.

#ifndef FLOWC_RUNTIME_CLI_OPTIONTABLE_H
#define FLOWC_RUNTIME_CLI_OPTIONTABLE_H

#include <string>
#include <string_view>
#include <vector>

namespace flowc::cli {

/// One option. `argument` is the placeholder of its value, such as "FILE"; empty for a flag.
struct Option {
  std::string_view name; // without the dashes
  char shortName = 0;    // 0 for none
  std::string_view argument;
  std::string_view help;
  std::string_view fallback = {};             // what happens without it, for the help page; empty for nothing to say
  std::vector<std::string_view> choices = {}; // the only values allowed; empty for any
};

/// One command of a program.
struct Command {
  std::string_view name;
  std::string_view operands; // as in the usage line, such as "MODEL"
  size_t minOperands, maxOperands;
  std::string_view summary;               // one line
  std::vector<std::string_view> examples; // complete command lines without the program's name
  std::vector<Option> options;
};

/// The options that every command has: help, color, threads.
const std::vector<Option> &commonOptions();

/// The nearest of `known` to `word`, or empty when none is near.
std::string_view nearestName(std::string_view word, const std::vector<std::string_view> &known);

/// The help page of a command, examples first; and of the program.
std::string commandHelp(std::string_view program, const Command &command);
std::string programHelp(std::string_view program, std::string_view about, const std::vector<Command> &commands);

} // namespace flowc::cli

#endif

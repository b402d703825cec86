// SPDX-License-Identifier: MIT
//
// Help pages and name suggestions from the tables.

#include "runtime/cli/OptionTable.h"

#include <algorithm>
#include <fmt/format.h>

namespace flowc::cli {

const std::vector<Option> &commonOptions() {
  static const std::vector<Option> options = {
      {"threads", 'j', "N", "threads to use", "FLOWC_NUM_THREADS, or all processors"},
      {"color", 0, "WHEN", "colored output", "auto; NO_COLOR is respected", {"auto", "always", "never"}},
      {"help", 'h', "", "show this page"},
  };
  return options;
}

namespace {

/// Damerau's distance without repeated edits: a swap of neighbours costs one.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

std::string optionColumn(const Option &option) {
  std::string text = option.shortName ? fmt::format("-{}, ", option.shortName) : "    ";
  text += fmt::format("--{}", option.name);
  if (!option.argument.empty())
    text += fmt::format("={}", option.argument);
  return text;
}

std::string optionText(const Option &option) {
  std::string text(option.help);
  if (!option.choices.empty())
    text += fmt::format(": {}", fmt::join(option.choices, ", "));
  if (!option.fallback.empty())
    text += fmt::format(" [{}]", option.fallback);
  return text;
}

std::string optionRows(const std::vector<Option> &options) {
  std::string rows;
  for (const Option &option : options)
    rows += fmt::format("  {:<26} {}\n", optionColumn(option), optionText(option));
  return rows;
}

} // namespace

std::string_view nearestName(std::string_view word, const std::vector<std::string_view> &known) {
  std::string_view best;
  size_t bestDistance = 1 + std::max<size_t>(word.size() / 3, 1);
  for (std::string_view name : known)
    if (size_t distance = editDistance(word, name); distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  return best;
}

std::string commandHelp(std::string_view program, const Command &command) {
  std::string page = fmt::format("{}\n\nexamples:\n", command.summary);
  for (std::string_view example : command.examples)
    page += fmt::format("  {} {}\n", program, example);
  page += fmt::format("\nusage: {} {}{}{} [options]\n", program, command.name, command.operands.empty() ? "" : " ",
                      command.operands);
  if (!command.options.empty())
    page += fmt::format("\noptions:\n{}", optionRows(command.options));
  return page + fmt::format("\ncommon options:\n{}", optionRows(commonOptions()));
}

std::string programHelp(std::string_view program, std::string_view about, const std::vector<Command> &commands) {
  std::string page = fmt::format("{}\n\nusage: {} COMMAND [options]\n\ncommands:\n", about, program);
  for (const Command &command : commands)
    page += fmt::format("  {:<12} {}\n", command.name, command.summary);
  return page + fmt::format("\n`{} COMMAND --help` shows the options of a command, examples first\n", program);
}

} // namespace flowc::cli

// SPDX-License-Identifier: MIT
//
// Parsing by the option tables: --name=value, --name value, -n value, -nvalue, `--` ends the options.

#include "runtime/cli/Arguments.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace flowc::cli {

void Arguments::fail(std::string message) const {
  if (firstError.empty())
    firstError = std::move(message);
}

std::optional<std::string> Arguments::text(std::string_view name) const {
  auto found = values.find(name);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int64_t> Arguments::integer(std::string_view name, int64_t low, int64_t high) const {
  std::optional<std::string> given = text(name);
  if (!given)
    return std::nullopt;
  int64_t value = 0;
  auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error == std::errc() && end == given->data() + given->size() && value >= low && value <= high)
    return value;
  bool bounded = high != std::numeric_limits<int64_t>::max();
  fail(fmt::format("`--{}` is `{}`; expected a whole number {}", name, *given,
                   bounded                                      ? fmt::format("from {} to {}", low, high)
                   : low == std::numeric_limits<int64_t>::min() ? std::string()
                                                                : fmt::format("of at least {}", low)));
  return std::nullopt;
}

std::optional<double> Arguments::number(std::string_view name, double low, double high) const {
  std::optional<std::string> given = text(name);
  if (!given)
    return std::nullopt;
  double value = 0;
  auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (error == std::errc() && end == given->data() + given->size() && value >= low && value <= high)
    return value;
  fail(fmt::format("`--{}` is `{}`; expected a number from {} to {}", name, *given, low, high));
  return std::nullopt;
}

namespace {

class Parser {
public:
  Parser(const Command &command, const std::vector<std::string> &words) : command(command), words(words) {}

  Invocation parse() {
    invocation.command = &command;
    bool optionsEnded = false;
    while (at < words.size() && invocation.error.empty()) {
      const std::string &word = words[at++];
      if (optionsEnded || word.size() < 2 || word[0] != '-' || isNegativeNumber(word))
        invocation.arguments.operands.push_back(word);
      else if (word == "--")
        optionsEnded = true;
      else
        parseOption(word);
    }
    return std::move(invocation);
  }

private:
  static bool isNegativeNumber(const std::string &word) { return word[1] >= '0' && word[1] <= '9'; }

  const Option *find(std::string_view name, bool isShort) const {
    for (const std::vector<Option> *table : {&command.options, &commonOptions()})
      for (const Option &option : *table)
        if (isShort ? option.shortName == name[0] : option.name == name)
          return &option;
    return nullptr;
  }

  void parseOption(const std::string &word) {
    bool isShort = word[1] != '-';
    size_t equals = isShort ? std::string::npos : word.find('=');
    std::string name = isShort ? word.substr(1, 1) : word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Option *option = find(name, isShort);
    if (!option)
      return failUnknown(isShort ? "-" + name : "--" + name, name);
    std::optional<std::string> value;
    if (equals != std::string::npos)
      value = word.substr(equals + 1);
    else if (isShort && word.size() > 2)
      value = word.substr(2);
    take(*option, std::move(value));
  }

  void failUnknown(const std::string &spelled, const std::string &name) {
    std::vector<std::string_view> known;
    for (const std::vector<Option> *table : {&command.options, &commonOptions()})
      for (const Option &option : *table)
        known.push_back(option.name);
    std::string_view near = nearestName(name, known);
    invocation.error = fmt::format("unknown option `{}`", spelled);
    if (!near.empty())
      invocation.error += fmt::format("; did you mean `--{}`?", near);
  }

  void take(const Option &option, std::optional<std::string> value) {
    if (option.argument.empty()) {
      if (value)
        invocation.error = fmt::format("`--{}` takes no value", option.name);
      invocation.arguments.set(option.name, "");
      return;
    }
    if (!value && at < words.size())
      value = words[at++];
    // An empty one is a variable of the user's shell that is not set.
    if (!value || value->empty()) {
      invocation.error = fmt::format("`--{}` needs a value: {}", option.name, option.argument);
      return;
    }
    const auto &choices = option.choices;
    if (!choices.empty() && std::find(choices.begin(), choices.end(), *value) == choices.end()) {
      invocation.error =
          fmt::format("`--{}` is `{}`; expected one of {}", option.name, *value, fmt::join(choices, ", "));
      if (std::string_view near = nearestName(*value, choices); !near.empty())
        invocation.error += fmt::format("; did you mean `{}`?", near);
      return;
    }
    invocation.arguments.set(option.name, *value);
  }

  const Command &command;
  const std::vector<std::string> &words;
  size_t at = 0;
  Invocation invocation;
};

} // namespace

Invocation parseCommand(std::string_view program, const Command &command, const std::vector<std::string> &words) {
  Invocation invocation = Parser(command, words).parse();
  if (invocation.arguments.has("help")) {
    invocation.output = commandHelp(program, command);
    invocation.error.clear();
    invocation.command = nullptr;
    return invocation;
  }
  size_t operands = invocation.arguments.operands.size();
  if (invocation.error.empty() && operands < command.minOperands)
    invocation.error = fmt::format("`{}` needs {}", command.name, command.operands);
  if (invocation.error.empty() && operands > command.maxOperands)
    invocation.error =
        fmt::format("`{}` does not expect `{}`", command.name, invocation.arguments.operands[command.maxOperands]);
  if (!invocation.error.empty())
    invocation.command = nullptr;
  return invocation;
}

Invocation parseProgram(std::string_view program, std::string_view about, const std::vector<Command> &commands,
                        const std::vector<std::string> &words) {
  Invocation invocation;
  bool asksHelp = !words.empty() && (words[0] == "--help" || words[0] == "-h" || words[0] == "help");
  if (words.empty() || (asksHelp && words.size() == 1)) {
    (words.empty() ? invocation.error : invocation.output) = programHelp(program, about, commands);
    return invocation;
  }
  const std::string &name = asksHelp ? words[1] : words[0];
  std::vector<std::string_view> known;
  for (const Command &command : commands) {
    known.push_back(command.name);
    if (command.name == name)
      return parseCommand(program, command,
                          asksHelp ? std::vector<std::string>{"--help"}
                                   : std::vector<std::string>(words.begin() + 1, words.end()));
  }
  invocation.error = fmt::format("no command `{}`", name);
  if (std::string_view near = nearestName(name, known); !near.empty())
    invocation.error += fmt::format("; did you mean `{}`?", near);
  return invocation;
}

} // namespace flowc::cli

// SPDX-License-Identifier: MIT

#include "runtime/cli/Terminal.h"

#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace flowc::cli {
namespace {

std::string_view environment(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

/// The first of the locale's variables that is set decides, as in setlocale.
bool localeIsUtf8() {
  for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (std::string_view value = environment(name); !value.empty())
      return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos || value.find("UTF8") != value.npos;
  return false;
}

} // namespace

std::string Terminal::paint(Color color, std::string_view text) const {
  if (!colored)
    return std::string(text);
  static constexpr int codes[] = {31, 32, 33, 36, 1, 2};
  return fmt::format("\x1b[{}m{}\x1b[0m", codes[int(color)], text);
}

Terminal describeTerminal(std::string_view when) {
  Terminal terminal;
  bool dumb = environment("TERM") == "dumb";
  terminal.interactive = isatty(STDERR_FILENO) && !dumb;
  terminal.unicode = localeIsUtf8() && !dumb;
  if (when == "auto")
    terminal.colored =
        environment("NO_COLOR").empty() &&
        (terminal.interactive || (!environment("CLICOLOR_FORCE").empty() && environment("CLICOLOR_FORCE") != "0"));
  else
    terminal.colored = when == "always";
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    terminal.width = size.ws_col;
  return terminal;
}

void printError(const Terminal &terminal, std::string_view program, std::string_view message) {
  fmt::print(stderr, "{}: {} {}\n", program, terminal.paint(Color::Red, "error:"), message);
}

} // namespace flowc::cli

// SPDX-License-Identifier: MIT
//
// What the terminal on stderr can do: whether it is one, how wide, colors, Unicode.

#ifndef FLOWC_RUNTIME_CLI_TERMINAL_H
#define FLOWC_RUNTIME_CLI_TERMINAL_H

#include <string>
#include <string_view>

namespace flowc::cli {

enum class Color { Red, Green, Yellow, Cyan, Bold, Faint };

struct Terminal {
  bool interactive = false;
  bool colored = false;
  bool unicode = false;
  int width = 80;

  /// `text` in `color` where colors are on.
  std::string paint(Color color, std::string_view text) const;
};

/// The terminal on stderr; `when` is auto, always or never. NO_COLOR and CLICOLOR_FORCE decide for auto.
Terminal describeTerminal(std::string_view when = "auto");

/// Prints `program: error: message` on stderr.
void printError(const Terminal &terminal, std::string_view program, std::string_view message);

} // namespace flowc::cli

#endif

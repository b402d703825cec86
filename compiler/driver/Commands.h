// SPDX-License-Identifier: MIT
//
// flowc's own commands. Those on a compiled model are the runtime's (runtime/commands).

#pragma once

#include "runtime/cli/Arguments.h"

#include <string>
#include <vector>

namespace flowc::driver {

/// build, check, fmt, schema, list: rows for the option table.
const std::vector<cli::Command> &compilerCommands();

int runBuild(const cli::Arguments &arguments);
int runCheck(const cli::Arguments &arguments);
int runFmt(const cli::Arguments &arguments);
int runSchema(const cli::Arguments &arguments);
int runList(const cli::Arguments &arguments);

/// Whether a command-line operand names a spec rather than a compiled model.
bool looksLikeSpec(const std::string &operand);

/// Compiles `spec` into the user's cache unless it is there already, and gives the model directory; nothing after an error, which
/// has been printed and whose exit code is in `exitCode`. `profile`: with counters around the kernels' ops.
std::optional<std::string> compileIntoCache(const std::string &spec, const cli::Arguments &arguments, bool profile, int &exitCode);

} // namespace flowc::driver

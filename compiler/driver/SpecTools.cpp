// SPDX-License-Identifier: MIT
//
// Commands on specs that compile nothing: fmt, schema, list.

#include "compiler/driver/Commands.h"

#include "dsl/Formatters.h"
#include "dsl/Frontend.h"
#include "dsl/Schema.h"
#include "runtime/AtomicFile.h"
#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"

#include "llvm/ADT/StringRef.h"

#include <cstdio>

namespace flowc::driver {
namespace {

int exitWith(cli::ExitCode code) { return static_cast<int>(code); }

int failWith(const runtime::Error &error) {
  cli::printError(cli::describeTerminal(), "flowc", error.message);
  return exitWith(error.code);
}

/// Formats one file; the exit code.
int formatFile(const std::string &path, const cli::Arguments &arguments) {
  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics(sources);
  auto file = sources.read(path);
  if (!file)
    return failWith(runtime::environmentError("cannot read {}", path));
  bool json = llvm::StringRef(path).ends_with(".json");
  auto text = json ? dsl::formatJson(sources, *file, diagnostics) : dsl::formatFlow(sources, *file, diagnostics);
  if (!text) {
    std::fputs(diagnostics.render(cli::describeTerminal().colored).c_str(), stderr);
    return exitWith(cli::ExitCode::BadInput);
  }
  bool same = *text == sources.file(*file).text;
  if (arguments.has("stdout"))
    std::fputs(text->c_str(), stdout);
  else if (arguments.has("check") && !same)
    std::fprintf(stderr, "%s is not in the canonical layout; run `flowc fmt %s`\n", path.c_str(), path.c_str());
  else if (!same)
    if (auto failure = runtime::writeFileAtomically(path, {*text}))
      return failWith(*failure);
  return exitWith(arguments.has("check") && !same ? cli::ExitCode::BadInput : cli::ExitCode::Done);
}

/// The definitions in scope of the spec that may be named, or the prelude's.
std::optional<std::vector<std::shared_ptr<const dsl::Definition>>> definitionsOf(const cli::Arguments &arguments,
                                                                                 int &exitCode) {
  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics(sources);
  if (arguments.operands.empty())
    return dsl::loadPrelude(sources, diagnostics);
  auto spec = dsl::loadSpec(arguments.operands[0], sources, diagnostics);
  if (!spec) {
    exitCode = failWith(runtime::environmentError("cannot read {}", arguments.operands[0]));
    return std::nullopt;
  }
  if (!diagnostics.hasErrors())
    return spec->definitions;
  std::fputs(diagnostics.render(cli::describeTerminal().colored).c_str(), stderr);
  exitCode = exitWith(cli::ExitCode::BadInput);
  return std::nullopt;
}

} // namespace

int runFmt(const cli::Arguments &arguments) {
  int worst = 0;
  for (const std::string &path : arguments.operands)
    worst = std::max(worst, formatFile(path, arguments));
  return worst;
}

int runSchema(const cli::Arguments &arguments) {
  int exitCode = 0;
  auto definitions = definitionsOf(arguments, exitCode);
  if (!definitions)
    return exitCode;
  std::vector<dsl::Definition> plain;
  for (const auto &definition : *definitions)
    plain.push_back(*definition);
  if (auto failure = runtime::writeFileAtomically(arguments.text("output").value_or("-"), {dsl::makeSchema(plain)}))
    return failWith(*failure);
  return 0;
}

int runList(const cli::Arguments &arguments) {
  int exitCode = 0;
  auto definitions = definitionsOf(arguments, exitCode);
  if (!definitions)
    return exitCode;
  const std::pair<dsl::DefinitionKind, const char *> kinds[] = {{dsl::DefinitionKind::Layer, "layers"},
                                                                {dsl::DefinitionKind::Bijection, "bijections"},
                                                                {dsl::DefinitionKind::Network, "networks"},
                                                                {dsl::DefinitionKind::Energy, "energies"}};
  for (auto [kind, title] : kinds) {
    bool isFirst = true;
    for (const auto &definition : *definitions) {
      if (definition->kind != kind)
        continue;
      if (std::exchange(isFirst, false))
        std::printf("%s\n", title);
      std::string parameters;
      for (size_t i = 1; i < definition->parameters.size(); ++i)
        parameters += (i > 1 ? ", " : "") + definition->parameters[i].name;
      std::printf("  %s%s\n", definition->name.c_str(), parameters.empty() ? "" : ("(" + parameters + ")").c_str());
    }
  }
  return 0;
}

} // namespace flowc::driver

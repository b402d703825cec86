// SPDX-License-Identifier: MIT

#include "compiler/driver/LoadSpec.h"

#include "compiler/Import/FlowBuilder.h"
#include "dsl/Frontend.h"
#include "dsl/TreePrinter.h"
#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"

#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace flowc::driver {
namespace {

int notReadable(const std::string &path) {
  cli::printError(cli::describeTerminal(), "flowc", "cannot read " + path);
  return static_cast<int>(cli::ExitCode::Environment);
}

std::optional<LoadedSpec> loadModule(const std::string &path, MLIRContext &context, int &exitCode) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    exitCode = notReadable(path);
    return std::nullopt;
  }
  LoadedSpec spec;
  spec.path = path;
  spec.text = (*buffer)->getBuffer().str();
  spec.module = parseSourceFile<ModuleOp>(path, &context);
  if (spec.module)
    return spec;
  exitCode = static_cast<int>(cli::ExitCode::BadInput);
  return std::nullopt;
}

/// The flow IR of a spec that was read without errors.
std::optional<LoadedSpec> importSpec(const dsl::Spec &spec, MLIRContext &context, const dsl::SourceManager &sources,
                                 dsl::Diagnostics &diagnostics) {
  FlowBuilder builder(&context, [&](uint32_t file) { return sources.file(file).name; });
  if (!dsl::elaborate(spec, builder, diagnostics))
    return std::nullopt;
  LoadedSpec loaded{builder.takeModule(), spec.path, spec.text};
  if (auto train = llvm::json::parse(spec.train.dump()))
    loaded.train = *train;
  return loaded;
}

/// The file, line and column that a location stems from, whatever it is wrapped in.
std::optional<FileLineColLoc> sourceOf(Location loc) {
  std::optional<FileLineColLoc> found;
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      found = file;
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return found;
}

/// The compiler ends its messages with their names in brackets.
std::pair<dsl::Kind, std::string> splitKind(const std::string &message) {
  using enum dsl::Kind;
  for (dsl::Kind kind : {NotMonotone, NotTriangular, RankDeficient, NoInverseRule, NotContracting, NotSmooth, NotDefined, NotContinuous,
                         NotOnto, FalseAssumption, LostInF32, Unmixed}) {
    std::string suffix = " [" + std::string(dsl::kindName(kind)) + "]";
    if (llvm::StringRef(message).ends_with(suffix))
      return {kind, message.substr(0, message.size() - suffix.size())};
  }
  return {dsl::Kind::NotCompiled, message};
}

} // namespace

SpecDiagnostics::SpecDiagnostics(MLIRContext &context, const DiagnosticStyle &style)
    : style(style), found(sources), handler(&context, [this](Diagnostic &diagnostic) { return take(diagnostic); }) {}

SpecDiagnostics::~SpecDiagnostics() {
  if (!found.all().empty())
    llvm::errs() << (style.json ? found.renderJson() : found.render(style.color));
}

dsl::SourceLocation SpecDiagnostics::locate(Location loc) const {
  auto file = sourceOf(loc);
  for (uint32_t i = 0; file && i < sources.count(); ++i)
    if (sources.file(i).name == file->getFilename().strref())
      return {i, file->getLine(), file->getColumn(), 1};
  return {};
}

LogicalResult SpecDiagnostics::take(Diagnostic &diagnostic) {
  auto [kind, message] = splitKind(diagnostic.str());
  bool wrong = diagnostic.getSeverity() == DiagnosticSeverity::Error;
  // Of warnings, ours have names.
  if (!wrong && kind == dsl::Kind::NotCompiled)
    return success();
  auto &said = found.report(kind, locate(diagnostic.getLocation()), message, wrong ? dsl::Severity::Error : dsl::Severity::Warning);
  for (Diagnostic &note : diagnostic.getNotes())
    if (!llvm::StringRef(note.str()).starts_with("see current operation"))
      said.notes.push_back({locate(note.getLocation()), note.str()});
  return success();
}

std::optional<LoadedSpec> loadSpec(const std::string &path, MLIRContext &context, SpecDiagnostics &diagnostics,
                                   int &exitCode) {
  if (llvm::StringRef(path).ends_with(".mlir"))
    return loadModule(path, context, exitCode);
  auto spec = dsl::loadSpec(path, diagnostics.sources, diagnostics.found);
  if (!spec) {
    exitCode = notReadable(path);
    return std::nullopt;
  }
  exitCode = static_cast<int>(cli::ExitCode::BadInput);
  if (!spec->tree.flow || diagnostics.found.hasErrors())
    return std::nullopt;
  auto loaded = importSpec(*spec, context, diagnostics.sources, diagnostics.found);
  if (loaded)
    exitCode = 0;
  return loaded;
}

bool hasFlow(const std::string &path) {
  if (llvm::StringRef(path).ends_with(".mlir"))
    return true;
  dsl::SourceManager sources;
  dsl::Diagnostics ignored(sources);
  auto spec = dsl::loadSpec(path, sources, ignored);
  return !spec || spec->tree.flow || spec->tree.definitions.empty();
}

std::vector<LoadedSpec> loadTrials(const std::string &path, const std::string &name, int64_t features,
                                   MLIRContext &context, SpecDiagnostics &diagnostics, int &exitCode) {
  std::vector<LoadedSpec> trials;
  for (const dsl::Spec &spec : dsl::loadTrials(path, name, features, diagnostics.sources, diagnostics.found))
    if (!diagnostics.found.hasErrors())
      if (auto loaded = importSpec(spec, context, diagnostics.sources, diagnostics.found))
        trials.push_back(std::move(*loaded));
  exitCode = diagnostics.found.hasErrors() ? static_cast<int>(cli::ExitCode::BadInput) : 0;
  return trials;
}

std::optional<std::string> printSpecTree(const std::string &path, const DiagnosticStyle &style, int &exitCode) {
  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics(sources);
  auto spec = dsl::loadSpec(path, sources, diagnostics);
  if (!spec) {
    exitCode = notReadable(path);
    return std::nullopt;
  }
  if (!diagnostics.hasErrors())
    return dsl::printTree(spec->tree);
  llvm::errs() << (style.json ? diagnostics.renderJson() : diagnostics.render(style.color));
  exitCode = static_cast<int>(cli::ExitCode::BadInput);
  return std::nullopt;
}

} // namespace flowc::driver

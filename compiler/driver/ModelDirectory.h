// SPDX-License-Identifier: MIT
//
// The self-contained folder that a compilation leaves behind.

#pragma once

#include "mlir/Support/LLVM.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>
#include <vector>

namespace flowc::driver {

/// Files that flowc takes from its own installation: the model driver's archive and the runner.
struct Installation {
  std::string modelArchive, modelArchiveWithoutThreads, runner;
};
/// Finds them beside the running executable (PREFIX/bin/flowc, PREFIX/lib/flowc); empty paths if they are not there.
Installation findInstallation();

/// What goes into a model directory.
struct ModelFiles {
  std::string name;
  int64_t features;
  std::vector<llvm::StringRef> objects;
  std::string manifest, report, specName, specText;
  bool threads = true;
  std::string schedule = {}; ///< schedule.json, if training was tuned.
};

/// Writes DIR as a whole: everything is made in a folder beside it, which then takes its place. Files of other origin that a former
/// DIR holds (trained parameters, say) are kept. Returns what went wrong, or nothing.
std::optional<std::string> writeModelDirectory(const std::string &directory, const ModelFiles &files);

/// The derived formulas and verdicts, as Markdown.
std::string writeReport(const llvm::json::Object &manifest);

} // namespace flowc::driver

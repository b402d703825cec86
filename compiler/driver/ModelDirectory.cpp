// SPDX-License-Identifier: MIT

#include "compiler/driver/ModelDirectory.h"

#include "runtime/ModelHeaders.h"
#include "targets/cpu/CpuTarget.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

namespace flowc::driver {
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

std::string inFolder(llvm::StringRef directory, llvm::StringRef name) {
  llvm::SmallString<256> result(directory);
  path::append(result, name);
  return result.str().str();
}

std::optional<std::string> writeFile(const std::string &file, llvm::StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream out(file, error);
  if (!error) {
    out << text;
    out.close();
    error = out.error();
  }
  if (!error)
    return std::nullopt;
  out.clear_error();
  return "cannot write " + file + ": " + error.message();
}

std::optional<std::string> fillDirectory(const std::string &directory, const ModelFiles &files) {
  Installation installation = findInstallation();
  if (installation.runner.empty() || installation.modelArchive.empty())
    return std::string("this flowc is incomplete: lib/flowc with libflowmodel.a and flowc-model-runner is not beside it");
  for (const runtime::HeaderFile &header : runtime::modelHeaders(files.name, files.features))
    if (auto error = writeFile(inFolder(directory, header.name), header.text))
      return error;
  for (auto [name, text] : {std::pair<std::string, const std::string &>("manifest.json", files.manifest),
                            {"report.md", files.report},
                            {files.specName, files.specText}})
    if (auto error = writeFile(inFolder(directory, name), text))
      return error;
  if (!files.schedule.empty())
    if (auto error = writeFile(inFolder(directory, "schedule.json"), files.schedule))
      return error;
  const std::string &archive = files.threads ? installation.modelArchive : installation.modelArchiveWithoutThreads;
  cpu::LinkOptions link{files.objects, archive, inFolder(directory, files.name + ".so"), files.name};
  if (llvm::Error error = cpu::linkModel(link))
    return llvm::toString(std::move(error));
  if (std::error_code error = fs::copy_file(installation.runner, inFolder(directory, "model")))
    return "cannot write " + inFolder(directory, "model") + ": " + error.message();
  fs::setPermissions(inFolder(directory, "model"), fs::perms(0755));
  return std::nullopt;
}

/// Moves every file of `from` into `to`.
std::optional<std::string> moveFiles(const std::string &from, const std::string &to) {
  std::error_code error;
  for (fs::directory_iterator it(from, error), end; it != end && !error; it.increment(error))
    if (std::error_code failed = fs::rename(it->path(), inFolder(to, path::filename(it->path()))))
      return "cannot write " + inFolder(to, path::filename(it->path())) + ": " + failed.message();
  return std::nullopt;
}

} // namespace

Installation findInstallation() {
  static int anchor;
  std::string library = inFolder(path::parent_path(path::parent_path(fs::getMainExecutable("flowc", &anchor))), "lib/flowc");
  auto ifThere = [&](llvm::StringRef name) {
    std::string file = inFolder(library, name);
    return fs::exists(file) ? file : std::string();
  };
  return {ifThere("libflowmodel.a"), ifThere("libflowmodel_nothreads.a"), ifThere("flowc-model-runner")};
}

std::optional<std::string> writeModelDirectory(const std::string &directory, const ModelFiles &files) {
  llvm::SmallString<256> absolute(directory);
  fs::make_absolute(absolute);
  path::remove_dots(absolute, true);
  if (fs::exists(absolute) && !fs::is_directory(absolute))
    return directory + " is there already, and is no directory";
  std::string unfinished = (absolute + ".unfinished-" + llvm::Twine(llvm::sys::Process::getProcessId())).str();
  if (std::error_code error = fs::create_directories(unfinished))
    return "cannot make " + directory + ": " + error.message();
  auto error = fillDirectory(unfinished, files);
  if (!error) {
    if (fs::exists(absolute))
      error = moveFiles(unfinished, absolute.str().str());
    else if (std::error_code failed = fs::rename(unfinished, absolute))
      error = "cannot make " + directory + ": " + failed.message();
  }
  fs::remove_directories(unfinished, /*IgnoreErrors=*/true);
  return error;
}

std::string writeReport(const llvm::json::Object &manifest) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "# " << *manifest.getString("name") << "\n\n"
      << *manifest.getInteger("features") << " features, base `" << *manifest.getString("base")
      << "`. x is the data side of a layer, z its latent side.\n";
  for (const llvm::json::Value &entry : *manifest.getArray("layers")) {
    const llvm::json::Object &layer = *entry.getAsObject();
    out << "\n## " << *layer.getString("name") << "\n\nstated " << *layer.getString("stated") << ", "
        << *layer.getInteger("levels") << (layer.getInteger("levels") == 1 ? " level" : " levels") << "\n";
    for (llvm::StringRef part : {"forward", "inverse", "log_det"}) {
      out << "\n" << part << "\n\n```\n";
      for (const llvm::json::Value &line : *layer.getArray(part))
        out << *line.getAsString() << "\n";
      out << "```\n";
    }
  }
  return text;
}

} // namespace flowc::driver

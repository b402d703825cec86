// SPDX-License-Identifier: MIT
//
// Objects and the model's driver archive to a shared library, by lld in this process: 2 ms where starting a compiler
// takes 20, and nothing but libm and libc has to be there.

#include "targets/cpu/CpuTarget.h"

#include "lld/Common/Driver.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

namespace {

/// Files that vanish with the list.
class TemporaryFiles {
public:
  /// Writes `bytes` to a new file next to `output` and returns its path.
  llvm::Expected<std::string> write(llvm::StringRef output, llvm::StringRef suffix, llvm::StringRef bytes) {
    llvm::SmallString<128> path;
    int descriptor = -1;
    if (std::error_code error = llvm::sys::fs::createUniqueFile(output + "-%%%%%%" + suffix, descriptor, path))
      return llvm::createStringError(error, "cannot create `" + std::string(path.str()) + "`: " + error.message());
    files.push_back(std::make_unique<llvm::FileRemover>(path));
    llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
    stream << bytes;
    stream.close();
    if (std::error_code error = stream.error()) {
      stream.clear_error();
      return llvm::createStringError(error, "cannot write `" + std::string(path.str()) + "`: " + error.message());
    }
    return std::string(path.str());
  }

private:
  std::vector<std::unique_ptr<llvm::FileRemover>> files;
};

} // namespace

/// Where libraries of this machine usually are.
static std::vector<std::string> libraryFolders() {
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string multiarch = (triple.getArchName() + "-linux-gnu").str();
  return {"/usr/lib/" + multiarch, "/lib/" + multiarch, "/usr/lib64", "/lib64", "/usr/lib", "/lib"};
}

/// The library to link for `name`: what a compiler would use, or where no development files are installed, the file
/// that programs load. Its symbols must be bound here: unversioned ones would get the oldest, slow versions of libm's
/// functions.
static llvm::Expected<std::string> findLibrary(llvm::StringRef name) {
  for (llvm::StringRef suffix : {".so", ".so.6", ".so.1"})
    for (const std::string &folder : libraryFolders()) {
      std::string path = folder + "/lib" + name.str() + suffix.str();
      if (llvm::sys::fs::exists(path))
        return path;
    }
  return llvm::createStringError("cannot find the library `" + name + "` to link with; looked in " +
                                 llvm::join(libraryFolders(), ", "));
}

static llvm::Error runLinker(const std::vector<std::string> &arguments) {
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  // lld keeps its state in globals.
  static std::mutex mutex;
  std::lock_guard<std::mutex> lock(mutex);
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return llvm::createStringError("cannot link the model library: " + llvm::StringRef(messages).trim());
  return llvm::Error::success();
}

llvm::Error flowc::cpu::linkModel(const LinkOptions &options) {
  TemporaryFiles files;
  std::vector<std::string> arguments = {"ld.lld",
                                        "-shared",
                                        "--gc-sections",
                                        "--build-id",
                                        "-z",
                                        "noexecstack",
                                        "-z",
                                        "defs",
                                        "--hash-style=gnu",
                                        "--threads=1",
                                        "-o",
                                        options.output,
                                        "-soname",
                                        llvm::sys::path::filename(options.output).str()};
  std::string exported = "flow_*";
  if (!options.archive.empty()) {
    exported = options.modelName + "_model";
    arguments.insert(arguments.end(),
                     {"--undefined=flowrt_model_entry", "--defsym=" + exported + "=flowrt_model_entry"});
  }
  auto script = files.write(options.output, ".ver", "{ global: " + exported + "; flow_*_profile_*; local: *; };\n");
  if (!script)
    return script.takeError();
  arguments.push_back("--version-script=" + *script);
  for (llvm::StringRef object : options.objects) {
    auto path = files.write(options.output, ".o", object);
    if (!path)
      return path.takeError();
    arguments.push_back(*path);
  }
  if (!options.archive.empty())
    arguments.push_back(options.archive);
  for (llvm::StringRef name : {"m", "c"}) {
    auto path = findLibrary(name);
    if (!path)
      return path.takeError();
    arguments.push_back(*path);
  }
  return runLinker(arguments);
}

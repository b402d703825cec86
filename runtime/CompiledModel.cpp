// SPDX-License-Identifier: MIT

#include "runtime/CompiledModel.h"

#include "runtime/AtomicFile.h"

#include <dlfcn.h>
#include <filesystem>

namespace flowc::runtime {
namespace {

/// The library of a model directory: its name is the manifest's.
Result<std::string> libraryIn(const std::string &directory) {
  std::string path = directory + "/manifest.json";
  Result<std::string> text = readFile(path);
  if (!text)
    return environmentError("{}: no model directory: it has no manifest.json", directory);
  Result<Manifest> manifest = parseManifest(path, *text);
  if (!manifest)
    return manifest.error();
  return directory + "/" + manifest->name + ".so";
}

std::string entryName(const std::filesystem::path &library) {
  std::string stem = library.stem().string();
  return (stem.rfind("lib", 0) == 0 ? stem.substr(3) : stem) + "_model";
}

} // namespace

Result<CompiledModel> CompiledModel::open(const std::string &path) {
  std::error_code ignored;
  std::string library = path;
  if (!std::filesystem::exists(path, ignored))
    return environmentError("{}: no such model", path);
  if (std::filesystem::is_directory(path, ignored)) {
    Result<std::string> found = libraryIn(path);
    if (!found)
      return found.error();
    library = *found;
  }
  // A path without a slash would be searched for elsewhere.
  std::string absolute = std::filesystem::absolute(library, ignored).string();
  CompiledModel model;
  void *handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return environmentError("{}: cannot be loaded: {}", library, dlerror());
  model.handle = std::shared_ptr<void>(handle, dlclose);
  std::string entry = entryName(library);
  auto function = reinterpret_cast<flowrt_model_function>(dlsym(handle, entry.c_str()));
  if (!function)
    return badInput("{}: no model library: it does not define `{}`", library, entry);
  model.interface = function();
  if (model.interface->abi != FLOWRT_ABI)
    return badInput("{}: made by another version of flowc (interface {}; expected {})", library, model.interface->abi,
                    FLOWRT_ABI);
  Result<Manifest> manifest = parseManifest(library, model.interface->manifest);
  if (!manifest)
    return manifest.error();
  if (manifest->features != model.interface->features || manifest->parameterCount != model.interface->parameters)
    return badInput("{}: the manifest ({} features, {} parameters) does not fit the kernels ({}, {})", library,
                    manifest->features, manifest->parameterCount, model.interface->features,
                    model.interface->parameters);
  const Context &context = manifest->context;
  if (context.columns() != model.interface->context || (context.label ? context.size : 0) != model.interface->labels)
    return badInput("{}: the manifest's context ({}) does not fit the kernels", library, context ? context.describe() : "none");
  for (const Start &start : manifest->starts)
    if (start.firstProbe + start.probes > model.interface->probes)
      return badInput("{}: the start of `{}` asks for probes that the kernels do not have", library, start.layer);
  for (const Assumption &assumption : manifest->assumptions)
    if (assumption.firstRow + assumption.rows > model.interface->probes)
      return badInput("{}: the assumption of `{}` has rows that the kernels do not have", library, assumption.layer);
  model.description = std::move(*manifest);
  model.folder = std::filesystem::path(library).parent_path().string();
  if (model.folder.empty())
    model.folder = ".";
  return model;
}

void *CompiledModel::symbol(const std::string &name) const { return dlsym(handle.get(), name.c_str()); }

} // namespace flowc::runtime

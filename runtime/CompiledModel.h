// SPDX-License-Identifier: MIT
//
// A model library that was opened, with its manifest. The path may be a model directory or the library itself.

#ifndef FLOWC_RUNTIME_COMPILEDMODEL_H
#define FLOWC_RUNTIME_COMPILEDMODEL_H

#include "runtime/Manifest.h"
#include "runtime/abi/flowrt.hpp"

#include <memory>

namespace flowc::runtime {

/// Element types by name.
template <typename T> inline constexpr const char *DtypeName = sizeof(T) == 4 ? "f32" : "f64";

class CompiledModel {
public:
  /// Opens DIR (with DIR/manifest.json and DIR/NAME.so) or a library NAME.so.
  static Result<CompiledModel> open(const std::string &path);

  const Manifest &manifest() const { return description; }
  const flowrt_api *api() const { return interface; }
  const std::string &directory() const { return folder; }
  /// What the library exports beside its entry, or null: the counters of one that was compiled with them (docs/runtime.md).
  void *symbol(const std::string &name) const;
  bool has(flowrt_dtype dtype) const { return interface->dtypes & (1u << dtype); }

  /// Where `train` leaves the parameters that the other commands use by default.
  std::string trainedParametersPath() const { return folder + "/parameters.safetensors"; }

private:
  std::shared_ptr<void> handle; // closed with the last copy
  const flowrt_api *interface = nullptr;
  Manifest description;
  std::string folder;
};

} // namespace flowc::runtime

#endif

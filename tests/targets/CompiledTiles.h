// SPDX-License-Identifier: MIT
//
// Compiles a text of tile kernels and loads it, for tests and benchmarks. No MLIR in this header, so that files with
// exceptions may include it.

#pragma once

#include <memory>
#include <string>

namespace flowc::cpu {

/// A loaded library of kernels.
class CompiledTiles {
public:
  struct Options {
    std::string cpu = "native";
    int vectorBits = 0;
    int optLevel = 3;
    /// With an archive: what linkModel makes of it. Without, all kernels can be called.
    std::string archive = {}, modelName = {};
  };

  /// Null where it does not compile; `error` says why.
  static std::unique_ptr<CompiledTiles> compile(const std::string &text, const Options &options, std::string &error);
  ~CompiledTiles();

  /// The kernel of that name as a function of bare pointers; null if there is none.
  template <typename Function> Function *kernel(const char *name) const {
    return reinterpret_cast<Function *>(symbol(name));
  }

  /// Seconds spent in MLIR, in LLVM, and in the linker.
  double loweringSeconds = 0, codeSeconds = 0, linkSeconds = 0;
  size_t objectBytes = 0;

private:
  CompiledTiles() = default;
  void *symbol(const char *name) const;
  void *handle = nullptr;
};

} // namespace flowc::cpu

// SPDX-License-Identifier: MIT
//
// Compiles a text of tile kernels for the CUDA target, and runs them on the emulator. No MLIR in this header, so that files with exceptions
// may include it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flowc::test {

/// Compiles a text of tile kernels for the CUDA target, for blocks of so many threads, into a library of this machine whose calls of the
/// emulator are open: `flow_emulator` is to be set. False where it does not compile; `error` says why. `matmul` is the option's name: f32 is
/// what the CPU computes.
bool compileEmulation(const std::string &text, int64_t threads, const std::string &library, std::string &error,
                      const std::string &matmul = "f32");

class EmulatedKernels {
public:
  /// Null where it does not compile; the rest as above.
  static std::unique_ptr<EmulatedKernels> compile(const std::string &text, int64_t threads, std::string &error,
                                                  const std::string &matmul = "f32");
  ~EmulatedKernels();

  /// An address or a number.
  struct Argument {
    template <typename T> Argument(T *address) : bits(reinterpret_cast<uint64_t>(address)) {}
    Argument(int64_t number) : bits(static_cast<uint64_t>(number)) {}
    uint64_t bits;
  };
  /// Runs a kernel. Returns what the emulator found wrong, or nothing.
  std::string launch(const std::string &kernel, int64_t blocks, const std::vector<Argument> &arguments) const;

private:
  EmulatedKernels() = default;
  void *handle = nullptr;
  int64_t threads = 0;
};

} // namespace flowc::test

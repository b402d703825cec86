// SPDX-License-Identifier: MIT
//
// Compiles a text of tile kernels for the CUDA target, and runs them on the emulator. No MLIR in this header, so that files with exceptions
// may include it.

#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace flowc::test {

/// Compiles a text of tile kernels for the CUDA target, for blocks of so many threads, with that `--matmul` and for that `--gpu`, into a library
/// of this machine whose calls of the emulator are open: `flow_emulator` is to be set. False where it does not compile; `error` says why.
bool compileEmulation(const std::string &text, int64_t threads, const std::string &matmul, const std::string &chip, const std::string &library,
                      std::string &error);

class EmulatedKernels {
public:
  /// Null where it does not compile; `error` says why. `matmul` is the option's name: f32 is what the CPU computes.
  static std::unique_ptr<EmulatedKernels> compile(const std::string &text, int64_t threads, std::string &error,
                                                  const std::string &matmul = "f32", const std::string &chip = "sm_80");
  /// The same without the barrier of that number, as if it had been forgotten; null where there are not so many.
  static std::unique_ptr<EmulatedKernels> compileWithout(int64_t barrier, const std::string &text, std::string &error);
  ~EmulatedKernels();

  /// An address, a number or a real.
  struct Argument {
    template <typename T> Argument(T *address) : bits(reinterpret_cast<uint64_t>(address)) {}
    Argument(int64_t number) : bits(static_cast<uint64_t>(number)) {}
    Argument(double number) : bits(std::bit_cast<uint64_t>(number)) {}
    uint64_t bits;
  };
  /// Runs a kernel. Returns what the emulator found wrong, or nothing.
  std::string launch(const std::string &kernel, int64_t blocks, const std::vector<Argument> &arguments) const;

private:
  EmulatedKernels() = default;
  static std::unique_ptr<EmulatedKernels> make(const std::string &text, int64_t threads, const std::string &matmul, const std::string &chip, int64_t forgotten,
                                               std::string &error);
  void *handle = nullptr;
  int64_t threads = 0;
};

} // namespace flowc::test

// SPDX-License-Identifier: MIT
//
// A spec compiled for both machines, with the library that its kernels are emulated by; and memory of the emulated GPU.

#pragma once

#include "runtime/CompiledModel.h"

#include <string>
#include <vector>

namespace flowc::test {

class DeviceModel {
public:
  /// Compiled once for all tests. The driver's stand-in has its kernels from now on.
  static const DeviceModel &of(const std::string &spec);
  explicit DeviceModel(const std::string &spec);
  /// Of a file, with options of flowc's.
  DeviceModel(const std::string &file, const std::string &options);
  ~DeviceModel();

  const runtime::CompiledModel &compiled() const { return *model; }
  /// The driver's stand-in has the model's kernels from now on, whose products are as `--matmul` says.
  void useKernels(const std::string &matmul = "f32") const;

private:
  void compile(const std::string &file, const std::string &options);

  std::string folder;
  std::unique_ptr<runtime::CompiledModel> model;
};

/// A variable of the environment, for as long as this lives.
class Setting {
public:
  Setting(const char *name, const std::string &value) : name(name) { setenv(name, value.c_str(), 1); }
  ~Setting() { unsetenv(name); }

private:
  const char *name;
};

/// Bytes on the emulated GPU, as a host program has them.
class DeviceMemory {
public:
  explicit DeviceMemory(size_t bytes);
  ~DeviceMemory();
  void *address() const { return at; }
  void write(const void *from, size_t bytes);
  void read(void *to, size_t bytes) const;

private:
  void *at = nullptr;
};

/// A stream of the host program's own.
class HostStream {
public:
  HostStream();
  ~HostStream();
  void *handle() const { return at; }
  void wait() const;

private:
  void *at = nullptr;
};

} // namespace flowc::test

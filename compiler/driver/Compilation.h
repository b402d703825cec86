// SPDX-License-Identifier: MIT
//
// One run of the compiler, phase by phase, with what each phase took.

#pragma once

#include "compiler/Pipelines/Pipelines.h"
#include "targets/cpu/CpuTarget.h"
#include "targets/cuda/CudaTarget.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace flowc::driver {

struct CompileOptions {
  cpu::CpuOptions cpu;
  cuda::CudaOptions cuda;
  ScheduleOptions schedule;
  bool timing = false;
};

/// How long each phase took, in order, and how much of the processors' time: with two threads more than the clock shows.
class PhaseTimes {
public:
  /// Runs `work` and books its time under `name`.
  template <typename Work> auto measure(llvm::StringRef name, Work work) {
    struct Book {
      PhaseTimes &times;
      llvm::StringRef name;
      Reading begin = Reading::now();
      ~Book() { times.entries.push_back({name.str(), Reading::now() - begin}); }
    } book{*this, name};
    return work();
  }
  /// Adds to the name of the phase that ended last.
  void remark(llvm::StringRef text) { entries.back().name += (", " + text).str(); }
  /// All phases, what was between them, and the sum of both: what the process took up to now.
  void print(llvm::raw_ostream &out) const;

private:
  /// In milliseconds.
  struct Reading {
    double clock, processor;
    static Reading now();
    Reading operator-(const Reading &other) const { return {clock - other.clock, processor - other.processor}; }
    Reading operator+(const Reading &other) const { return {clock + other.clock, processor + other.processor}; }
  };
  struct Entry {
    std::string name;
    Reading took;
  };

  Reading begin = Reading::now();
  std::vector<Entry> entries;
};

/// Takes a module of flow IR through the phases. Every step reports its own errors.
class Compilation {
public:
  Compilation(mlir::OwningOpRef<mlir::ModuleOp> module, const CompileOptions &options, PhaseTimes &times)
      : module(std::move(module)), options(options), times(times) {}

  mlir::LogicalResult derive();
  /// What the derived model says of itself; call between derive() and stage().
  llvm::json::Object describe();
  mlir::LogicalResult stage();
  mlir::LogicalResult schedule();
  /// Adds the manifest's text, then lowers the kernels to the llvm dialect.
  mlir::LogicalResult lower(llvm::StringRef manifest);

  /// Instead of schedule() and lower(): everything from there to object code. Element types are compiled side by side, for machine
  /// code is most of what a compilation takes. `device` goes into it, where there is any.
  mlir::FailureOr<std::vector<llvm::SmallVector<char, 0>>> generate(llvm::StringRef manifest, const cuda::DeviceCode *device = nullptr);

  /// The same for the GPU, from a staged module, which stays: PTX for all element types.
  mlir::FailureOr<std::string> generatePtx();
  /// The same for a model library.
  mlir::FailureOr<cuda::DeviceCode> generateDeviceCode();
  /// What the two begin from.
  mlir::OwningOpRef<mlir::ModuleOp> scheduledForGpu();

  mlir::ModuleOp getModule() { return *module; }

private:
  mlir::LogicalResult run(llvm::StringRef name, void (*fill)(mlir::OpPassManager &, const CompileOptions &));

  mlir::OwningOpRef<mlir::ModuleOp> module;
  const CompileOptions &options;
  PhaseTimes &times;
};

} // namespace flowc::driver

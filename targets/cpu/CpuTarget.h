// SPDX-License-Identifier: MIT
//
// The CPU target: kernels of tile ops to machine code, and machine code to a model library. No function here throws;
// those that fail have reported why on the module, or return the reason.

#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace flowc::cpu {

struct CpuOptions {
  /// An LLVM name (`znver4`, `x86-64-v3`, ...); `native` or empty for the machine that compiles.
  std::string cpu;
  /// Width of the vectors; 0 for the widest of the CPU.
  int vectorBits = 0;
  /// 0 to 3.
  int optLevel = 3;
  /// Line tables that point to where the kernels' ops come from.
  bool debugInfo = false;
  /// Whether symbols can be seen from outside of the library that the object is linked into. The model's driver needs
  /// it not.
  bool exported = false;
  /// Counters around every op of the kernels (Profile.h).
  bool profile = false;
};

/// The LLVM name of the machine that compiles.
std::string hostCpuName();

/// The dialects, conversion interfaces and translations that the functions below need.
void registerCpuDialects(mlir::DialectRegistry &registry);

/// Makes the target's own passes known by name.
void registerCpuPasses();

/// Scheduled IR to the llvm dialect, in place. Functions that the compiler cannot expand become calls of libm.
llvm::LogicalResult lowerToLLVM(mlir::ModuleOp module, const CpuOptions &options);

// The rest takes a module in the llvm dialect, as lowerToLLVM leaves it.

/// A relocatable, position-independent object.
mlir::FailureOr<llvm::SmallVector<char, 0>> emitObject(mlir::ModuleOp module, const CpuOptions &options);
/// The same as assembly.
mlir::FailureOr<std::string> emitAssembly(mlir::ModuleOp module, const CpuOptions &options);
/// LLVM IR, optimized.
mlir::FailureOr<std::string> emitLLVM(mlir::ModuleOp module, const CpuOptions &options);

struct LinkOptions {
  /// The contents of object files.
  std::vector<llvm::StringRef> objects;
  /// libflowmodel.a, or empty for objects alone.
  std::string archive;
  /// Where the library goes.
  std::string output;
  /// With an archive: the one symbol exported is NAME_model, the archive's entry. Without: every symbol `flow_*` is.
  std::string modelName;
};

/// Links a shared library that needs libm and libc alone. Calls lld in this process.
llvm::Error linkModel(const LinkOptions &options);

} // namespace flowc::cpu

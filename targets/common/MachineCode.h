// SPDX-License-Identifier: MIT
//
// A module in the llvm dialect to what LLVM makes of it, for any machine.

#pragma once

#include "mlir/IR/Operation.h"
#include "mlir/Support/LLVM.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/CodeGen.h"

#include <memory>

namespace llvm {
class LLVMContext;
class Module;
class TargetMachine;
} // namespace llvm

namespace flowc::targets {

/// LLVM IR with what owns it.
struct Translated {
  Translated(std::unique_ptr<llvm::TargetMachine> machine);
  Translated(Translated &&) noexcept;
  ~Translated();

  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::LLVMContext> context;
  std::unique_ptr<llvm::Module> module;
};

/// LLVM's name for a level of 0 to 3.
llvm::CodeGenOptLevel codeGenLevel(int level);

/// A module (of any kind) in the llvm dialect as optimized LLVM IR; `describe` adds what LLVM cannot know. Nothing unwinds, and the
/// private functions that tile ops became stay functions: inlined into the kernels they would make one function of a whole model.
mlir::FailureOr<Translated> translate(mlir::Operation *module, std::unique_ptr<llvm::TargetMachine> machine, int optLevel,
                                      llvm::function_ref<void(llvm::Module &)> describe = {});

/// Assembly or an object.
mlir::FailureOr<llvm::SmallVector<char, 0>> generate(mlir::Operation *module, Translated &translated, llvm::CodeGenFileType kind);

/// LLVM IR as text.
std::string printLLVM(const Translated &translated);

} // namespace flowc::targets

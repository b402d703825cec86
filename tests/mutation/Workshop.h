// SPDX-License-Identifier: MIT
//
// From a test model to derived IR, and from derived IR, changed or not, to a model directory.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/driver/Compilation.h"
#include "tests/mutation/Models.h"

namespace flowc::mutation {

/// A model as far as it is derived, and its manifest, which mutants share: they have the same parameters.
struct Derived {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string manifest;

  flow::ModelOp model() { return *module->getOps<flow::ModelOp>().begin(); }
  /// A copy that may be changed.
  Derived copy() { return {mlir::OwningOpRef<mlir::ModuleOp>(module->clone()), manifest}; }
};

class Workshop {
public:
  Workshop();

  /// Reads, checks and derives a model, which must succeed.
  Derived derive(const TestModel &model);
  /// Compiles the rest into a folder; what went wrong, or nothing.
  std::string finish(Derived derived, const std::string &directory);

private:
  mlir::DialectRegistry registry;
  std::unique_ptr<mlir::MLIRContext> context;
  driver::CompileOptions options;
};

} // namespace flowc::mutation

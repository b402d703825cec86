// SPDX-License-Identifier: MIT
//
// A spec (.flow, .json, or flow IR as .mlir) becomes a module of flow IR, whatever its form.

#pragma once

#include "dsl/Diagnostics.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/JSON.h"

#include <optional>
#include <string>

namespace flowc::driver {

struct LoadedSpec {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string path, text;
  llvm::json::Value train = llvm::json::Object();
};

/// Prints diagnostics as a person or (`json`) a program reads them.
struct DiagnosticStyle {
  bool color = false;
  bool json = false;
};

/// What the language and the compiler have to say about a spec, in one form and with the same source frames. Prints on
/// destruction.
class SpecDiagnostics {
public:
  SpecDiagnostics(mlir::MLIRContext &context, const DiagnosticStyle &style);
  ~SpecDiagnostics();

private:
  friend std::optional<LoadedSpec> loadSpec(const std::string &, mlir::MLIRContext &, SpecDiagnostics &, int &);
  friend std::vector<LoadedSpec> loadTrials(const std::string &, const std::string &, int64_t, mlir::MLIRContext &,
                                            SpecDiagnostics &, int &);

  dsl::SourceLocation locate(mlir::Location loc) const;
  mlir::LogicalResult take(mlir::Diagnostic &diagnostic);

  DiagnosticStyle style;
  dsl::SourceManager sources;
  dsl::Diagnostics found;
  mlir::ScopedDiagnosticHandler handler;
};

/// Loads `path`; what is wrong goes to `diagnostics`, with the exit code.
std::optional<LoadedSpec> loadSpec(const std::string &path, mlir::MLIRContext &context, SpecDiagnostics &diagnostics,
                                   int &exitCode);

/// Whether a spec's file has a flow, and not only definitions. (What cannot be read has one, and its fault is shown when it is loaded.)
bool hasFlow(const std::string &path);

/// The layers and bijections that the file defines, each as the only layer of a flow; only `name`, if that is given.
std::vector<LoadedSpec> loadTrials(const std::string &path, const std::string &name, int64_t features,
                                   mlir::MLIRContext &context, SpecDiagnostics &diagnostics, int &exitCode);

/// The syntax tree, as text; for --emit=tree.
std::optional<std::string> printSpecTree(const std::string &path, const DiagnosticStyle &style, int &exitCode);

} // namespace flowc::driver

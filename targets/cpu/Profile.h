// SPDX-License-Identifier: MIT
//
// Counters around every tile op of the kernels, for `flowc bench`: how long each took in all its calls, and which layer it is of.

#pragma once

#include "mlir/IR/BuiltinOps.h"

namespace flowc::cpu {

/// In a scheduled module, before it is lowered. Adds for each element type P the globals flow_P_profile_counts (i64, two for each op: ticks
/// of the processor's counter, and calls) and flow_P_profile_text (JSON: for each op its kernel, its kind, its layer and its flops). Counts
/// of several threads would mix; whoever reads them runs one.
void addProfile(mlir::ModuleOp module);

/// Whether a symbol is one of these globals, which can be seen from outside of the library.
bool isProfileSymbol(llvm::StringRef name);

} // namespace flowc::cpu

// SPDX-License-Identifier: MIT
//
// The passes of the CPU target that are its own. The rest of its pipeline is upstream: Pipeline.cpp.

#pragma once

#include "targets/cpu/KernelBuilder.h"

#include "mlir/Pass/Pass.h"

#include <memory>

namespace flowc::cpu {

/// tile ops -> calls of private functions of scf, arith, vector and the llvm dialect's loads and stores.
std::unique_ptr<mlir::Pass> createLowerTilePass(const VectorUnit &unit = {});

/// tile.table -> a constant array of addresses; behind the lowering of the functions that stand in it.
std::unique_ptr<mlir::Pass> createLowerTablesPass();

/// What is left of the math dialect's functions -> calls of libm, one number at a time. Those that are instructions
/// stay.
std::unique_ptr<mlir::Pass> createMathFallbackPass();

} // namespace flowc::cpu

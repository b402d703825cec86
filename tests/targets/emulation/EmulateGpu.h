// SPDX-License-Identifier: MIT

#pragma once

#include "mlir/IR/BuiltinOps.h"

namespace flowc::test {

/// A gpu.module becomes functions for this machine, in place: kernels take the address of an array of their arguments, as a driver's
/// launch does, and what a GPU has (the numbers of threads and blocks, barriers, shuffles, every access to memory) becomes calls of the
/// emulator's hooks.
void emulateGpu(mlir::ModuleOp module);

} // namespace flowc::test

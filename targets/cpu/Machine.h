// SPDX-License-Identifier: MIT
//
// The machine that code is made for.

#pragma once

#include "targets/cpu/CpuTarget.h"
#include "targets/cpu/KernelBuilder.h"

#include <memory>

namespace llvm {
class TargetMachine;
}

namespace flowc::cpu {

/// LLVM's description of the machine that the options name.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const CpuOptions &options);

/// Its vector unit, at the width that the options ask for.
VectorUnit vectorUnitOf(const llvm::TargetMachine &machine, const CpuOptions &options);

} // namespace flowc::cpu

// SPDX-License-Identifier: MIT
//
// What a user may change so that a proof succeeds.

#pragma once

#include "compiler/Prove/Formula.h"

namespace flowc::prove {

/// A domain for one of the variables with which `proves` succeeds, as advice; empty if there is none.
std::string findRemedy(const Formula &formula, llvm::function_ref<bool(llvm::DenseMap<mlir::Value, flow::Interval>)> proves);

} // namespace flowc::prove

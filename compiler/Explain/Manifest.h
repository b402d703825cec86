// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "llvm/Support/JSON.h"

namespace flowc {

/// What docs/manifest.md describes, as far as the derived model knows it: parameters, starts, layers with their formulas. The driver
/// adds what only it knows (spec, training defaults, element types).
llvm::json::Object describeModel(flow::ModelOp model);

} // namespace flowc

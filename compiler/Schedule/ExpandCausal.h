// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc::schedule {

/// Replaces every `flow.causal` of the model by the product with a table of ones and zeros, which a kernel can run.
void expandCausal(flow::ModelOp model);

} // namespace flowc::schedule

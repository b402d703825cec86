// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc::schedule {

/// Replaces every accumulated `flow.outer` that is one row or one column by a vector times a number. As a product over the samples it would
/// leave most of a vector register empty, and transpose what it reads; as a map it is a sum of products, sample by sample.
void expandOuters(flow::ModelOp model);

} // namespace flowc::schedule

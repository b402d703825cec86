// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc::schedule {

/// Replaces every `flow.sum_rows` of the model by additions of columns: halves of the matrix, until one column is left. A map that added a
/// row's elements to one number would write one place from many threads.
void expandSums(flow::ModelOp model);

} // namespace flowc::schedule

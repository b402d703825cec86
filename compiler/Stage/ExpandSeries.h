// SPDX-License-Identifier: MIT

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

namespace flowc {

/// Writes a flow.log_det_series as a flow.iterate over its terms.
void expandSeries(flow::LogDetSeriesOp op);

} // namespace flowc

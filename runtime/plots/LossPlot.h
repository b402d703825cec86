// SPDX-License-Identifier: MIT
//
// The loss over the epochs of a run.

#ifndef FLOWC_RUNTIME_PLOTS_LOSSPLOT_H
#define FLOWC_RUNTIME_PLOTS_LOSSPLOT_H

#include "runtime/RunFolder.h"

#include <string>

namespace flowc::runtime {

/// An SVG with training and validation loss, the best epoch marked; `what` says what loss. Expects at least one epoch.
std::string lossPlot(const std::string &name, const std::string &what, const std::vector<EpochReport> &epochs);

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT
//
// How long gradients take that are compiled in several ways.

#ifndef FLOWC_RUNTIME_COMMANDS_GRADIENTTIMES_H
#define FLOWC_RUNTIME_COMMANDS_GRADIENTTIMES_H

#include "runtime/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace flowc::runtime {

/// Of the models in these directories, the least seconds of a gradient of `rows` rows with all threads: what other programs take is no part
/// of it. They are timed in turns, so that a machine that is slow for a while is slow for all.
Result<std::vector<double>> timeGradients(const std::vector<std::string> &directories, int64_t rows);

} // namespace flowc::runtime

#endif

// SPDX-License-Identifier: MIT
//
// Large maps of which parts have nothing to do with each other, as the steps of an autoregressive layer, become a map for each part: equal
// parts then are calls of one function, where together they would be a function several times as long, of hundreds of buffers.

#pragma once

#include "compiler/Schedule/Plan.h"

#include <vector>

namespace flowc::schedule {

/// The map's large parts, each by itself, and then the rest of it, which may be empty.
std::vector<MapNode> apart(MapNode map);

} // namespace flowc::schedule

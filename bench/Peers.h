// SPDX-License-Identifier: MIT
//
// The libraries whose products ours is measured against, as far as they were found when the benchmark was built.

#pragma once

#include <functional>
#include <string>
#include <vector>

namespace bench {

/// c[m x n] := op(a) b or += it, row-major; op transposes if `transA` (a is then [k x m]).
struct Product {
  int m, n, k;
  bool transA, accumulate;
};

using Multiply = std::function<void(const Product &, const float *a, const float *b, float *c)>;

struct Peer {
  std::string name;
  Multiply multiply;
};

/// Each runs on one thread.
std::vector<Peer> peers();

} // namespace bench

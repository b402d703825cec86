// SPDX-License-Identifier: MIT

#include "compiler/Prove/Points.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

double place(const Interval &range, double u) {
  if (range.low == range.high)
    return range.low;
  if (std::isinf(range.low) && std::isinf(range.high))
    return u;
  if (std::isinf(range.high))
    return range.low + std::exp(u);
  if (std::isinf(range.low))
    return range.high - std::exp(-u);
  return range.low + (range.high - range.low) / (1 + std::exp(-u));
}

double rounded(const Interval &range, double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  double nice = std::strtod(text, nullptr);
  return contains(range, nice) ? nice : v;
}

Points::Points(const Formula &formula)
    : variables(formula.allVariables()), special{0,  1,   -1,   0.5, -0.5, 2,  -2,  M_PI, -M_PI, M_PI / 2, -M_PI / 2, 3,
                                                 -3, 0.1, -0.1, 5,   -5,   10, -10, 12,   -12,   30,       -30} {
  for (arith::ConstantOp op : formula.getFunction().getBody().getOps<arith::ConstantOp>())
    if (auto constant = constantValue(op))
      special.push_back(*constant);
}

double Points::chosen(unsigned k, size_t variable) const {
  static constexpr double plain[] = {1, -1, 0.5, 2, 0, -2, 3};
  return variable == 0 ? special[k % special.size()] : plain[(k / special.size() + (k % 2 ? variable : 0)) % 7];
}

double Points::far(const Interval &range) {
  // From 10 to a million, in both directions or away from the end.
  double size = std::pow(10, std::uniform_real_distribution<double>(1, 6)(farGenerator));
  if (std::isfinite(range.low))
    return range.low + size;
  if (std::isfinite(range.high))
    return range.high - size;
  return farGenerator() % 2 ? size : -size;
}

Point Points::make(unsigned k) {
  static constexpr double sizes[] = {0.3, 1, 3, 10};
  bool choose = k < 7 * special.size();
  Point point;
  for (auto [v, variable] : llvm::enumerate(variables)) {
    // What is far out may need something else near by to show it.
    if (isFar(k) && !choose && !std::isfinite(variable.range.low + variable.range.high) && farGenerator() % 2) {
      point.push_back(rounded(variable.range, far(variable.range)));
      continue;
    }
    double value = choose ? chosen(k, v) : place(variable.range, sizes[k % 4] * normal(generator));
    if (!contains(variable.range, value))
      value = place(variable.range, choose ? value : normal(generator));
    point.push_back(rounded(variable.range, value));
  }
  // A context that is a label is one.
  std::optional<int64_t> label;
  for (auto [coordinate, variable] : llvm::zip_equal(point, variables))
    if (variable.labels) {
      label = label ? label : std::optional<int64_t>(generator() % variable.labels);
      coordinate = variable.element == *label;
    }
  return point;
}

} // namespace flowc::prove

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Steps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// More steps spare little more: with 8, one sixteenth of a triangular matrix is multiplied in vain.
constexpr int64_t kMostSteps = 8;
/// A product of fewer rows than this does not run at full speed.
constexpr int64_t kFewestRows = 24;

} // namespace

int64_t stepCount(LayerOp layer, const LayerStructure &structure) {
  int64_t elements = 0, nonZero = 0, rows = 0, products = 0;
  layer.walk([&](PartialOpInterface op) {
    if (structure.isUniform(op->getResult(0)))
      return;
    NeededElements needed = op.neededElements();
    for (const llvm::BitVector &row : needed.rows) {
      elements += row.size() * needed.columns;
      nonZero += row.count() * needed.columns;
      ++rows;
    }
    ++products;
  });
  if (products == 0 || nonZero * 4 > elements * 3)
    return 1;
  auto levels = static_cast<int64_t>(structure.levels().size());
  return std::max<int64_t>(1, std::min({kMostSteps, levels, rows / products / kFewestRows}));
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Prove/Direction.h"

#include "compiler/Prove/Slope.h"

#include <set>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

std::optional<bool> proveDirection(LayerOp layer, const LayerStructure &structure, Value value, llvm::ArrayRef<int64_t> elements,
                                   llvm::ArrayRef<int64_t> inputs) {
  Origins origins(layer);
  if (structure.held())
    origins.hold(structure.held());
  auto verdict = layer->getAttrOfType<StringAttr>("verdict");
  bool known = verdict && (verdict.getValue() == "proved" || verdict.getValue() == "assumed");
  Interval domain = structure.range(layer.input());
  std::optional<bool> increasing;
  std::set<std::string> seen;
  for (auto [element, input] : llvm::zip_equal(elements, inputs)) {
    if (!seen.insert(Formula::signature(origins, structure, value, element, input)).second)
      continue;
    Formula formula = Formula::build(origins, structure, value, element, input, domain);
    if (formula.entangled())
      return std::nullopt;
    // Where the two sides of a comparison are equal, the derivative is what the rule of max, min or `where` chose. In a bijection such
    // points are isolated, and say nothing of monotony.
    auto sign = proveSign(formula.slope(), formula.unknown().value, formula.ranges(),
                          known ? isolatedTies(formula) : std::vector<Tie>());
    if (!sign || (increasing && *increasing != sign->positive))
      return std::nullopt;
    increasing = sign->positive;
  }
  return increasing;
}

} // namespace flowc::prove

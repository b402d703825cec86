// SPDX-License-Identifier: MIT
//
// Whether a layer is asked only where it is defined, and what is assumed of it.

#include "compiler/Prove/LayerChecker.h"

#include "compiler/Explain/Formulas.h"
#include "compiler/Prove/Phrases.h"
#include "compiler/Prove/Remedy.h"
#include "compiler/Prove/Search.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

bool LayerChecker::checkAssumptions() {
  for (AssumeOp assumption : layer.getOps<AssumeOp>()) {
    Value value = assumption.getValue();
    Interval wanted = assumption.getRange();
    // What is beyond the interval: below it, or above it.
    Interval beyond = std::isinf(wanted.low) ? Interval{wanted.high, kInfinity, !wanted.highOpen, true}
                                             : Interval{-kInfinity, wanted.low, true, !wanted.lowOpen};
    bool proved = true, possible = true;
    for (int64_t element = 0; element < elementCount(value) && possible; ++element) {
      const IndexSet &inputs = structure->elements(structure->dependencies(value)[element]);
      int64_t input = inputs.empty() ? -1 : inputs.find_first();
      Interval domain = inputs.empty() ? Interval::all() : inputSide[input];
      Formula formula = Formula::build(origins, *structure, value, element, input, domain, /*valueOnly=*/true, assumption);
      auto always = [&](const Interval &range) {
        return proveRequirement(formula.value(), formula.unknown().value, {0, range, false}, formula.ranges()).has_value();
      };
      proved = proved && always(wanted);
      possible = proved || !always(beyond);
    }
    std::string text = assumption.getText().str();
    if (possible) {
      add("assumption", text, proved ? Verdict::Proved : Verdict::Assumed, proved ? "" : "assume", assumption.getLoc());
      continue;
    }
    addFailed("assumption", text, "it assumes `" + text + "`, which never holds", assumption.getLoc()).verdict = Verdict::Refuted;
    return false;
  }
  return true;
}

bool LayerChecker::checkDomain() {
  if (!around.declared)
    return true;
  const Interval &declared = *around.declared;
  if (layer.getGenerative()) {
    if (!around.latent || *around.latent == declared)
      return true;
    addFailed("onto", "its latent side, " + describe(declared) + ", is what follows",
              "its latent side is " + describe(declared) + ", but " + describe(*around.latent) + " follows",
              layer.getLoc())
        .verdict = Verdict::Refuted;
    return false;
  }
  const auto *outside = llvm::find_if(around.data, [&](const Interval &data) { return !data.within(declared); });
  if (outside == around.data.end())
    return true;
  std::string input = userName(layer.input()).value_or("x").str();
  addFailed("defined", input + " lies in " + describe(declared) + ", as it declares",
            "it takes " + input + " in " + describe(declared) + ", but is given " + describe(*outside), layer.getLoc())
      .verdict = Verdict::Refuted;
  return false;
}

bool LayerChecker::checkRequirements() {
  for (Operation *op : neededOps(layer, /*orAssumed=*/true))
    if (auto rule = dyn_cast<RangeOpInterface>(op))
      for (const Requirement &requirement : rule.requirements())
        checkRequirement(op, requirement);
  return holds(report.verdict());
}

void LayerChecker::checkRequirement(Operation *op, const Requirement &requirement) {
  Value operand = op->getOperand(requirement.operand);
  Interval range = structure->range(operand);
  if (requirement.nonZero ? range.isNonZero() : range.within(requirement.within))
    return;
  std::set<std::string> seen;
  for (int64_t element = 0; element < elementCount(operand); ++element) {
    const IndexSet &inputs = structure->elements(structure->dependencies(operand)[element]);
    int64_t input = inputs.empty() ? -1 : inputs.find_first();
    Interval domain = inputs.empty() ? Interval::all() : inputSide[input];
    if (!seen.insert(Formula::signature(origins, *structure, operand, element, input) + describe(domain)).second)
      continue;
    Formula formula = Formula::build(origins, *structure, operand, element, input, domain, /*valueOnly=*/true);
    std::string argument = print(formula, formula.value()), function = functionName(op).str();
    std::string where = requirement.nonZero ? "is never 0" : "lies in " + describe(requirement.within);
    std::string statement = argument + " " + where + ", where `" + function + "` is defined";
    llvm::DenseMap<Value, double> hint;
    if (auto method =
            proveRequirement(formula.value(), formula.unknown().value, requirement, formula.ranges(), &hint)) {
      add("defined", statement, Verdict::Proved, methodName(*method), op->getLoc());
      continue;
    }
    Obligation &failed = addFailed("defined", statement,
                                   "`" + function + "` is not defined everywhere: " + argument + " may be " +
                                       (requirement.nonZero ? "0" : "outside of " + describe(requirement.within)),
                                   op->getLoc());
    auto witness = refuteRequirement(formula, formula.value(), requirement, hint);
    if (witness)
      refute(failed, witness, argument + " is " + number(witness->value) + " at " + describe(*witness, inputs.empty()));
    failed.remedy = findRemedy(formula, [&](llvm::DenseMap<Value, Interval> ranges) {
      return proveRequirement(formula.value(), formula.unknown().value, requirement, std::move(ranges)).has_value();
    });
  }
}

} // namespace flowc::prove

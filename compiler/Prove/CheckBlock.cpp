// SPDX-License-Identifier: MIT
//
// Whether a block is continuous and strictly monotone in its unknown.

#include "compiler/Prove/LayerChecker.h"

#include "compiler/Derive/Simplify.h"
#include "compiler/Prove/Phrases.h"
#include "compiler/Prove/Precision.h"
#include "compiler/Prove/Remedy.h"
#include "compiler/Prove/Search.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

bool LayerChecker::slopeShows(const Class &block) {
  Formula formula =
      Formula::build(origins, *structure, block.value, block.element, block.input, inputSide[block.input]);
  llvm::DenseMap<Value, Interval> ranges = formula.ranges();
  return !formula.entangled() && inferRange(formula.slope(), ranges).isNonZero();
}

bool LayerChecker::peelTurns(Class &block) {
  bool peeled = false;
  for (;;) {
    Origin origin = origins.of(block.value, block.element);
    auto turn = origin.kind == Origin::Computed ? block.value.getDefiningOp<TurnOp>() : TurnOp();
    if (origin.kind == Origin::Moved) {
      block.value = origin.from;
      block.element = origin.element;
    } else if (turn && !structure->depends(turn.getBy(), block.element, block.input)) {
      block.value = turn.getAngle();
      peeled = true;
    } else {
      return peeled;
    }
  }
}

bool LayerChecker::checkTurns(const Formula &formula, const Class &block) {
  for (Value value : formula.dependents())
    if (value.getDefiningOp<TurnOp>()) {
      addFailed("continuous", "`turn` is its last step", "it goes on after `turn`, which jumps where the circle closes", block.value.getLoc())
          .remedy = "a layer of its own, or the last step of one, may turn an angle";
      return false;
    }
  return true;
}

void LayerChecker::checkBlock(Class block) {
  bool turned = peelTurns(block);
  Formula formula =
      Formula::build(origins, *structure, block.value, block.element, block.input, inputSide[block.input]);
  if (formula.entangled()) {
    refuteStructure(add("structure",
                        "`" + layer.getLayerType().str() + "` feeds " + formula.unknown().name +
                            " into what changes it, through " + *formula.entangled() + " [not-triangular]",
                        Verdict::Unknown, "structure", block.value.getLoc()));
    return;
  }
  checkContinuity(formula, block);
  auto increasing = checkTurns(formula, block) ? checkMonotone(formula, block) : std::nullopt;
  report.rises.resize(inputSide.size(), -1);
  for (int64_t output : block.outputs)
    report.rises[output] = increasing ? *increasing : -1;
  if (!increasing)
    return;
  if (turned)
    checkCircle(formula, block, *increasing);
  else
    checkImage(formula, block, *increasing);
  // Computed is what the compiler makes of it. A base is asked for its density, which has a formula of its own, and not for its value.
  stabilize(formula.getFunction(), formula.ranges());
  if (auto loss = layer.getBase() ? std::nullopt : findPrecisionLoss(formula))
    report.warnings.push_back({loss->finding, loss->remedy, loss->witness, block.value.getLoc()});
}

void LayerChecker::checkContinuity(const Formula &formula, const Class &block) {
  auto seams = proveSeams(formula.value(), formula.unknown().value, formula.ranges());
  if (!seams) {
    addFailed("continuous", "its many pieces meet", "its pieces do not meet", block.value.getLoc());
    return;
  }
  if (seams->size() > 1 && llvm::all_of(*seams, [](const Seam &seam) { return seam.method.has_value(); })) {
    add("continuous", "its pieces meet at all " + std::to_string(seams->size()) + " borders between them",
        Verdict::Proved, methodName(*seams->front().method), block.value.getLoc());
    return;
  }
  for (const Seam &seam : *seams) {
    std::string where;
    for (Value comparison : seam.differing) {
      Operation *compare = comparison.getDefiningOp();
      where += (where.empty() ? "" : " and ") + print(formula, compare->getOperand(0)) + " = " +
               print(formula, compare->getOperand(1));
    }
    if (seam.method) {
      add("continuous", "its pieces meet where " + where, Verdict::Proved, methodName(*seam.method),
          block.value.getLoc());
      continue;
    }
    Obligation &failed = addFailed("continuous", "its pieces meet where " + where,
                                   "its pieces do not meet where " + where, block.value.getLoc());
    if (auto witness = refuteContinuity(formula, seam.differing.front(), formula.value()))
      refute(failed, witness, "it jumps by " + number(witness->value) + " at " + describe(*witness));
  }
}

std::optional<bool> LayerChecker::checkMonotone(const Formula &formula, const Class &block) {
  std::string slope = "d/d" + formula.unknown().name + " = " + print(formula, formula.slope());
  std::string statement = slope + " is never 0";
  if (auto gap = findSlopeGap(formula)) {
    reportSlopeGap(formula, block, *gap, slope);
    return std::nullopt;
  }
  // Sampling is cheap, and what it refutes needs no solver.
  llvm::DenseMap<Value, double> hint;
  llvm::DenseMap<Value, Interval> ranges = formula.ranges();
  std::optional<Witness> witness;
  if (!inferRange(formula.slope(), ranges).isNonZero())
    witness = refuteSign(formula, hint, /*touching=*/false);
  std::vector<Tie> ties = witness ? std::vector<Tie>() : isolatedTies(formula);
  if (auto sign = witness ? std::nullopt : proveSign(formula.slope(), formula.unknown().value, formula.ranges(), ties, &hint)) {
    Obligation &proved = add("monotone", statement, Verdict::Proved, methodName(sign->method), block.value.getLoc());
    proved.features.assign(block.outputs.begin(), block.outputs.end());
    if (!layer.getBase() || sign->positive)
      return sign->positive;
    Obligation &falling =
        addFailed("monotone", slope + " is positive, as a distribution's density is",
                  "a base is a cumulative distribution, which increases, but its derivative " + slope + " is negative",
                  block.value.getLoc());
    falling.verdict = Verdict::Refuted;
    falling.method = methodName(sign->method);
    falling.finding = "it is negative everywhere";
    return std::nullopt;
  }
  Obligation &failed =
      addFailed("monotone", statement, "its derivative " + slope + " is 0 somewhere", block.value.getLoc());
  failed.features.assign(block.outputs.begin(), block.outputs.end());
  failed.remedy = findRemedy(formula, [&](llvm::DenseMap<Value, Interval> ranges) {
    return proveSign(formula.slope(), formula.unknown().value, std::move(ranges), ties).has_value();
  });
  if (!witness)
    witness = refuteSign(formula, hint, /*touching=*/true);
  if (!witness)
    return std::nullopt;
  std::string what;
  if (witness->twins)
    what = formula.unknown().name + " = " + number((*witness->twins)[0]) + " and " + formula.unknown().name + " = " +
           number((*witness->twins)[1]) + " both give " + number(witness->value) +
           (witness->point.size() > 1 ? ", with " + describe(*witness, 1) : "");
  else
    what = "it is " + number(witness->value) + " at " + describe(*witness);
  refute(failed, witness, what);
  return std::nullopt;
}

void LayerChecker::reportSlopeGap(const Formula &formula, const Class &block, const SlopeGap &gap,
                                  const std::string &slope) {
  Obligation &failed = addFailed("smooth", slope + " is finite", "its derivative " + slope + " is not finite everywhere",
                                 block.value.getLoc());
  failed.features.assign(block.outputs.begin(), block.outputs.end());
  if (auto witness = refuteSmooth(formula, gap.operand, gap.requirement))
    refute(failed, witness,
           "it is infinite at " + describe(*witness) + ", and so is the density on one side; on the other it is 0");
}

} // namespace flowc::prove

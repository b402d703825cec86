// SPDX-License-Identifier: MIT

#include "compiler/Prove/LayerChecker.h"

#include "compiler/Derive/Cuts.h"
#include "compiler/Derive/LinearForm.h"
#include "compiler/Derive/Tear.h"
#include "compiler/Dialect/Flow/Models/ScalarRules.h"
#include "compiler/Derive/Contract.h"
#include "compiler/Explain/Formulas.h"
#include "compiler/Prove/Ends.h"
#include "compiler/Prove/Jacobian.h"
#include "compiler/Prove/Slope.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// The largest layer whose dependencies are kept for a picture.
constexpr int64_t kLargestPattern = 128;

std::string number(double value) {
  if (std::abs(value) < 1e-12)
    return "0";
  if (std::isinf(value))
    return value > 0 ? "inf" : "-inf";
  return llvm::formatv("{0}", llvm::format("%.6g", value)).str();
}

std::string describe(const Interval &interval) {
  if (interval == Interval::all())
    return "all real numbers";
  return (interval.lowOpen ? "(" : "[") + number(interval.low) + ", " + number(interval.high) +
         (interval.highOpen ? ")" : "]");
}

std::string print(const Formula &formula, Value value) { return printInline(value, formula.names()); }

/// An end of an image.
std::string endText(const Formula &formula, const Limit &limit, std::optional<double> end) {
  return end ? number(*end) : limit.kind == Limit::Finite ? print(formula, limit.value) : std::string("?");
}

/// Elements whose formulas differ by names only, but in more than their signatures show, have the same proof.
void mergeRepeats(std::vector<Obligation> &obligations) {
  std::map<std::tuple<std::string, std::string, std::string>, size_t> known;
  std::vector<Obligation> merged;
  for (Obligation &obligation : obligations) {
    if (obligation.verdict == Verdict::Proved) {
      auto [it, inserted] = known.try_emplace({obligation.kind, obligation.statement, obligation.method}, merged.size());
      if (!inserted) {
        llvm::append_range(merged[it->second].features, obligation.features);
        continue;
      }
    }
    merged.push_back(std::move(obligation));
  }
  obligations = std::move(merged);
}

std::string describe(const Witness &witness, size_t first = 0) {
  std::string text;
  for (const auto &[name, value] : llvm::ArrayRef(witness.point).drop_front(first))
    text += (text.empty() ? "" : ", ") + name + " = " + number(value);
  return text;
}

/// Whether a parameter only stands below one with a domain, which has its name.
bool isBelowDomain(const Variable &variable) {
  Value value = variable.value;
  while (variable.parameter && value.hasOneUse() && value.getUsers().begin()->getNumResults()) {
    value = value.getUsers().begin()->getResult(0);
    if (auto name = userName(value))
      return StringRef(variable.name).starts_with(*name);
  }
  return false;
}

/// A domain for one of the variables with which `proves` succeeds, as advice.
std::string findRemedy(const Formula &formula, llvm::function_ref<bool(llvm::DenseMap<Value, Interval>)> proves) {
  static const std::pair<Interval, StringRef> domains[] = {{Interval::open(0, kInfinity), "positive"},
                                                           {Interval::open(0, 1), "unit"}};
  // Of a network's many parameters none helps alone.
  constexpr size_t kMostVariables = 8;
  if (formula.allVariables().size() > kMostVariables)
    return "";
  // Parameters first: whoever restricts the input changes what the layer is for.
  llvm::SmallVector<Variable> variables(formula.allVariables().drop_front());
  variables.push_back(formula.unknown());
  for (const Variable &variable : variables)
    for (auto [domain, name] : domains) {
      bool narrowed = variable.value == formula.unknown().value && name == "unit";
      if (variable.range != Interval::all() || narrowed || isBelowDomain(variable))
        continue;
      llvm::DenseMap<Value, Interval> ranges = formula.ranges();
      ranges[variable.value] = domain;
      if (proves(std::move(ranges)))
        return variable.name + " ranges over all real numbers; with `" + variable.name + ": " + name.str() +
               "` the proof succeeds";
    }
  return "";
}

} // namespace

LayerChecker::LayerChecker(LayerOp layer, Surroundings surroundings)
    : layer(layer), around(std::move(surroundings)), report{layer.getSymName().str(), layer.getLayerType().str(),
                                                            layer.getGenerative(), layer.getBase(), layer.getLoc()},
      origins(layer) {
  // Written latent to data, the layer takes the latent side (all reals if nobody says) and must cover the data side.
  auto latent = layer.getGenerative() && around.declared ? around.declared : around.latent;
  latentSide.assign(around.data.size(), latent.value_or(Interval::all()));
  inputSide = layer.getGenerative() ? latentSide : around.data;
  if (layer.getGenerative() && !(around.alone && around.declared))
    target = around.data;
  else if (!layer.getGenerative() && latent)
    target = latentSide;
}

LayerChecker::LayerChecker(LayerOp part, Domain inputs, std::optional<Domain> outputs, bool certain, bool alone)
    : LayerChecker(part, {std::nullopt, inputs, certain, std::nullopt, alone}) {
  target = std::move(outputs);
  isPart = true;
}

Obligation &LayerChecker::add(const char *kind, std::string statement, Verdict verdict, llvm::StringRef method,
                              Location loc) {
  report.obligations.push_back({kind, std::move(statement), {}, verdict, method.str(), {}, {}, {}, {}, loc});
  return report.obligations.back();
}

Obligation &LayerChecker::addFailed(const char *kind, std::string statement, std::string failure, Location loc) {
  Obligation &failed = add(kind, std::move(statement), Verdict::Unknown, "", loc);
  failed.failure = std::move(failure);
  return failed;
}

void LayerChecker::refute(Obligation &obligation, std::optional<Witness> witness, const std::string &what) {
  if (!witness)
    return;
  obligation.witness = witness;
  obligation.finding = what;
  obligation.method = "witness";
  if (!around.certain)
    obligation.finding += "; whether the layers before it lead there is not known";
  else if (witness->reachable)
    obligation.verdict = Verdict::Refuted;
  else
    obligation.finding += "; whether the network reaches that is not known";
}

LayerReport LayerChecker::run() {
  std::vector<std::pair<Location, std::string>> messages;
  {
    ScopedDiagnosticHandler handler(layer->getContext(), [&](Diagnostic &diagnostic) {
      messages.emplace_back(diagnostic.getLocation(), diagnostic.str());
      for (Diagnostic &note : diagnostic.getNotes())
        messages.emplace_back(note.getLocation(), note.str());
    });
    FailureOr<LayerStructure> found = LayerStructure::analyze(layer);
    if (succeeded(found))
      structure.emplace(std::move(*found));
  }
  certainImage = around.certain;
  if (structure) {
    describePattern(*structure);
    describeStructure();
    checkBlocks();
  } else {
    if (auto whole = LayerStructure::propagated(layer); succeeded(whole))
      describePattern(*whole);
    if (!checkStages() && !checkTorn() && !checkContraction())
      reportNoStructure(messages);
  }
  mergeRepeats(report.obligations);
  return std::move(report);
}

void LayerChecker::reportNoStructure(llvm::ArrayRef<std::pair<Location, std::string>> messages) {
  certainImage = false;
  Obligation &failed = add("structure", messages.empty() ? "it has no structure that flowc knows" : messages[0].second, Verdict::Unknown,
                           "structure", messages.empty() ? layer.getLoc() : messages[0].first);
  if (messages.size() > 1)
    failed.finding = messages[1].second;
  refuteStructure(failed);
  report.structure = "not known";
}

void LayerChecker::checkBlocks() {
  if (!checkAssumptions() || !checkDomain() || !checkRequirements())
    return;
  std::vector<Class> blocks = classes();
  // Where no interval shows how its blocks run, a bound of the whole is sooner had than a proof of each.
  if (llvm::all_of(blocks, [&](const Class &block) { return slopeShows(block); }) || !checkContraction())
    for (const Class &block : blocks)
      checkBlock(block);
  describeImage();
}

bool LayerChecker::checkStages() {
  llvm::SmallVector<LayerOp> stages = buildStages(layer);
  if (stages.empty())
    return false;
  report.structure = std::to_string(stages.size()) + " maps";
  bool defined = checkDomain();
  Domain inputs = inputSide;
  bool certain = around.certain;
  for (LayerOp stage : stages) {
    if (defined) {
      LayerChecker part(stage, inputs, stage == stages.back() ? target : std::nullopt, certain, around.alone);
      adopt(part.run());
      inputs = part.image();
      certain = part.imageIsCertain();
    }
    stage.erase();
  }
  certainImage = certain;
  if (!layer.getGenerative())
    latentSide = inputs;
  describeImage();
  return true;
}

bool LayerChecker::checkTorn() {
  std::optional<Tear> tear = findTear(layer);
  if (!tear)
    return false;
  isPart = true;
  structure.emplace(std::move(tear->structure));
  origins.hold(tear->held);
  report.structure = "rank 1, through " + userName(tear->held).value_or("a number").str();
  report.levels = structure->levels().size() + 1;
  checkBlocks();
  LayerChecker equation(tear->equation, {tear->unknown}, Domain{tear->target}, /*certain=*/false, /*alone=*/false);
  LayerReport found = equation.run();
  // The rule that took the layer apart knows more of sums over vectors.
  for (Obligation &obligation : found.obligations)
    if (obligation.kind == "monotone" && obligation.verdict == Verdict::Unknown) {
      obligation.verdict = Verdict::Proved;
      obligation.method = "algebra";
    }
  adopt(std::move(found));
  tear->erase();
  return true;
}

void LayerChecker::adopt(LayerReport part) {
  report.levels += part.levels;
  for (Obligation &obligation : part.obligations) {
    obligation.features.clear(); // They are the part's.
    report.obligations.push_back(std::move(obligation));
  }
}

bool LayerChecker::checkContraction() {
  FailureOr<LayerStructure> whole = LayerStructure::propagated(layer);
  if (failed(whole) || llvm::any_of(inputSide, [](const Interval &side) { return side != Interval::all(); }))
    return false;
  auto residual = findResidual(layer, *whole);
  if (!residual || std::isinf(residual->bound))
    return false;
  bool contracts = residual->bound < 1;
  if (structure && !contracts)
    return false; // What is wrong with its blocks says more.
  std::string added = "what it adds to " + userName(layer.input()).value_or("x").str();
  Location loc = layer.output().getLoc();
  report.structure = "residual";
  report.levels = 1;
  if (!structure) {
    structure.emplace(std::move(*whole));
    (void)checkRequirements();
  }
  if (!contracts) {
    certainImage = false;
    Obligation &failed = addFailed("contraction", added + " has a Lipschitz bound < 1 (it is " + number(residual->bound) + ")", "", loc);
    failed.method = "norms";
    refuteStructure(failed);
    if (failed.verdict == Verdict::Refuted && failed.kind == "contraction")
      failed.kind = "structure"; // What refutes it is no bound.
    return true;
  }
  add("contraction", added + " is a contraction: Lipschitz bound " + number(residual->bound) + " < 1", Verdict::Proved, "norms", loc);
  // It maps all vectors onto all vectors.
  if (target && llvm::any_of(*target, [](const Interval &side) { return side != Interval::all(); }))
    addFailed("onto", "it maps onto " + describe(target->front()), "it maps onto all real numbers, not onto " + describe(target->front()),
              loc)
        .verdict = around.certain ? Verdict::Refuted : Verdict::Unknown;
  return true;
}

void LayerChecker::refuteStructure(Obligation &failed) {
  auto counted = refuteByCounting(layer);
  auto found = counted ? counted : refuteByOrientation(layer, inputSide);
  if (!found)
    return;
  failed.failure = found->failure;
  if (!found->finding.empty())
    failed.finding = found->finding;
  failed.method = counted ? "structure" : "witness";
  if (found->isRank) {
    failed.kind = "rank";
    failed.statement = "its matrix has an inverse, whatever the parameters are";
    failed.remedy = "triangular matrices with a positive diagonal (`lu_linear`) and products of reflections (`orthogonal`) have inverses";
  }
  failed.verdict = Verdict::Refuted;
}

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

void LayerChecker::describeStructure() {
  int64_t features = inputSide.size();
  report.levels = structure->levels().size();
  bool moves = true;
  for (const auto &level : structure->levels())
    for (const BlockGroup &group : level)
      moves &= group.value == layer.input();
  if (moves)
    report.structure = "permutation";
  else if (report.levels <= 1)
    report.structure = "element-wise";
  else if (report.levels == 2)
    report.structure = "coupling";
  else if (triangularMap(layer))
    report.structure = "triangular";
  else
    report.structure = report.levels == features ? "autoregressive" : "levels";
}

void LayerChecker::describePattern(const LayerStructure &whole) {
  if (inputSide.size() > kLargestPattern)
    return;
  const ElementSets &outputs = whole.dependencies(layer.output());
  for (size_t output = 0; output < outputs.size(); ++output) {
    std::vector<int64_t> &row = report.pattern.emplace_back();
    for (int64_t input : whole.elements(outputs[output]))
      row.push_back(input);
  }
}

void LayerChecker::describeImage() {
  if (!layer.getGenerative() && !latentSide.empty() && llvm::all_equal(latentSide) && latentSide[0] != Interval::all())
    report.image = describe(latentSide[0]);
}

std::vector<LayerChecker::Class> LayerChecker::classes() {
  std::vector<Class> classes;
  std::map<std::string, size_t> known;
  for (const auto &level : structure->levels())
    for (const BlockGroup &group : level)
      for (size_t k = 0; k < group.elements.size(); ++k) {
        Interval domain = inputSide[group.inputs[k]];
        std::string signature =
            Formula::signature(origins, *structure, group.value, group.elements[k], group.inputs[k]) + describe(domain);
        if (target)
          signature += describe((*target)[group.outputs[k]]);
        auto [it, inserted] = known.try_emplace(signature, classes.size());
        if (inserted)
          classes.push_back({group.value, group.elements[k], group.inputs[k], {}, {}});
        classes[it->second].inputs.push_back(group.inputs[k]);
        classes[it->second].outputs.push_back(group.outputs[k]);
      }
  return classes;
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

bool LayerChecker::slopeShows(const Class &block) {
  Formula formula =
      Formula::build(origins, *structure, block.value, block.element, block.input, inputSide[block.input]);
  llvm::DenseMap<Value, Interval> ranges = formula.ranges();
  return !formula.entangled() && inferRange(formula.slope(), ranges).isNonZero();
}

void LayerChecker::checkBlock(const Class &block) {
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
  auto increasing = checkMonotone(formula, block);
  report.rises.resize(inputSide.size(), -1);
  for (int64_t output : block.outputs)
    report.rises[output] = increasing ? *increasing : -1;
  if (increasing)
    checkImage(formula, block, *increasing);
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

void LayerChecker::reportUnknownImage(Formula &formula, const Class &block, const Limit &low, const Limit &high) {
  std::string domain = describe(inputSide[block.input]);
  Obligation &failed = addFailed("onto", "what it maps " + domain + " onto is known", "its image is not known", block.value.getLoc());
  // What comes next takes one domain: it cannot take the images of two parameters, one of which lies in the other. (In the middle of a
  // layer the same parameters may come again.)
  for (const Limit *limit : {&low, &high})
    if (auto differing = limit->kind == Limit::Finite && !isPart ? refuteConstancy(formula, limit->value) : std::nullopt) {
      std::string end = print(formula, limit->value);
      failed.statement = "it maps " + domain + " onto the same, whatever its parameters are";
      failed.failure = "its image depends on its parameters, and what follows takes one";
      failed.features.assign(block.outputs.begin(), block.outputs.end());
      refute(failed, differing->second,
             "its image is (" + endText(formula, low, endOf(formula, low)) + ", " + endText(formula, high, endOf(formula, high)) +
                 "), and " + end + " is " + number(differing->first.value) + " at " + describe(differing->first, 1) + " and " +
                 number(differing->second.value) + " at " + describe(differing->second, 1));
      return;
    }
}

void LayerChecker::checkImage(Formula &formula, const Class &block, bool increasing) {
  const Interval &domain = inputSide[block.input];
  Limit low = limitAt(formula, increasing ? domain.low : domain.high);
  Limit high = limitAt(formula, increasing ? domain.high : domain.low);
  auto setImage = [&](const Interval &image) {
    if (!layer.getGenerative())
      for (int64_t output : block.outputs)
        latentSide[output] = image;
  };
  auto first = endOf(formula, low), last = endOf(formula, high);
  // A slope that stays away from 0 reaches everything; so does one that is the same everywhere, which is not 0.
  if (auto ranges = formula.ranges(); domain == Interval::all() && !(first && last)) {
    Interval slope = inferRange(formula.slope(), ranges);
    if (slope.low > 0 || slope.high < 0 || !formula.dependents().contains(formula.slope()))
      first = -kInfinity, last = kInfinity;
  }
  if (!target) {
    if (first && last) {
      setImage(Interval::open(*first, *last));
      return;
    }
    certainImage = false;
    if (!around.alone)
      reportUnknownImage(formula, block, low, high);
    return;
  }
  const Interval &wanted = (*target)[block.outputs.front()];
  setImage(wanted);
  std::string statement = "it maps " + describe(domain) + " onto " + describe(wanted);
  auto reaches = [&](const Limit &limit, std::optional<double> number, double end) -> std::optional<Method> {
    if (number && (*number == end || std::isinf(*number)))
      return *number == end ? std::optional(Method::Intervals) : std::nullopt;
    if (limit.kind != Limit::Finite || std::isinf(end))
      return std::nullopt;
    OpBuilder builder = formula.builder();
    Value bound = constantOf(builder, builder.getUnknownLoc(), builder.getF64Type(), end);
    return proveEqual(limit.value, bound, formula.ranges());
  };
  auto atLow = reaches(low, first, wanted.low), atHigh = reaches(high, last, wanted.high);
  if (atLow && atHigh) {
    add("onto", statement, Verdict::Proved, "limits", block.value.getLoc());
    return;
  }
  Obligation &failed = addFailed("onto", statement, "it does not map " + describe(domain) + " onto " + describe(wanted),
                                 block.value.getLoc());
  failed.features.assign(block.outputs.begin(), block.outputs.end());
  // An end that is known to be another one refutes.
  auto differs = [](std::optional<double> end, double wanted) {
    return end && *end != wanted && !(std::abs(*end - wanted) < 1e-9);
  };
  bool wrong = differs(first, wanted.low) || differs(last, wanted.high) ||
               (std::isinf(wanted.low) && low.staysBounded()) || (std::isinf(wanted.high) && high.staysBounded());
  failed.finding = "its image is (" + endText(formula, low, first) + ", " + endText(formula, high, last) + ")";
  if (wrong && around.certain) {
    failed.verdict = Verdict::Refuted;
    return;
  }
  // An end that depends on parameters is another one for some of them.
  for (auto [limit, end] : {std::pair(&low, wanted.low), std::pair(&high, wanted.high)})
    if (limit->kind == Limit::Finite && failed.verdict != Verdict::Refuted && !reaches(*limit, std::nullopt, end))
      if (auto witness = refuteRequirement(formula, limit->value, {0, Interval::point(end), false},
                                           llvm::DenseMap<Value, double>()))
        refute(failed, witness,
               failed.finding + ", and " + endText(formula, *limit, std::nullopt) + " is " + number(witness->value) + " at " +
                   describe(*witness, 1));
}

} // namespace flowc::prove

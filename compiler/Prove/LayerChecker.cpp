// SPDX-License-Identifier: MIT

#include "compiler/Prove/LayerChecker.h"

#include "compiler/Derive/Contract.h"
#include "compiler/Derive/Cuts.h"
#include "compiler/Derive/LinearForm.h"
#include "compiler/Derive/Tear.h"
#include "compiler/Prove/Jacobian.h"
#include "compiler/Prove/Phrases.h"

#include "mlir/IR/Diagnostics.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// The largest layer whose dependencies are kept for a picture.
constexpr int64_t kLargestPattern = 128;

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
  if (!holds(report.verdict()))
    report.warnings.clear(); // What is none of the reals is none of 32-bit numbers.
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
  llvm::append_range(report.warnings, part.warnings);
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
  const ElementSets &outputs = whole.dependencies(layer.output());
  for (size_t output = 0; output < outputs.size(); ++output) {
    const IndexSet &inputs = whole.elements(outputs[output]);
    report.sources.push_back(inputs.count() == 1 ? inputs.find_first() : -1);
  }
  if (inputSide.size() > kLargestPattern)
    return;
  for (size_t output = 0; output < outputs.size(); ++output) {
    std::vector<int64_t> &row = report.pattern.emplace_back();
    for (int64_t input : whole.elements(outputs[output]))
      row.push_back(input);
  }
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

} // namespace flowc::prove

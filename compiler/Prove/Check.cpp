// SPDX-License-Identifier: MIT

#include "compiler/Prove/Check.h"

#include "compiler/Prove/LayerChecker.h"
#include "compiler/Prove/Mixing.h"

#include "compiler/Dialect/Flow/LayerLocation.h"

#include "llvm/Support/Format.h"

#include <cmath>
#include <map>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// Where a layer's input, or a model's data, is declared to lie.
template <typename Op> std::optional<Interval> declaredDomain(Op op) {
  if (!op.getLower())
    return std::nullopt;
  return Interval::open(op.getLower()->convertToDouble(), op.getUpper()->convertToDouble());
}

/// What a layer says that its data side must be.
std::optional<Interval> wantedData(LayerOp layer) { return layer.getGenerative() ? std::nullopt : declaredDomain(layer); }

/// What is found of a layer, for the layers like it.
struct Judged {
  LayerReport report;
  Domain image;
  bool imageIsCertain;
};

/// A layer and what surrounds it as text, without the layer's own name: layers of one text have one report.
std::string textOf(LayerOp layer, const Surroundings &around) {
  std::string text;
  llvm::raw_string_ostream out(text);
  auto print = [&](const Interval &side) {
    out << (side.lowOpen ? "(" : "[") << llvm::format("%a, %a", side.low, side.high) << (side.highOpen ? ")" : "]");
  };
  for (const std::optional<Interval> &side : {around.declared, around.latent})
    print(side.value_or(Interval::point(std::nan(""))));
  for (const Interval &side : around.data)
    print(side);
  out << around.certain << around.alone;
  layer->print(out, OpPrintingFlags().enableDebugInfo().useLocalScope());
  // Its parameters' names begin with it, and all its locations hold it (LayerLocation.h).
  std::string own = "\"" + layer.getSymName().str();
  for (size_t at = text.find(own); at != std::string::npos; at = text.find(own, at))
    text.erase(at + 1, own.size() - 1);
  return text;
}

} // namespace

ModelReport checkModel(ModelOp model, bool alone) {
  ModelReport report{model.getSymName().str(), static_cast<int64_t>(model.getFeatures()), {}};
  llvm::SmallVector<LayerOp> layers(model.getOps<LayerOp>());
  if (alone)
    llvm::erase_if(layers, [](LayerOp layer) { return layer.getBase(); });
  std::map<std::string, Judged> known;
  Domain data(model.getFeatures(), declaredDomain(model).value_or(Interval::all()));
  Mixing mixing(model.getFeatures());
  bool certain = true;
  for (auto [k, layer] : llvm::enumerate(layers)) {
    auto declared = declaredDomain(layer);
    // Tried alone, a layer gets what it asks for.
    if (alone && declared && !layer.getGenerative())
      data.assign(model.getFeatures(), *declared);
    // What the layer must map onto: (0, 1) for the base; what the next one declares; what nobody declares follows from
    // the layer.
    std::optional<Interval> latent;
    if (layer.getBase())
      latent = Interval::open(0, 1);
    else if (k + 1 < layers.size())
      latent = wantedData(layers[k + 1]);
    Surroundings around{declared, data, certain, latent, alone};
    std::string text = textOf(layer, around);
    auto judged = known.find(text);
    if (judged == known.end()) {
      ++report.judged;
      LayerChecker checker(layer, around);
      LayerReport found = checker.run();
      judged = known.try_emplace(std::move(text), Judged{std::move(found), checker.image(), checker.imageIsCertain()}).first;
    }
    report.layers.push_back(judged->second.report);
    report.layers.back().name = layer.getSymName().str();
    mixing.add(report.layers.back());
    if (!layer.getGenerative() && llvm::all_equal(data) && !data.empty() && data[0] != Interval::all())
      report.layers.back().domain = data[0];
    data = judged->second.image;
    certain = judged->second.imageIsCertain;
  }
  if (!alone)
    report.unmixed = mixing.unmixed();
  return report;
}

void recordFindings(const ModelReport &report, ModelOp model) {
  Builder builder(model.getContext());
  for (const LayerReport &found : report.layers) {
    auto layer = cast<LayerOp>(model.lookupSymbol(found.name));
    layer->setAttr("verdict", builder.getStringAttr(verdictName(found.verdict())));
    layer->setAttr("rises", builder.getDenseI8ArrayAttr(found.rises));
    if (found.domain && !layer.getLower()) {
      layer.setLowerAttr(builder.getF64FloatAttr(found.domain->low));
      layer.setUpperAttr(builder.getF64FloatAttr(found.domain->high));
    }
  }
}

void emitFindings(const ModelReport &report) {
  static const std::pair<StringRef, StringRef> tags[] = {
      {"monotone", "not-monotone"}, {"defined", "not-defined"}, {"continuous", "not-continuous"},
      {"onto", "not-onto"},         {"rank", "rank-deficient"}, {"contraction", "not-contracting"},
      {"smooth", "not-smooth"},     {"assumption", "false-assumption"}};
  std::set<std::pair<void *, std::string>> said;
  for (const LayerReport &layer : report.layers)
    for (const Obligation &obligation : layer.obligations) {
      // Layers of one kind have one fault; it is told once.
      if (holds(obligation.verdict) ||
          !said.insert({const_cast<void *>(placeOf(obligation.loc).getAsOpaquePointer()), obligation.statement}).second)
        continue;
      InFlightDiagnostic error = emitError(obligation.loc);
      if (obligation.kind == "structure") {
        if (obligation.verdict == Verdict::Refuted)
          error << "`" << layer.type << "` is not a bijection: " << obligation.failure << " [not-triangular]";
        else
          error << obligation.statement;
      } else {
        if (obligation.kind == "smooth")
          error << "`" << layer.type << "` has no density everywhere: " << obligation.failure;
        else if (obligation.verdict == Verdict::Refuted)
          error << "`" << layer.type << "` is not a bijection: " << obligation.failure;
        else
          error << "cannot prove that `" << layer.type << "` is a bijection: that " << obligation.statement;
        for (auto [kind, tag] : tags)
          if (obligation.kind == kind)
            error << " [" << tag << "]";
      }
      if (!obligation.finding.empty())
        error.attachNote(obligation.loc) << obligation.finding;
      if (!obligation.remedy.empty())
        error.attachNote(obligation.loc) << obligation.remedy;
    }
}

static void emitLosses(const ModelReport &report) {
  std::set<void *> said;
  for (const LayerReport &layer : report.layers)
    for (const Warning &loss : layer.warnings) {
      if (!said.insert(const_cast<void *>(placeOf(loss.loc).getAsOpaquePointer())).second)
        continue;
      InFlightDiagnostic warning = emitWarning(loss.loc);
      warning << "`" << layer.type << "` is a bijection, but not of 32-bit numbers [lost-in-f32]";
      warning.attachNote(loss.loc) << loss.finding;
      warning.attachNote(loss.loc) << loss.remedy;
    }
}

static void emitUnmixed(const ModelReport &report) {
  const Unmixed &found = *report.unmixed;
  size_t count = found.features.size(), shown = std::min<size_t>(count, 4);
  InFlightDiagnostic warning = emitWarning(found.loc);
  warning << (count == 1 ? "feature " : "features ");
  llvm::interleaveComma(ArrayRef(found.features).take_front(shown), warning);
  warning << (count > shown ? ", ... (" + std::to_string(count) + " of " + std::to_string(report.features) + ")" : std::string())
          << (count == 1 ? " depends" : " depend") << " on no other, though " << found.mixingLayers << " layers mix features [unmixed]";
  warning.attachNote(found.loc) << "a `permute` between the layers, or another mask, lets all depend on each other; in a `repeat` the sides of "
                                   "`alternate` and `half` change places by themselves, which a `reverse` beside them may undo";
}

void emitWarnings(const ModelReport &report, bool for32Bits) {
  if (report.unmixed)
    emitUnmixed(report);
  if (for32Bits)
    emitLosses(report);
}

} // namespace flowc::prove

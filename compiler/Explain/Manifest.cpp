// SPDX-License-Identifier: MIT

#include "compiler/Explain/Manifest.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Explain/Formulas.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

namespace json = llvm::json;

/// The attributes that the IR uses for data, as JSON.
json::Value toJson(Attribute attribute) {
  if (auto text = dyn_cast<StringAttr>(attribute))
    return text.getValue();
  if (auto truth = dyn_cast<BoolAttr>(attribute)) // Also an IntegerAttr, so it comes first.
    return truth.getValue();
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  if (auto number = dyn_cast<IntegerAttr>(attribute))
    return number.getInt();
  if (auto numbers = dyn_cast<DenseF64ArrayAttr>(attribute))
    return json::Array(numbers.asArrayRef());
  if (auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute))
    return json::Array(numbers.asArrayRef());
  if (auto list = dyn_cast<ArrayAttr>(attribute)) {
    json::Array array;
    for (Attribute element : list)
      array.push_back(toJson(element));
    return array;
  }
  json::Object object;
  for (NamedAttribute entry : cast<DictionaryAttr>(attribute))
    object[entry.getName().strref()] = toJson(entry.getValue());
  return object;
}

json::Array describeParameters(ModelOp model) {
  llvm::StringMap<RunningOp> followed;
  for (LayerOp layer : model.getOps<LayerOp>())
    for (RunningOp running : layer.getOps<RunningOp>())
      followed[running.getParameter()] = running;
  json::Array parameters;
  int64_t offset = 0;
  for (ParameterOp parameter : model.getOps<ParameterOp>()) {
    auto type = cast<RankedTensorType>(parameter.getType());
    json::Object described{{"name", parameter.getSymName()},
                           {"shape", json::Array(type.getShape())},
                           {"offset", offset},
                           {"init", toJson(parameter.getInit())}};
    if (parameter.getFrozen())
      described["frozen"] = true;
    if (RunningOp running = followed.lookup(parameter.getSymName()))
      described["running"] = json::Object{{"statistic", running.getVariance() ? "variance" : "mean"},
                                          {"momentum", running.getMomentum().convertToDouble()}};
    parameters.push_back(std::move(described));
    offset += type.getNumElements();
  }
  return parameters;
}

/// Whether what a start looks at is computed with one of `parameters`.
bool waitsFor(StartOp start, const llvm::StringSet<> &parameters) {
  llvm::SetVector<Operation *> slice;
  (void)getBackwardSlice(start.getValue(), &slice);
  return llvm::any_of(slice, [&](Operation *op) {
    auto read = dyn_cast<ReadOp>(op);
    return read && parameters.contains(read.getParameter());
  });
}

/// The starts of a layer are one entry, unless some look at what others start.
json::Array describeStarts(ModelOp model) {
  json::Array starts;
  int64_t row = 0;
  for (LayerOp layer : model.getOps<LayerOp>()) {
    int64_t first = row;
    for (ProbeOp probe : layer.getOps<ProbeOp>())
      row += elementCount(probe.getValue());
    json::Array parameters;
    llvm::StringSet<> together;
    auto finish = [&] {
      if (!parameters.empty())
        starts.push_back(json::Object{{"layer", layer.getSymName()},
                                      {"probes", json::Array{first, row - first}},
                                      {"parameters", std::move(parameters)}});
      parameters.clear();
      together.clear();
    };
    for (StartOp start : layer.getOps<StartOp>()) {
      if (waitsFor(start, together))
        finish();
      parameters.push_back(start.getParameter());
      together.insert(start.getParameter());
    }
    finish();
  }
  return starts;
}

/// Where the rows of each assumption begin among those of `probe`, behind all probes.
json::Array describeAssumptions(ModelOp model) {
  json::Array assumptions;
  int64_t row = 0;
  for (LayerOp layer : model.getOps<LayerOp>())
    for (ProbeOp probe : layer.getOps<ProbeOp>())
      row += elementCount(probe.getValue());
  for (LayerOp layer : model.getOps<LayerOp>())
    for (AssumeOp assumption : layer.getOps<AssumeOp>()) {
      int64_t count = elementCount(assumption.getValue());
      assumptions.push_back(
          json::Object{{"layer", layer.getSymName()}, {"text", assumption.getText()}, {"rows", json::Array{row, count}}});
      row += count;
    }
  return assumptions;
}

/// Ends that are infinite are none.
json::Object describeContext(DictionaryAttr context) {
  json::Object described;
  for (NamedAttribute entry : context)
    if (auto number = dyn_cast<FloatAttr>(entry.getValue()); !number || std::isfinite(number.getValueAsDouble()))
      described[entry.getName().strref()] = toJson(entry.getValue());
  return described;
}

json::Object describeLayer(ModelOp model, LayerOp layer) {
  auto function = [&](const std::string &name) { return cast<func::FuncOp>(model.lookupSymbol(name)); };
  Formulas forward = printFormulas(function(forwardName(layer.getSymName())), "x", "z");
  Formulas inverse = printFormulas(function(inverseName(layer.getSymName())), "z", "x");
  int64_t levels = cast<IntegerAttr>(layer->getAttr("levels")).getInt();
  auto verdict = layer->getAttrOfType<StringAttr>("verdict");
  return json::Object{{"name", layer.getSymName()},
                      {"type", layer.getLayerType()},
                      {"stated", layer.getGenerative() ? "generative" : "data to latent"},
                      {"levels", levels},
                      {"verdict", verdict ? verdict.getValue() : "unknown"},
                      {"forward", json::Array(forward.value)},
                      {"inverse", json::Array(inverse.value)},
                      {"log_det", json::Array(forward.logDet)}};
}

} // namespace

/// The declared interval of a model's data or a layer's input, null for an end at infinity; null if none is declared.
template <typename Op> static json::Value describeDomain(Op op) {
  if (!op.getLower())
    return nullptr;
  auto end = [](double value) { return std::isfinite(value) ? json::Value(value) : json::Value(nullptr); };
  return json::Array{end(op.getLower()->convertToDouble()), end(op.getUpper()->convertToDouble())};
}

json::Object describeModel(ModelOp model) {
  json::Array layers;
  std::string base;
  json::Value baseDomain = nullptr;
  for (LayerOp layer : model.getOps<LayerOp>()) {
    layers.push_back(describeLayer(model, layer));
    if (!layer.getBase())
      continue;
    base = layer.getLayerType().str();
    baseDomain = describeDomain(layer);
  }
  json::Object described{{"flowc", 1},
                         {"name", model.getSymName()},
                         {"features", static_cast<int64_t>(model.getFeatures())},
                         {"domain", describeDomain(model)},
                         {"base", base},
                         {"base_domain", std::move(baseDomain)},
                         {"parameters", describeParameters(model)},
                         {"starts", describeStarts(model)},
                         {"assumptions", describeAssumptions(model)},
                         {"layers", std::move(layers)}};
  if (DictionaryAttr objective = model.getObjectiveAttr())
    described["objective"] = toJson(objective);
  for (EstimateOp estimate : model.getOps<EstimateOp>())
    described["estimate"] = json::Object{{"least", static_cast<int64_t>(estimate.getLeast())}, {"keep", estimate.getKeep().convertToDouble()}};
  if (DictionaryAttr context = model.getGivenContextAttr())
    described["context"] = describeContext(context);
  return described;
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "runtime/Manifest.h"

#include <algorithm>

namespace flowc::runtime {
namespace {

using Json = nlohmann::json;

/// Thrown inside this file only, by the readers below; `parseManifest` turns it into an error.
struct Malformed {
  std::string message;
};

const Json &member(const Json &object, const char *key) {
  if (!object.is_object() || !object.contains(key))
    throw Malformed{fmt::format("`{}` is missing", key)};
  return object[key];
}

Initializer parseInitializer(const Json &json, int64_t size) {
  Initializer initializer;
  std::string kind = member(json, "kind").get<std::string>();
  if (kind == "constant") {
    initializer.first = member(json, "value").get<double>();
  } else if (kind == "uniform") {
    initializer = {
        Initializer::Kind::Uniform, member(json, "low").get<double>(), member(json, "high").get<double>(), {}};
  } else if (kind == "normal") {
    initializer = {
        Initializer::Kind::Normal, member(json, "mean").get<double>(), member(json, "deviation").get<double>(), {}};
  } else if (kind == "values") {
    initializer = {Initializer::Kind::Values, 0, 0, member(json, "values").get<std::vector<double>>()};
    if (int64_t(initializer.values.size()) != size)
      throw Malformed{fmt::format("{} initial values for {} elements", initializer.values.size(), size)};
  } else {
    throw Malformed{fmt::format("initializer `{}` is unknown", kind)};
  }
  return initializer;
}

Running parseRunning(const Json &json) {
  Running running{member(json, "statistic").get<std::string>(), member(json, "momentum").get<double>()};
  if (running.statistic != "mean" && running.statistic != "variance")
    throw Malformed{fmt::format("statistic `{}` is unknown", running.statistic)};
  if (!(running.momentum >= 0 && running.momentum < 1))
    throw Malformed{fmt::format("the momentum {} is not between 0 and 1", running.momentum)};
  return running;
}

void parseParameters(const Json &list, Manifest &manifest) {
  for (const Json &json : list) {
    Parameter parameter;
    parameter.name = member(json, "name").get<std::string>();
    parameter.shape = member(json, "shape").get<std::vector<int64_t>>();
    parameter.offset = member(json, "offset").get<int64_t>();
    for (int64_t extent : parameter.shape)
      parameter.size *= extent;
    if (parameter.offset != manifest.parameterCount || parameter.size < 0)
      throw Malformed{fmt::format("parameter `{}` is at {}; expected {}", parameter.name, parameter.offset,
                                  manifest.parameterCount)};
    parameter.initializer = parseInitializer(member(json, "init"), parameter.size);
    parameter.frozen = json.value("frozen", false);
    if (json.contains("running"))
      parameter.running = parseRunning(json["running"]);
    manifest.takesStatistics |= parameter.running.has_value();
    if (!parameter.frozen && manifest.trainedCount != manifest.parameterCount)
      throw Malformed{fmt::format("parameter `{}` is trained, but stands behind frozen ones", parameter.name)};
    manifest.parameterCount += parameter.size;
    manifest.trainedCount += parameter.frozen ? 0 : parameter.size;
    manifest.parameters.push_back(std::move(parameter));
  }
}

void parseStarts(const Json &list, Manifest &manifest) {
  for (const Json &json : list) {
    Start start;
    start.layer = json.value("layer", "");
    auto probes = member(json, "probes").get<std::vector<int64_t>>();
    if (probes.size() != 2 || probes[0] < 0 || probes[1] < 0)
      throw Malformed{fmt::format("the probes of `{}` are no [first, count]", start.layer)};
    start.firstProbe = probes[0];
    start.probes = probes[1];
    for (const Json &name : member(json, "parameters")) {
      auto found = std::find_if(manifest.parameters.begin(), manifest.parameters.end(),
                                [&](const Parameter &parameter) { return parameter.name == name.get<std::string>(); });
      if (found == manifest.parameters.end())
        throw Malformed{fmt::format("start of `{}` names no parameter: `{}`", start.layer, name.get<std::string>())};
      start.parameters.push_back(size_t(found - manifest.parameters.begin()));
    }
    manifest.starts.push_back(std::move(start));
  }
}

Assumption parseAssumption(const Json &json) {
  Assumption assumption;
  assumption.layer = json.value("layer", "");
  assumption.text = json.value("text", "");
  auto rows = member(json, "rows").get<std::vector<int64_t>>();
  if (rows.size() != 2 || rows[0] < 0 || rows[1] < 0)
    throw Malformed{fmt::format("the rows of `{}` are no [first, count]", assumption.text)};
  assumption.firstRow = rows[0];
  assumption.rows = rows[1];
  return assumption;
}

Layer parseLayer(const Json &json) {
  Layer layer;
  layer.name = json.value("name", "");
  layer.type = json.value("type", "");
  layer.verdict = json.value("verdict", "");
  layer.levels = json.value("levels", int64_t{0});
  layer.forward = json.value("forward", std::vector<std::string>());
  layer.inverse = json.value("inverse", std::vector<std::string>());
  layer.logDet = json.value("log_det", std::vector<std::string>());
  return layer;
}

Objective parseObjective(const Json &json) {
  Objective objective;
  objective.type = member(json, "type").get<std::string>();
  if (objective.type != "reverse_kl")
    throw Malformed{fmt::format("objective `{}` is unknown", objective.type)};
  objective.target = member(json, "target").get<std::string>();
  objective.normalized = json.value("normalized", false);
  return objective;
}

/// [low, high], an end of null at infinity; all numbers where there is none.
Range parseRange(const Json &json, const char *key) {
  Range range;
  if (!json.contains(key) || json[key].is_null())
    return range;
  const Json &ends = json[key];
  if (!ends.is_array() || ends.size() != 2)
    throw Malformed{fmt::format("`{}` is no pair of ends", key)};
  range.low = ends[0].is_null() ? range.low : ends[0].get<double>();
  range.high = ends[1].is_null() ? range.high : ends[1].get<double>();
  return range;
}

Context parseContext(const Json &json) {
  Context context;
  context.size = member(json, "size").get<int64_t>();
  context.low = json.value("low", context.low);
  context.high = json.value("high", context.high);
  context.label = json.value("label", false);
  if (context.size < 1 || !(context.low < context.high))
    throw Malformed{"`context` has no size, or its ends are not in order"};
  return context;
}

Manifest convert(const Json &json) {
  Manifest manifest;
  if (member(json, "flowc") != 1)
    throw Malformed{"it was written for another version of flowc"};
  manifest.name = member(json, "name").get<std::string>();
  manifest.base = member(json, "base").get<std::string>();
  manifest.domain = parseRange(json, "domain");
  manifest.baseDomain = parseRange(json, "base_domain");
  manifest.features = member(json, "features").get<int64_t>();
  manifest.dtypes = member(json, "dtypes").get<std::vector<std::string>>();
  parseParameters(member(json, "parameters"), manifest);
  if (json.contains("starts"))
    parseStarts(json["starts"], manifest);
  if (json.contains("assumptions"))
    for (const Json &assumption : json["assumptions"])
      manifest.assumptions.push_back(parseAssumption(assumption));
  if (json.contains("layers"))
    for (const Json &layer : json["layers"])
      manifest.layers.push_back(parseLayer(layer));
  if (json.contains("objective"))
    manifest.objective = parseObjective(json["objective"]);
  if (json.contains("estimate"))
    manifest.estimate = Estimate{member(json["estimate"], "least").get<int64_t>(), member(json["estimate"], "keep").get<double>()};
  if (json.contains("context"))
    manifest.context = parseContext(json["context"]);
  for (const Parameter &parameter : manifest.parameters)
    if (parameter.frozen && !parameter.running && !parameter.name.starts_with(manifest.objective.target + "."))
      throw Malformed{fmt::format("the frozen parameter `{}` is none of `{}`", parameter.name, manifest.objective.target)};
  manifest.train = json.value("train", Json::object());
  if (!manifest.train.is_object())
    throw Malformed{"`train` is no object"};
  if (json.contains("spec")) {
    manifest.specPath = json["spec"].value("path", "");
    manifest.specText = json["spec"].value("text", "");
  }
  return manifest;
}

} // namespace

Result<Manifest> parseManifest(const std::string &path, std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return badInput("{}: the manifest is no JSON", path);
  try {
    return convert(json);
  } catch (const Malformed &malformed) {
    return badInput("{}: the manifest is wrong: {}", path, malformed.message);
  } catch (const Json::exception &exception) {
    return badInput("{}: the manifest is wrong: {}", path, exception.what());
  }
}

} // namespace flowc::runtime

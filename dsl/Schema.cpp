// SPDX-License-Identifier: MIT
//
// Unions are written as allOf / if / then by "type", not as oneOf: editors then complain about the value that is wrong
// instead of the whole object, and complete it.

#include "dsl/Schema.h"

#include "dsl/TrainSettings.h"
#include "dsl/TreePrinter.h"

#include <algorithm>
#include <fmt/format.h>

namespace flowc::dsl {
namespace {

using Json = nlohmann::ordered_json;

Json reference(const std::string &name) { return {{"$ref", "#/definitions/" + name}}; }

class SchemaBuilder {
public:
  explicit SchemaBuilder(const std::vector<Definition> &definitions) : definitions(definitions) {}

  Json build() const {
    return {{"$schema", "http://json-schema.org/draft-07/schema#"},
            {"title", "a normalizing flow for flowc"},
            {"type", "object"},
            {"required", {"flowc", "name", "event", "flow"}},
            {"additionalProperties", false},
            {"properties", properties()},
            {"definitions",
             {{"layer", layer()},
              {"base", base()},
              {"function", function()},
              {"mask", mask()},
              {"objective", objective()},
              {"train", settings(trainSettings())},
              {"optimizer", settings(optimizerSettings())}}}};
  }

private:
  Json properties() const {
    return {{"$schema", {{"type", "string"}}},
            {"flowc", {{"const", 1}, {"description", "version of the form"}}},
            {"name", {{"type", "string"}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}}},
            {"event",
             {{"description", "the number of features, as [n], or the sizes of an image, as [channels, height, width]"},
              {"type", {"array", "integer"}},
              {"items", {{"type", "integer"}, {"minimum", 1}}},
              {"minItems", 1},
              {"minimum", 1}}},
            {"domain",
             {{"description", "where the data lies: a name, or [low, high]"},
              {"anyOf", Json::array({{{"enum", {"real", "unit", "positive", "circle"}}},
                                     {{"type", "array"}, {"items", {{"type", "number"}}}, {"minItems", 2}, {"maxItems", 2}}})}}},
            {"context",
             {{"description", "what every sample is given beside its data: numbers, or one of `size` labels"},
              {"type", "object"},
              {"properties", {{"type", {{"enum", {"real", "unit", "positive", "label"}}}}, {"size", {{"type", "integer"}, {"minimum", 1}}}}},
              {"required", {"type", "size"}},
              {"additionalProperties", false}}},
            {"base", reference("base")},
            {"define", {{"type", "array"}, {"items", {{"type", "string"}}}}},
            {"import", {{"type", "array"}, {"items", {{"type", "string"}}}}},
            {"flow", {{"type", "array"}, {"items", reference("layer")}}},
            {"objective", reference("objective")},
            {"train", reference("train")}};
  }

  template <typename Belongs> std::vector<std::string> names(Belongs belongs) const {
    std::vector<std::string> result;
    for (const Definition &definition : definitions)
      if (belongs(definition.kind))
        result.push_back(definition.name);
    return result;
  }

  static bool isNetwork(DefinitionKind kind) { return kind == DefinitionKind::Network; }
  static bool isEnergy(DefinitionKind kind) { return kind == DefinitionKind::Energy; }

  /// What an argument may be, judged by its default.
  Json argument(const Definition &definition, const Parameter &parameter) const {
    // A bijection's parameter is one number, or one per feature; where it has a size, a list of so many of these.
    bool perFeature = definition.kind == DefinitionKind::Bijection && !isSize(definition, parameter);
    // A string names the number of a repetition.
    Json number = {{"type", {"number", "string"}}, {"pattern", "^[A-Za-z_][A-Za-z0-9_]*$"}};
    if (perFeature) {
      Json item = {{"type", "number"}};
      if (parameter.size)
        item = {{"type", {"number", "array"}}, {"items", item}};
      number["type"].push_back("array");
      number["items"] = item;
    }
    if (!parameter.fallback)
      return number;
    const Expr &fallback = *parameter.fallback;
    // (An order of features is written like a mask: a list or a seed.)
    bool isMask = fallback.text == "half" || fallback.text == "alternate" || fallback.text == "random" ||
                  fallback.text == "range" || fallback.text == "checkerboard";
    Json schema;
    if (isMask)
      schema = reference("mask");
    else if (fallback.kind == ExprKind::Number)
      schema = number;
    else if (fallback.kind == ExprKind::List || fallback.text == "event" || fallback.text == "context")
      schema = {{"type", "array"}, {"items", {{"type", "number"}}}};
    else
      schema = reference("function");
    // draft-07 ignores what stands beside a $ref.
    return {{"description", "default: " + printExpr(fallback)}, {"allOf", {schema}}};
  }

  Json forType(const Definition &definition, bool mayInvert) const {
    Json members = {{"type", {{"const", definition.name}}}};
    for (size_t i = 1; i < definition.parameters.size(); ++i)
      members[definition.parameters[i].name] = argument(definition, definition.parameters[i]);
    if (mayInvert)
      members["inverse"] = {{"type", "boolean"}};
    return {{"if", {{"properties", {{"type", {{"const", definition.name}}}}}, {"required", {"type"}}}},
            {"then", {{"properties", members}, {"additionalProperties", false}}}};
  }

  Json layer() const {
    Json cases = Json::array(), snippets = Json::array();
    for (const Definition &definition : definitions) {
      if (!isLayer(definition.kind))
        continue;
      cases.push_back(forType(definition, true));
      snippets.push_back({{"label", definition.name}, {"body", {{"type", definition.name}}}});
    }
    cases.push_back({{"if", {{"type", "object"}, {"required", {"repeat"}}}},
                     {"then",
                      {{"properties",
                        {{"repeat", {{"type", "integer"}, {"minimum", 0}}},
                         {"of", {{"type", "array"}, {"items", reference("layer")}}},
                         {"as", {{"type", "string"}}}}},
                       {"required", {"of"}},
                       {"additionalProperties", false}}}});
    cases.push_back(
        {{"if", {{"type", "object"}, {"not", {{"anyOf", {{{"required", {"type"}}}, {{"required", {"repeat"}}}}}}}}},
         {"then",
          {{"properties", {{"inverse", invertible()}}}, {"required", {"inverse"}}, {"additionalProperties", false}}}});
    Json type = {{"enum", names(isLayer)}};
    return {{"type", {"object", "string"}},
            {"defaultSnippets", snippets},
            {"properties", {{"type", type}}},
            {"if", {{"type", "string"}}},
            {"then", type},
            {"allOf", cases}};
  }

  /// A repetition has no inverse.
  static Json invertible() {
    return {{"allOf", {reference("layer")}}, {"not", {{"type", "object"}, {"required", {"repeat"}}}}};
  }

  Json base() const {
    Json cases = Json::array();
    for (const Definition &definition : definitions)
      if (isLayer(definition.kind))
        cases.push_back(forType(definition, false));
    Json type = {{"enum", names(isLayer)}};
    return {{"description", "the latent distribution, a bijection onto (0, 1) or a layer onto as many such intervals"},
            {"type", {"object", "string"}},
            {"properties", {{"type", type}}},
            {"required", {"type"}},
            {"if", {{"type", "string"}}},
            {"then", type},
            {"allOf", cases}};
  }

  Json function() const {
    Json cases = Json::array();
    for (const Definition &definition : definitions)
      if (isNetwork(definition.kind))
        cases.push_back(forType(definition, false));
    return {{"type", {"string", "number", "object"}},
            {"properties", {{"type", {{"enum", names(isNetwork)}}}}},
            {"required", {"type"}},
            {"allOf", cases}};
  }

  /// Another file's flow may be the target as well, so any name can be.
  Json objective() const {
    Json cases = Json::array();
    for (const Definition &definition : definitions)
      if (isEnergy(definition.kind))
        cases.push_back(forType(definition, false));
    Json target = {{"description", "an energy, or the flow of an imported file"},
                   {"type", {"string", "object"}},
                   {"examples", names(isEnergy)},
                   {"required", {"type"}}};
    if (!cases.empty())
      target["allOf"] = cases;
    Json fromTarget = {{"type", "object"}, {"properties", {{"type", {{"const", "reverse_kl"}}}}}};
    return {{"description", "what training lowers; default: likelihood"},
            {"type", {"string", "object"}},
            {"properties", {{"type", {{"enum", {"likelihood", "reverse_kl"}}}}, {"target", target}, {"log_det", logDet()}}},
            {"required", {"type"}},
            {"additionalProperties", false},
            {"allOf",
             {{{"if", {{"type", "string"}}}, {"then", {{"const", "likelihood"}}}}, {{"if", fromTarget}, {"then", {{"required", {"target"}}}}}}}};
  }

  static Json logDet() {
    Json ways = {"exact", "power_series", "roulette"}, count = {{"type", "integer"}, {"minimum", 1}};
    return {{"description", "how training computes the log-determinants of residual layers; default: exact"},
            {"type", {"string", "object"}},
            {"properties", {{"type", {{"enum", ways}}}, {"terms", count}, {"least", count}, {"stop", {{"type", "number"}}}}},
            {"required", {"type"}},
            {"additionalProperties", false},
            {"if", {{"type", "string"}}},
            {"then", {{"enum", ways}}}};
  }

  static Json mask() {
    Json indices = {{"type", "array"}, {"items", {{"type", "integer"}, {"minimum", 0}}}};
    Json random = {{"type", "object"},
                   {"properties", {{"random", {{"type", {"integer", "string"}}}}}},
                   {"required", {"random"}},
                   {"additionalProperties", false}};
    Json swap = {{"type", "object"},
                 {"properties", {{"swap", reference("mask")}}},
                 {"required", {"swap"}},
                 {"additionalProperties", false}};
    Json anyOf = {{{"enum", {"half", "alternate", "checkerboard", "channels"}}}, indices, random, swap};
    for (const char *ofImages : {"checkerboard", "channels"})
      anyOf.push_back({{"type", "object"},
                       {"properties", {{ofImages, {{"type", "array"}, {"items", {{"type", "integer"}}}, {"minItems", 3}, {"maxItems", 3}}}}},
                       {"required", {ofImages}},
                       {"additionalProperties", false}});
    return {{"anyOf", anyOf}};
  }

  static Json settings(const std::vector<TrainSetting> &rows) {
    Json members = Json::object();
    for (const TrainSetting &row : rows) {
      using Type = TrainSetting::Type;
      if (row.type == Type::Optimizer)
        members[row.name] = reference("optimizer");
      else if (row.type == Type::Choice)
        members[row.name] = {{"enum", row.choices}};
      else
        members[row.name] = {
            {"type", row.type == Type::Whole ? "integer" : "number"}, {"minimum", row.low}, {"maximum", row.high}};
    }
    return {{"type", "object"}, {"properties", members}, {"additionalProperties", false}};
  }

  const std::vector<Definition> &definitions;
};

} // namespace

std::string makeSchema(const std::vector<Definition> &definitions) {
  return SchemaBuilder(definitions).build().dump(2) + "\n";
}

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// The schema's shape. That it accepts and refuses what the reader does is checked with a validator outside of the
// tests.

#include "dsl/Schema.h"
#include "dsl/Frontend.h"

#include <catch2/catch.hpp>

namespace {

using namespace flowc::dsl;
using Json = nlohmann::json;

Json preludeSchema() {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  std::vector<Definition> definitions;
  for (const auto &definition : loadPrelude(sources, diagnostics))
    definitions.push_back(*definition);
  return Json::parse(makeSchema(definitions));
}

/// Whether every object that lists properties in a `then`, and every closed object, refuses other keys.
void checkClosed(const Json &schema, const std::string &where) {
  if (schema.is_object() && schema.contains("then") && schema["then"].contains("properties")) {
    INFO(where);
    CHECK(schema["then"].value("additionalProperties", true) == false);
  }
  if (schema.is_structured())
    for (const auto &[key, value] : schema.items())
      checkClosed(value, where + "/" + key);
}

} // namespace

TEST_CASE("the schema is draft-07 and closed") {
  Json schema = preludeSchema();
  CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["definitions"]["train"]["additionalProperties"] == false);
  CHECK(schema["definitions"]["optimizer"]["additionalProperties"] == false);
  checkClosed(schema, "");
}

TEST_CASE("the schema's references lead somewhere") {
  Json schema = preludeSchema();
  std::vector<const Json *> open = {&schema};
  while (!open.empty()) {
    const Json *next = open.back();
    open.pop_back();
    if (next->is_object() && next->contains("$ref"))
      CHECK(schema.contains(Json::json_pointer((*next)["$ref"].get<std::string>().substr(1))));
    if (next->is_structured())
      for (const Json &child : *next)
        open.push_back(&child);
  }
}

TEST_CASE("a base is a bijection or a layer, an item may be completed") {
  Json definitions = preludeSchema()["definitions"];
  Json bases = definitions["base"]["properties"]["type"]["enum"];
  for (const char *name : {"normal", "full_normal"})
    CHECK(std::find(bases.begin(), bases.end(), name) != bases.end());
  CHECK(std::find(bases.begin(), bases.end(), "mlp") == bases.end());
  CHECK(!definitions["layer"]["defaultSnippets"].empty());
}

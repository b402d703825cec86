// SPDX-License-Identifier: MIT
//
// What golden files show badly: bytes that must not be edited, and places inside a document.

#include "dsl/Formatters.h"
#include "dsl/JsonDocument.h"
#include "dsl/Readers.h"

#include <catch2/catch.hpp>

namespace {

using namespace flowc::dsl;

struct Reading {
  SourceManager sources;
  Diagnostics diagnostics{sources};
  SyntaxTree tree;

  explicit Reading(const std::string &text) { tree = readJson(sources, sources.add("spec.json", text), diagnostics); }

  /// "kind line:column message" of the one error.
  std::string error() const {
    if (diagnostics.all().size() != 1)
      return std::to_string(diagnostics.all().size()) + " errors:\n" + diagnostics.render(false);
    const Diagnostic &one = diagnostics.all().front();
    return std::string(kindName(one.kind)) + " " + std::to_string(one.loc.line) + ":" + std::to_string(one.loc.column) +
           " " + one.message;
  }
};

std::string spec(const std::string &flow, const std::string &rest = "") {
  return R"({"flowc": 1, "name": "a", "event": [2],)"
         "\n"
         R"("flow": )" +
         flow + rest + "}";
}

} // namespace

TEST_CASE("characters outside of ASCII are shown whole") {
  CHECK(Reading("{\u00e9: 1}").error() == "json-syntax 1:2 expected a key in double quotes, but found `\u00e9`");
  CHECK(Reading("{} \u20ac").error().find("but found `\u20ac`") != std::string::npos);
  CHECK(Reading("\xEF\xBB\xBF{}").error().find("byte order mark") != std::string::npos);
}

TEST_CASE("half a surrogate pair is an error, a pair is one character") {
  for (const char *half : {R"(["\ud800"])", R"(["\udc00"])", R"(["\ud800\u0041"])", R"(["\ud800 \udc00"])"}) {
    INFO(half);
    CHECK(Reading(half).error().find("json-syntax 1:3 this escape is half of a character") == 0);
  }
  Reading whole(R"(["\ud83d\ude00"])");
  auto root = readJsonDocument(whole.sources, 0, whole.diagnostics);
  REQUIRE(root);
  CHECK(root->items[0]->text == "\U0001F600");
  CHECK(root->items[0]->columns == std::vector<uint32_t>{3, 3, 3, 3, 15});
}

TEST_CASE("numbers are JSON's") {
  for (const char *number : {"2.", "+2", ".5", "02", "-.5", "2.e3", "1e999", "0x10", "1e"}) {
    INFO(number);
    CHECK(Reading(spec("[]", std::string(", \"train\": {\"lr\": ") + number + "}")).error().find("bad-number 2:29") ==
          0);
  }
  for (const char *number : {"0", "-0.5", "1e-3", "2.5E+10"})
    CHECK(!Reading(spec("[]", std::string(", \"train\": {\"lr\": ") + number + "}")).diagnostics.hasErrors());
}

TEST_CASE("a repetition has no inverse, and is not lost in silence") {
  CHECK(Reading(spec(R"([{"inverse": {"repeat": 2, "of": ["affine"]}}])")).error() ==
        "wrong-type 2:22 expected a layer to invert, but found a repetition");
}

TEST_CASE("both forms of an inverse are one tree") {
  Reading reading(
      spec(R"([{"inverse": "affine"}, {"type": "affine", "inverse": true}, {"type": "affine", "inverse": false}])"));
  REQUIRE(reading.tree.flow);
  const auto &items = reading.tree.flow->items;
  REQUIRE(items.size() == 3);
  CHECK(items[0].layer->text == "inverse");
  CHECK(items[1].layer->text == "inverse");
  CHECK(items[1].layer->arguments[0].value->text == "affine");
  CHECK(items[2].layer->text == "affine");
}

TEST_CASE("names are names") {
  CHECK(Reading(spec(R"([{"repeat": 2, "as": "1 x", "of": []}])"))
            .error()
            .find("wrong-type 2:30 \"as\" must be letters") == 0);
}

TEST_CASE("a missing key hides no other error") {
  Reading reading(R"({"flowc": 1, "event": [2], "flow": [7], "base": 3, "train": []})");
  CHECK(reading.diagnostics.all().size() == 4);
  CHECK(!reading.tree.flow);
}

TEST_CASE("an argument's place is its own") {
  Reading reading(spec(R"([{"type": "affine_coupling", "net": {"type": "mlp", "hidden": [64, 32]}}])"));
  REQUIRE(reading.tree.flow);
  const Argument &net = reading.tree.flow->items[0].layer->arguments[0];
  CHECK(net.nameLoc.column == 38);
  CHECK(net.value->loc.column == 54);
  CHECK(net.value->arguments[0].value->items[1]->loc.column == 76);
}

TEST_CASE("formatting keeps numbers as written and settles at once") {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  auto once =
      formatJson(sources, sources.add("a.json", R"({"a":1e-3,"b":[1.50,"\u00e9\n"],"c":{},"d":[]})"), diagnostics);
  REQUIRE(once);
  CHECK(*once == "{\n  \"a\": 1e-3,\n  \"b\": [1.50, \"\u00e9\\n\"],\n  \"c\": {},\n  \"d\": []\n}\n");
  CHECK(formatJson(sources, sources.add("b.json", *once), diagnostics) == once);
}

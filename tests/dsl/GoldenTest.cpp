// SPDX-License-Identifier: MIT
//
// Every spec in good/ gives the program in its .expected, every one in bad/ the messages in its. FLOWC_PROMOTE=1 writes
// the .expected files anew; read the difference before committing it.

#include "TextBuilder.h"

#include "dsl/Formatters.h"
#include "dsl/Frontend.h"
#include "dsl/Readers.h"
#include "dsl/Schema.h"
#include "dsl/TreePrinter.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace {

using namespace flowc::dsl;
namespace fs = std::filesystem;

std::string readText(const fs::path &path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> specsUnder(const std::string &folder) {
  fs::current_path(FLOWC_DSL_TESTS);
  std::vector<std::string> paths;
  for (const auto &entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".flow" || entry.path().extension() == ".json")
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

void compare(const std::string &path, const std::string &found) {
  std::string golden = path + ".expected";
  if (std::getenv("FLOWC_PROMOTE"))
    std::ofstream(golden, std::ios::binary) << found;
  INFO(path);
  REQUIRE(fs::exists(golden));
  CHECK(found == readText(golden));
}

/// Loads and elaborates; the program or the messages.
std::string elaborated(const std::string &path, std::set<std::string> &kinds) {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  TextBuilder builder;
  auto spec = loadSpec(path, sources, diagnostics);
  REQUIRE(spec);
  if (spec->tree.flow && !diagnostics.hasErrors())
    elaborate(*spec, builder, diagnostics);
  for (const Diagnostic &diagnostic : diagnostics.all()) {
    kinds.insert(std::string(kindName(diagnostic.kind)));
    CHECK(diagnostic.loc.line > 0);
  }
  CHECK(diagnostics.renderJson().empty() != diagnostics.hasErrors());
  return diagnostics.hasErrors() ? diagnostics.render(false) : builder.text;
}

} // namespace

TEST_CASE("good specs give their programs") {
  std::set<std::string> kinds;
  for (const std::string &path : specsUnder("good"))
    compare(path, elaborated(path, kinds));
  CHECK(kinds.empty());
}

TEST_CASE("wrong specs give their messages, and every kind of message occurs") {
  std::set<std::string> kinds;
  std::vector<std::string> paths = specsUnder("bad");
  CHECK(paths.size() >= 40);
  for (const std::string &path : paths)
    compare(path, elaborated(path, kinds));
  // The compiler's own: tests/compiler has their cases.
  kinds.insert({"not-monotone", "not-triangular", "rank-deficient", "no-inverse-rule", "not-contracting", "not-smooth", "lost-in-f32", "unmixed",
                "not-defined", "not-continuous", "not-onto", "not-compiled"});
  static constexpr std::string_view all[] = {
#define DIAGNOSTIC(ID, NAME) NAME,
#include "dsl/DiagnosticKinds.def"
  };
  for (std::string_view kind : all) {
    INFO("no wrong spec shows this kind of message");
    CHECK(kinds.count(std::string(kind)) == 1);
    if (!kinds.count(std::string(kind)))
      UNSCOPED_INFO(kind);
  }
}

TEST_CASE("formatting keeps the tree and settles at once") {
  std::vector<std::string> paths = specsUnder("good");
  for (const char *folder : {"../../dsl/prelude", "../../examples"})
    for (const std::string &path : specsUnder(folder))
      paths.push_back(path);
  CHECK(paths.size() >= 10);
  for (const std::string &path : paths) {
    INFO(path);
    bool json = fs::path(path).extension() == ".json";
    auto read = json ? readJson : parseFlow;
    auto format = json ? formatJson : formatFlow;
    SourceManager sources;
    Diagnostics diagnostics(sources);
    uint32_t file = *sources.read(path);
    auto once = format(sources, file, diagnostics);
    REQUIRE(once);
    uint32_t again = sources.add("again" + fs::path(path).extension().string(), *once);
    CHECK(format(sources, again, diagnostics) == once);
    CHECK(printTree(read(sources, file, diagnostics)) == printTree(read(sources, again, diagnostics)));
  }
}

TEST_CASE("the schema names every layer of the prelude") {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  std::vector<Definition> definitions;
  for (const auto &definition : loadPrelude(sources, diagnostics))
    definitions.push_back(*definition);
  CHECK(!diagnostics.hasErrors());
  auto schema = nlohmann::json::parse(makeSchema(definitions));
  CHECK(schema["definitions"]["layer"]["allOf"].size() > 10);
}

TEST_CASE("nearest names are near") {
  CHECK(nearestName("afine", {"affine", "mlp"}) == "affine");
  CHECK(nearestName("zzz", {"affine", "mlp"}).empty());
}

// SPDX-License-Identifier: MIT
//
// Every example of docs/language.md is accepted: a block that defines a flow as it stands, a block of definitions in a
// flow of all its layers and bijections. Blocks marked `wrong` must be refused.

#include "TextBuilder.h"

#include "dsl/Frontend.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>

namespace {

using namespace flowc::dsl;

struct Example {
  std::string language, text;
  int line;
};

std::vector<Example> examples() {
  std::ifstream page(FLOWC_LANGUAGE_PAGE);
  std::vector<Example> result;
  std::string line;
  bool inside = false;
  for (int number = 1; std::getline(page, line); ++number) {
    if (line.rfind("```", 0) == 0) {
      if (!inside)
        result.push_back({line.substr(3), "", number});
      inside = !inside;
    } else if (inside) {
      result.back().text += line + "\n";
    }
  }
  return result;
}

/// A flow of every layer and bijection that the text defines.
std::string flowAround(const std::string &text) {
  std::string items;
  static const std::regex definition("(layer|bijection) (\\w+)\\(");
  for (std::sregex_iterator it(text.begin(), text.end(), definition), end; it != end; ++it)
    items += "; " + (*it)[2].str();
  return "flow example { data real[4]" + items + " }\n";
}

} // namespace

TEST_CASE("the examples of the language page") {
  int checked = 0;
  for (const Example &example : examples()) {
    bool wrong = example.language.find("wrong") != std::string::npos;
    bool json = example.language.rfind("json", 0) == 0;
    if (!json && example.language.rfind("flow", 0) != 0)
      continue;
    ++checked;
    INFO("the example at line " << example.line);
    auto path = std::filesystem::temp_directory_path() /
                fmt::format("flowc_example_{}{}", example.line, json ? ".json" : ".flow");
    bool complete = json || example.text.find("flow ") == 0 || example.text.find("\nflow ") != std::string::npos;
    std::ofstream(path) << example.text << (complete ? "" : flowAround(example.text));
    SourceManager sources;
    Diagnostics diagnostics(sources);
    TextBuilder builder;
    auto spec = loadSpec(path.string(), sources, diagnostics);
    REQUIRE(spec);
    if (spec->tree.flow && !diagnostics.hasErrors())
      elaborate(*spec, builder, diagnostics);
    INFO(diagnostics.render(false));
    CHECK(diagnostics.hasErrors() == wrong);
    std::filesystem::remove(path);
  }
  CHECK(checked >= 15);
}

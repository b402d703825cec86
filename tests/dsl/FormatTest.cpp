// SPDX-License-Identifier: MIT
//
// What `flowc fmt` makes of .flow text.

#include "dsl/Formatters.h"

#include <catch2/catch.hpp>

namespace {

using namespace flowc::dsl;

std::string formatted(const std::string &text) {
  SourceManager sources;
  Diagnostics diagnostics(sources);
  auto result = formatFlow(sources, sources.add("a.flow", text), diagnostics);
  INFO(diagnostics.render(false));
  CHECK(result.has_value() != diagnostics.hasErrors());
  return result.value_or("");
}

} // namespace

TEST_CASE("spacing and indentation are by rule, comments stay") {
  CHECK(
      formatted("# top\n\n\n\nlayer   l( x ,k=1 ){ # beside\n y=x+  1\n# below\n   if k==1{ y = -y }\nreturn y }\n") ==
      "# top\n\nlayer l(x, k = 1) { # beside\n  y = x + 1\n  # below\n  if k == 1 { y = -y }\n  return y }\n");
}

TEST_CASE("lines that go on are indented") {
  CHECK(formatted("layer l(x) {\nparam a: real = 1,\nb: real = 2\nreturn (x\n-a)\n  *b\n}\n") ==
        "layer l(x) {\n  param a: real = 1,\n    b: real = 2\n  return (x\n    - a)\n    * b\n}\n");
}

TEST_CASE("statistics are set like parameters") {
  CHECK(formatted("layer l(x) {\nrunning m=mean(x),\nv=variance( x,.5 )\nreturn x-m\n}\n") ==
        "layer l(x) {\n  running m = mean(x),\n    v = variance(x, .5)\n  return x - m\n}\n");
}

TEST_CASE("minus signs, indices and slices") {
  CHECK(formatted("bijection f(x) = -x- -1 + x [ 1 : -1 ][0] *(- 2)\n") ==
        "bijection f(x) = -x - -1 + x[1:-1][0] * (-2)\n");
}

TEST_CASE("text that does not parse is not formatted") { CHECK(formatted("layer l(x) {").empty()); }

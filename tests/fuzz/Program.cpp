// SPDX-License-Identifier: MIT

#include "tests/fuzz/Program.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace flowc::fuzz {

std::string Tree::text() const {
  if (parts.empty())
    return head.starts_with('-') ? "(" + head + ")" : head;
  if (std::isalpha(static_cast<unsigned char>(head[0]))) {
    std::string list;
    for (const Tree &part : parts)
      list += (list.empty() ? "" : ", ") + part.text();
    return head + "(" + list + ")";
  }
  if (parts.size() == 1)
    return "(-" + parts[0].text() + ")";
  std::string inside = parts[0].text() + " " + head + " " + parts[1].text();
  bool comparison = head[0] == '<' || head[0] == '>';
  return comparison ? inside : "(" + inside + ")";
}

bool Tree::mentions(const std::string &name) const {
  return head == name || std::ranges::any_of(parts, [&](const Tree &part) { return part.mentions(name); });
}

size_t Tree::size() const {
  size_t total = 1;
  for (const Tree &part : parts)
    total += part.size();
  return total;
}

std::string Program::definitionText() const {
  std::string declared;
  for (const DeclaredParameter &parameter : parameters)
    if (std::ranges::any_of(formulas, [&](const Tree &formula) { return formula.mentions(parameter.name); }))
      declared += (declared.empty() ? "; " : ", ") + parameter.name + ": " + parameter.domain;
  std::string text = definition;
  auto put = [&](const std::string &mark, const std::string &what) {
    for (size_t at; (at = text.find(mark)) != std::string::npos;)
      text.replace(at, mark.size(), what);
  };
  put("$parameters", declared);
  for (size_t k = 0; k < formulas.size(); ++k)
    put("$" + std::to_string(k), formulas[k].text());
  return text;
}

std::string Program::text() const {
  std::string given = context.empty() ? "" : "  context " + context + "\n";
  return fmt::format("{}\nflow fuzz {{\n  data {}[{}]\n{}  {}\n  base {}\n}}\n", definitionText(), domain, features, given, items, base);
}

} // namespace flowc::fuzz

// SPDX-License-Identifier: MIT

#include "dsl/Ast.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

bool mentions(const Expr &expr, const std::string &name) {
  return (expr.kind == ExprKind::Name && expr.text == name) ||
         std::any_of(expr.items.begin(), expr.items.end(), [&](const ExprPtr &e) { return e && mentions(*e, name); }) ||
         std::any_of(expr.arguments.begin(), expr.arguments.end(),
                     [&](const Argument &a) { return mentions(*a.value, name); });
}

} // namespace

bool isSize(const Definition &definition, const Parameter &parameter) {
  return std::any_of(definition.parameters.begin(), definition.parameters.end(),
                     [&](const Parameter &other) { return other.size && mentions(*other.size, parameter.name); });
}

} // namespace flowc::dsl

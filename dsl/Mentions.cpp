// SPDX-License-Identifier: MIT

#include "dsl/Mentions.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

bool inExpr(const ExprPtr &expr, const std::string &name) {
  if (!expr)
    return false;
  auto here = [&](const ExprPtr &inner) { return inExpr(inner, name); };
  return (expr->kind == ExprKind::Name && expr->text == name) || std::any_of(expr->items.begin(), expr->items.end(), here) ||
         std::any_of(expr->arguments.begin(), expr->arguments.end(), [&](const Argument &argument) { return here(argument.value); });
}

bool inBlock(const Block &block, const std::string &name) {
  return std::any_of(block.begin(), block.end(), [&](const Statement &statement) {
    bool inParams = std::any_of(statement.params.begin(), statement.params.end(), [&](const ParamDecl &decl) {
      return inExpr(decl.domain, name) || inExpr(decl.value, name) || inExpr(decl.start, name) ||
             std::any_of(decl.shape.begin(), decl.shape.end(), [&](const ExprPtr &size) { return inExpr(size, name); });
    });
    return inParams || inExpr(statement.value, name) || inBlock(statement.body, name) || inBlock(statement.otherwise, name);
  });
}

} // namespace

bool mentions(const Definition &definition, const std::string &name) {
  bool isParameter = false, inParameters = false;
  for (const Parameter &parameter : definition.parameters) {
    isParameter |= parameter.name == name;
    inParameters |= inExpr(parameter.domain, name) || inExpr(parameter.fallback, name) || inExpr(parameter.size, name);
  }
  return !isParameter && (inParameters || inBlock(definition.body, name));
}

} // namespace flowc::dsl

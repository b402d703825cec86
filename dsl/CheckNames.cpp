// SPDX-License-Identifier: MIT
//
// Names, before anything is elaborated: a definition that no flow uses is checked too, and a mistake in one that is
// used often is reported once, where it stands.

#include "dsl/Elaborator.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

/// Every name that a body binds anywhere; the elaborator sees to the order.
void collectBound(const Block &block, std::set<std::string> &bound) {
  for (const Statement &statement : block) {
    for (const Target &target : statement.targets)
      bound.insert(target.name);
    for (const ParamDecl &decl : statement.params)
      bound.insert(decl.name);
    collectBound(statement.body, bound);
    collectBound(statement.otherwise, bound);
  }
}

class NameChecker {
public:
  NameChecker(std::vector<std::string> language, const Definitions &definitions, Diagnostics &diagnostics)
      : known(language.begin(), language.end()), diagnostics(diagnostics) {
    for (const auto &[name, definition] : definitions)
      known.insert(name);
  }

  void check(const Definition &definition) {
    bound.clear();
    for (const Parameter &parameter : definition.parameters)
      bound.insert(parameter.name);
    collectBound(definition.body, bound);
    for (const Parameter &parameter : definition.parameters) {
      checkDomain(parameter.domain);
      checkExpr(parameter.size);
      checkExpr(parameter.fallback);
      checkDomain(parameter.distribution);
    }
    if (definition.kind == DefinitionKind::Bijection)
      refuseParams(definition.body);
    checkBlock(definition.body);
  }

private:
  /// A bijection is a function of its input and parameters alone: nothing else says which layer a `param` or a statistic belongs to.
  void refuseParams(const Block &block) {
    for (const Statement &statement : block) {
      if (statement.kind == StatementKind::Param)
        diagnostics.report(Kind::Syntax, statement.loc,
                           "a bijection has no `param`; what it learns stands after the semicolon, behind its input");
      if (statement.kind == StatementKind::Running)
        diagnostics.report(Kind::Syntax, statement.loc,
                           "a bijection has no `running` statistic; it stands in a layer, which gives its value to the bijection");
      refuseParams(statement.body);
      refuseParams(statement.otherwise);
    }
  }

  void checkBlock(const Block &block) {
    for (const Statement &statement : block) {
      if (statement.kind == StatementKind::Running)
        for (const ExprPtr &statistic : statement.value->items)
          checkStatistic(statistic);
      else
        checkExpr(statement.value);
      for (const ParamDecl &decl : statement.params)
        checkParam(decl);
      checkBlock(statement.body);
      checkBlock(statement.otherwise);
    }
  }

  void checkParam(const ParamDecl &decl) {
    checkDomain(decl.domain);
    for (const ExprPtr &size : decl.shape)
      checkExpr(size);
    checkExpr(decl.value);
    checkExpr(decl.start);
    checkDomain(decl.distribution);
  }

  /// A domain's or distribution's own name is the elaborator's to judge.
  void checkDomain(const ExprPtr &expr) {
    if (expr)
      for (const Argument &argument : expr->arguments)
        checkExpr(argument.value);
  }

  /// A statistic's own name is the elaborator's to judge, too.
  void checkStatistic(const ExprPtr &expr) {
    if (expr->kind == ExprKind::Call)
      checkDomain(expr);
    else
      checkExpr(expr);
  }

  void checkExpr(const ExprPtr &expr) {
    if (!expr)
      return;
    bool call = expr->kind == ExprKind::Call;
    if ((call || expr->kind == ExprKind::Name) && !bound.count(expr->text) && !known.count(expr->text)) {
      std::vector<std::string> names(bound.begin(), bound.end());
      names.insert(names.end(), known.begin(), known.end());
      diagnostics
          .report(Kind::UnknownName, expr->loc,
                  call ? fmt::format("no function is called `{}`", expr->text)
                       : fmt::format("nothing is called `{}` here", expr->text))
          .suggestion = nearestName(expr->text, names);
    }
    for (const ExprPtr &item : expr->items)
      checkExpr(item);
    for (const Argument &argument : expr->arguments)
      checkExpr(argument.value);
  }

  std::set<std::string> known, bound;
  Diagnostics &diagnostics;
};

} // namespace

std::vector<std::string> Elaborator::languageNames() const {
  std::vector<std::string> names = builtinNames();
  for (const auto &[name, arity] : scalarArity)
    names.push_back(name);
  names.insert(names.end(), {"half", "alternate", "event", "context", "pi", "true", "false", "inverse"});
  return names;
}

bool Elaborator::checkNames() {
  std::vector<std::string> language = languageNames();
  NameChecker checker(language, definitions, diagnostics);
  size_t before = diagnostics.all().size();
  for (const auto &[name, definition] : definitions) {
    // A layer stands only in flows, where no function can; `permute` and `reverse` are both.
    bool reserved = std::find(language.begin(), language.end(), name) != language.end();
    if (reserved && (definition->kind != DefinitionKind::Layer || name == "inverse"))
      fail(Kind::ReservedName, definition->loc, "`{}` is part of the language; choose another name, such as `my_{}`",
           name, name);
    if (!definition->prelude)
      checker.check(*definition);
  }
  return diagnostics.all().size() == before;
}

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// Calls: of definitions, whose bodies run in scopes of their own, and of the language's functions.

#include "dsl/Elaborator.h"
#include "dsl/TreePrinter.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace flowc::dsl {

std::string Elaborator::uniquePath(const std::string &component) {
  std::string base = path.empty() ? component : path + "." + component;
  std::string name = base;
  for (int k = 1; !usedPaths.insert(name).second; ++k)
    name = fmt::format("{}.{}", base, k);
  return name;
}

std::vector<std::string> Elaborator::callableNames(const Scope &scope) const {
  std::vector<std::string> names = builtinNames();
  for (const auto &[name, thing] : scope)
    names.push_back(name);
  for (const auto &[name, definition] : definitions)
    names.push_back(name);
  for (const auto &[name, arity] : scalarArity)
    names.push_back(name);
  return names;
}

std::optional<CallArguments> Elaborator::evaluateArguments(const std::vector<Argument> &arguments, const Scope &scope) {
  CallArguments result;
  bool failed = false;
  for (const Argument &argument : arguments) {
    auto value = evaluate(argument.value, scope);
    failed |= !value;
    if (!value)
      continue;
    if (!value->origin.line && !inPrelude(argument.value->loc))
      value->origin = argument.value->loc;
    result.entries.push_back({argument.name, argument.name.empty() ? argument.value->loc : argument.nameLoc, *value});
  }
  if (failed)
    return std::nullopt;
  return result;
}

MaybeThing Elaborator::evaluateCall(const Expr &expr, const Scope &scope) {
  const std::string &name = expr.text;
  if (inStart && (name == "mean" || name == "deviation") && expr.arguments.size() == 1) {
    auto operand = evaluate(expr.arguments[0].value, scope);
    auto tensor = operand ? vector(*operand, expr.arguments[0].value->loc, "what is averaged") : std::nullopt;
    if (!tensor)
      return std::nullopt;
    auto [mean, deviation] = probe(*tensor, expr.loc);
    return Thing{TensorThing{name == "mean" ? mean : deviation, tensor->shape}};
  }
  FunctionThing function{name, nullptr, nullptr};
  if (auto bound = scope.find(name); bound != scope.end()) {
    const FunctionThing *callee = bound->second.as<FunctionThing>();
    if (!callee)
      return failFor(bound->second, Kind::TypeMismatch, expr.loc, "`{}` is {}, which cannot be called", name,
                     bound->second.describe());
    function = *callee;
  } else if (auto found = definitions.find(name); found != definitions.end() && !isBuiltin(name)) {
    // The layers `permute` and `reverse` are named like the functions that they are made of.
    function.definition = found->second;
  } else if (!isBuiltin(name) && !scalarArity.count(name)) {
    report(Kind::UnknownName, expr.loc, fmt::format("no function is called `{}`", name)).suggestion =
        nearestName(name, callableNames(scope));
    return std::nullopt;
  }
  auto arguments = evaluateArguments(expr.arguments, scope);
  if (!arguments)
    return std::nullopt;
  if (!function.definition)
    return callBuiltin(function.name, *arguments, expr.loc);
  bool hasInput = std::any_of(arguments->entries.begin(), arguments->entries.end(), [&](const auto &entry) {
    return entry.name.empty() || entry.name == function.definition->parameters[0].name;
  });
  if (!hasInput)
    return bindAhead(function, *arguments);
  std::string outerPath = path;
  if (function.definition->kind != DefinitionKind::Bijection)
    path = uniquePath(name);
  MaybeThing result = callDefinition(function, *arguments, expr.loc);
  path = outerPath;
  return result;
}

/// Without its input a call only gives arguments ahead: net = mlp(hidden = [64]).
MaybeThing Elaborator::bindAhead(FunctionThing function, const CallArguments &arguments) {
  Scope given;
  if (!bindParameters(*function.definition, arguments, 1, function.bound.get(), given))
    return std::nullopt;
  function.bound = std::make_shared<const std::map<std::string, Thing>>(std::move(given));
  return Thing{function};
}

MaybeThing Elaborator::callDefinition(const FunctionThing &function, const CallArguments &arguments,
                                      SourceLocation loc) {
  const Definition &definition = *function.definition;
  for (const Frame &frame : frames)
    if (frame.definition == &definition)
      return fail(Kind::Recursion, loc, "`{}` calls itself; recursion is not part of the language", definition.name);
  Scope scope;
  if (!bindParameters(definition, arguments, 0, function.bound.get(), scope) ||
      !bindFallbacks(definition, 0, loc, scope))
    return std::nullopt;
  frames.push_back({&definition, loc});
  MaybeThing result = takeComponents(definition, loc, scope) ? runBody(definition, scope) : std::nullopt;
  frames.pop_back();
  return result;
}

bool Elaborator::bindParameters(const Definition &definition, const CallArguments &arguments, size_t firstPositional,
                                const std::map<std::string, Thing> *bound, Scope &scope) {
  const std::vector<Parameter> &parameters = definition.parameters;
  size_t position = firstPositional;
  bool good = true;
  if (bound)
    scope = *bound;
  std::set<std::string> given;
  for (const CallArguments::Entry &entry : arguments.entries) {
    if (entry.name.empty() && position >= parameters.size()) {
      fail(Kind::TooManyArguments, entry.loc, "`{}` takes at most {} argument{}", definition.name,
           parameters.size() - firstPositional, parameters.size() - firstPositional == 1 ? "" : "s");
      return false;
    }
    std::string name = entry.name.empty() ? parameters[position++].name : entry.name;
    auto known = std::find_if(parameters.begin() + firstPositional, parameters.end(),
                              [&](const Parameter &p) { return p.name == name; });
    if (known == parameters.end()) {
      std::vector<std::string> names;
      for (size_t i = firstPositional; i < parameters.size(); ++i)
        names.push_back(parameters[i].name);
      report(Kind::UnknownArgument, entry.loc, fmt::format("`{}` has no argument `{}`", definition.name, name))
          .suggestion = nearestName(name, names);
      good = false;
    } else if (!given.insert(name).second) {
      fail(Kind::DuplicateArgument, entry.loc, "argument `{}` of `{}` is given twice", name, definition.name);
      good = false;
    }
    scope.insert_or_assign(name, entry.value);
  }
  return good;
}

/// A number given for a parameter lies in the domain that is declared for it.
bool Elaborator::checkDomain(const Definition &definition, const Parameter &parameter, const Thing &value,
                             SourceLocation loc, const Scope &scope) {
  const double *number = value.as<double>();
  if (!number || !parameter.domain)
    return true;
  auto domain = readDomain(parameter.domain, scope);
  auto range = domain ? intervalOf(*domain) : std::nullopt;
  if (!range || (*number > range->low && *number < range->high))
    return domain.has_value();
  report(Kind::BadDomain, value.origin.line ? value.origin : loc,
         fmt::format("`{}` of `{}` is `{}`, but {} is not inside ({}, {})", parameter.name, definition.name,
                     printExpr(*parameter.domain), *number, range->low, range->high));
  return false;
}

/// What was not given takes its default.
bool Elaborator::bindFallbacks(const Definition &definition, size_t first, SourceLocation loc, Scope &scope) {
  frames.push_back({&definition, loc});
  bool good = true;
  for (size_t i = first; i < definition.parameters.size() && good; ++i) {
    const Parameter &parameter = definition.parameters[i];
    // A layer learns the parameters of a bijection that it is not given; its caller sees to that.
    bool learned = first == 1 && definition.kind == DefinitionKind::Bijection;
    if (auto given = scope.find(parameter.name); given != scope.end()) {
      good = checkDomain(definition, parameter, given->second, loc, scope);
      continue;
    }
    if (!parameter.fallback && learned)
      continue;
    bool isContext = parameter.fallback && parameter.fallback->kind == ExprKind::Name && parameter.fallback->text == "context";
    if (isContext && !context) {
      // So that one network serves flows with a context and without.
      scope.emplace(parameter.name, Thing::list({}));
    } else if (!parameter.fallback) {
      good = reject(Kind::MissingArgument, loc, "`{}` needs its argument `{}`", definition.name, parameter.name);
    } else if (auto value = evaluate(parameter.fallback, scope)) {
      good = checkDomain(definition, parameter, *value, parameter.fallback->loc, scope);
      scope.emplace(parameter.name, *value);
    } else {
      good = false;
    }
  }
  frames.pop_back();
  return good;
}

MaybeThing Elaborator::runBody(const Definition &definition, Scope &scope) {
  bool failed = false;
  auto outerPlaces = std::exchange(paramPlaces, {});
  MaybeThing result = runBlock(definition.body, scope, failed);
  paramPlaces = std::move(outerPlaces);
  if (failed)
    return std::nullopt;
  if (!result)
    return fail(Kind::NoReturn, definition.loc, "`{}` does not return a value", definition.name);
  return result;
}

MaybeThing Elaborator::runBlock(const Block &block, Scope &scope, bool &failed) {
  for (const Statement &statement : block) {
    MaybeThing returned = runStatement(statement, scope, failed);
    if (returned || failed)
      return returned;
  }
  return std::nullopt;
}

MaybeThing Elaborator::runStatement(const Statement &statement, Scope &scope, bool &failed) {
  Step step(*this, statement.loc);
  if (!step) {
    failed = true;
    return std::nullopt;
  }
  switch (statement.kind) {
  case StatementKind::Assign:
    failed = !assign(statement, scope);
    return std::nullopt;
  case StatementKind::Param:
    for (const ParamDecl &decl : statement.params)
      failed |= !declareParameter(decl, scope);
    return std::nullopt;
  case StatementKind::Running:
    failed = !declareStatistics(statement, scope);
    return std::nullopt;
  case StatementKind::Assume:
    failed = !assume(*statement.value, scope);
    return std::nullopt;
  case StatementKind::Return: {
    MaybeThing result = evaluate(statement.value, scope);
    failed = !result;
    return result;
  }
  case StatementKind::If: {
    auto condition = evaluate(statement.value, scope);
    const double *number = condition ? condition->as<double>() : nullptr;
    if (condition && !number)
      fail(Kind::TypeMismatch, statement.value->loc,
           "`if` decides at compile time, but this is {}; `where` chooses by the data", condition->describe());
    failed = !number;
    if (failed)
      return std::nullopt;
    return runBlock(*number != 0 ? statement.body : statement.otherwise, scope, failed);
  }
  case StatementKind::For: {
    auto range = evaluate(statement.value, scope);
    const ListThing *list = range ? range->as<ListThing>() : nullptr;
    if (range && !list)
      failFor(*range, Kind::TypeMismatch, statement.value->loc, "`for` goes over a list, but `{}` is {}",
              printExpr(*statement.value), range->describe());
    failed = !list;
    if (failed)
      return std::nullopt;
    for (Thing item : *list->items) {
      if (!item.origin.line)
        item.origin = range->origin;
      scope.insert_or_assign(statement.targets[0].name, item);
      MaybeThing returned = runBlock(statement.body, scope, failed);
      if (returned || failed)
        return returned;
    }
    return std::nullopt;
  }
  }
  return std::nullopt;
}

bool Elaborator::assume(const Expr &comparison, const Scope &scope) {
  static const std::set<std::string> comparisons = {"<", "<=", ">", ">="};
  if (inEnergy)
    return reject(Kind::TypeMismatch, comparison.loc, "nothing is proved of an energy, so there is nothing to assume in it");
  std::string text = printExpr(comparison);
  if (comparison.kind == ExprKind::Binary) // It stands in brackets.
    text = text.substr(1, text.size() - 2);
  if (comparison.kind != ExprKind::Binary || !comparisons.count(comparison.text))
    return reject(Kind::TypeMismatch, comparison.loc, "`assume` takes a comparison of two values, such as `a > 0`, but `{}` is none", text);
  auto left = evaluate(comparison.items[0], scope), right = left ? evaluate(comparison.items[1], scope) : std::nullopt;
  if (!right)
    return false;
  bool less = comparison.text[0] == '<', open = comparison.text.size() == 1;
  const double *low = left->as<double>(), *high = right->as<double>();
  if (low && high) {
    bool holds = less ? (open ? *low < *high : *low <= *high) : (open ? *low > *high : *low >= *high);
    return holds || reject(Kind::FalseAssumption, comparison.loc, "`{}` is assumed, but it is false: {} and {}", text, *low, *high);
  }
  // A comparison with a number is a fact of the other side; one of two values, of their difference.
  const double *bound = high ? high : low;
  Thing value = high ? *left : *right;
  bool below = low ? !less : less;
  static const double zero = 0;
  if (!bound) {
    auto difference = arithmetic("-", *left, *right, comparison.loc);
    if (!difference)
      return false;
    value = *difference;
    bound = &zero;
  }
  const TensorThing *tensor = value.as<TensorThing>();
  if (!tensor || tensor->truth)
    return reject(Kind::TypeMismatch, comparison.loc, "`assume` compares numbers and vectors, but this is {}", value.describe());
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Interval range = below ? Interval{-infinity, *bound, true, open} : Interval{*bound, infinity, open, true};
  builder.assume(tensor->value, range, text, comparison.loc);
  return true;
}

bool Elaborator::assign(const Statement &statement, Scope &scope) {
  auto value = evaluate(statement.value, scope);
  if (!value)
    return false;
  auto bind = [&](const Target &target, const Thing &thing) {
    nameThing(thing, target.name);
    scope.insert_or_assign(target.name, thing);
  };
  if (statement.targets.size() == 1) {
    bind(statement.targets[0], *value);
    return true;
  }
  const ListThing *list = value->as<ListThing>();
  if (!list || list->items->size() != statement.targets.size()) {
    fail(Kind::ShapeMismatch, statement.loc, "{} names are assigned {}", statement.targets.size(), value->describe());
    return false;
  }
  for (size_t i = 0; i < statement.targets.size(); ++i)
    bind(statement.targets[i], (*list->items)[i]);
  return true;
}

} // namespace flowc::dsl

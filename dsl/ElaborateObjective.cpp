// SPDX-License-Identifier: MIT
//
// What a flow is trained by, and whether training estimates log-determinants.
// The likelihood of data needs nothing here; the reverse Kullback-Leibler divergence needs a target: an energy,
// which becomes a function beside the layers, or another flow, which becomes a model beside the flow's own.

#include "dsl/Elaborator.h"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>

namespace flowc::dsl {

namespace {

/// A way to compute log-determinants in training, and the settings that it has.
struct LogDetWay {
  struct Setting {
    const char *name;
    double low, high, standard;
    bool whole;
  };
  const char *name;
  std::vector<Setting> settings;
};

constexpr double kMostTerms = 1000;

/// So rare a further term would be a bias in all but name, so certain a one never the last.
constexpr double kLeastChance = 0.01;

const std::vector<LogDetWay> &logDetWays() {
  static const std::vector<LogDetWay> ways = {
      {"exact", {}},
      {"power_series", {{"terms", 1, kMostTerms, 10, true}}},
      {"roulette", {{"least", 1, kMostTerms, 2, true}, {"stop", kLeastChance, 1 - kLeastChance, 0.5, false}}},
  };
  return ways;
}

} // namespace

bool Elaborator::runObjective(const ExprPtr &objective, const std::vector<FlowDecl> &others, const FlowDecl *&teacher) {
  bool isName = objective->kind == ExprKind::Name || objective->kind == ExprKind::Call, isLikelihood = objective->text == "likelihood";
  if (!isName || (!isLikelihood && objective->text != "reverse_kl")) {
    auto &diagnostic = report(Kind::UnknownObjective, objective->loc,
                              "expected the objective `likelihood` or `reverse_kl(TARGET)`, where the target is an energy or a flow");
    diagnostic.suggestion = nearestName(objective->text, {"likelihood", "reverse_kl"});
    return false;
  }
  std::vector<Argument> targets;
  const Argument *logDet = nullptr;
  for (const Argument &argument : objective->arguments) {
    bool isLogDet = argument.name == "log_det";
    if (isLogDet && logDet)
      return reject(Kind::DuplicateArgument, argument.nameLoc, "`log_det` is given twice");
    if (isLogDet)
      logDet = &argument;
    else
      targets.push_back(argument);
  }
  if (isLikelihood && !targets.empty())
    return reject(Kind::TooManyArguments, targets[0].value->loc, "`likelihood` takes no target; its one argument is `log_det`");
  bool good = !logDet || runLogDet(*logDet->value);
  return isLikelihood ? good : runReverseKl(*objective, targets, others, teacher) && good;
}

bool Elaborator::runLogDet(const Expr &way) {
  bool isName = way.kind == ExprKind::Name || way.kind == ExprKind::Call;
  std::vector<std::string> known;
  for (const LogDetWay &other : logDetWays())
    known.push_back(other.name);
  auto found = std::find(known.begin(), known.end(), way.text);
  if (!isName || found == known.end()) {
    report(Kind::UnknownName, way.loc, "`log_det` is `exact`, `power_series(terms = 10)` or `roulette(least = 2, stop = 0.5)`").suggestion =
        nearestName(way.text, known);
    return false;
  }
  const LogDetWay &chosen = logDetWays()[size_t(found - known.begin())];
  std::map<std::string, double> values;
  for (const Argument &argument : way.arguments) {
    auto isIt = [&](const LogDetWay::Setting &setting) { return argument.name == setting.name; };
    auto setting = std::find_if(chosen.settings.begin(), chosen.settings.end(), isIt);
    if (setting == chosen.settings.end()) {
      std::vector<std::string> names;
      for (const LogDetWay::Setting &other : chosen.settings)
        names.push_back(fmt::format("`{}`", other.name));
      return reject(Kind::UnknownArgument, argument.name.empty() ? argument.value->loc : argument.nameLoc,
                    "`{}` has {}", chosen.name,
                    names.empty() ? std::string("no arguments") : fmt::format("the arguments {}, by name", fmt::join(names, " and ")));
    }
    MaybeThing value = evaluate(argument.value, {});
    if (!value)
      return false;
    const double *number = value->as<double>();
    bool inside = number && *number >= setting->low && *number <= setting->high && (!setting->whole || *number == std::floor(*number));
    if (!inside)
      return reject(Kind::BadSize, argument.value->loc, "`{}` must be a {} from {} to {}", setting->name,
                    setting->whole ? "whole number" : "number", setting->low, setting->high);
    if (!values.emplace(setting->name, *number).second)
      return reject(Kind::DuplicateArgument, argument.nameLoc, "`{}` is given twice", setting->name);
  }
  for (const LogDetWay::Setting &setting : chosen.settings)
    values.emplace(setting.name, setting.standard);
  if (values.contains("terms"))
    builder.estimateLogDets(int64_t(values["terms"]), 0, way.loc);
  else if (values.contains("least"))
    builder.estimateLogDets(int64_t(values["least"]), 1 - values["stop"], way.loc);
  return true;
}

bool Elaborator::runReverseKl(const Expr &objective, const std::vector<Argument> &targets, const std::vector<FlowDecl> &others,
                              const FlowDecl *&teacher) {
  if (targets.size() != 1)
    return reject(targets.empty() ? Kind::MissingArgument : Kind::TooManyArguments, objective.loc,
                  "`reverse_kl` takes one target, an energy or a flow, as in `reverse_kl(ring)`");
  const Argument &argument = targets[0];
  if (!argument.name.empty() && argument.name != "target")
    return reject(Kind::UnknownArgument, argument.nameLoc, "`reverse_kl` has no argument `{}`; it has `target`", argument.name);

  const Expr &target = *argument.value;
  if (target.kind != ExprKind::Name && target.kind != ExprKind::Call)
    return reject(Kind::TypeMismatch, target.loc, "the target is an energy or a flow, by its name");
  auto energy = definitions.find(target.text);
  if (energy != definitions.end() && energy->second->kind == DefinitionKind::Energy) {
    builder.reverseKl(target.text, /*isFlow=*/false);
    auto function = evaluate(argument.value, {});
    return function && runEnergy(*function, target.loc);
  }
  for (const FlowDecl &flow : others)
    if (target.kind == ExprKind::Name && flow.name == target.text) {
      builder.reverseKl(target.text, /*isFlow=*/true);
      teacher = &flow;
      return checkTeacher(flow, target.loc);
    }
  std::vector<std::string> known;
  for (const auto &[name, definition] : definitions)
    if (definition->kind == DefinitionKind::Energy)
      known.push_back(name);
  for (const FlowDecl &flow : others)
    known.push_back(flow.name);
  report(Kind::UnknownObjective, target.loc,
         fmt::format("no energy and no imported flow is called `{}`; define `energy {}(x) = ...` or import the flow's file",
                     target.text, target.text))
      .suggestion = nearestName(target.text, known);
  return false;
}

bool Elaborator::runEnergy(const Thing &target, SourceLocation loc) {
  const FunctionThing *function = target.as<FunctionThing>();
  if (!function)
    return reject(Kind::TypeMismatch, loc,
                  "the target is an energy by its name, perhaps with arguments but without its input, not {}", target.describe());
  Value x = builder.beginEnergy(features, loc);
  builder.name(x, function->definition->parameters[0].name);
  inEnergy = inSample = true;
  MaybeThing result = callDefinition(*function, {{{"", loc, Thing{TensorThing{x, Shape{features}}}}}}, loc);
  inEnergy = inSample = false;
  sampleContext.reset();
  const TensorThing *number = result ? result->as<TensorThing>() : nullptr;
  bool good = number && number->shape.empty() && !number->truth;
  if (result && !good)
    fail(Kind::ShapeMismatch, function->definition->loc, "`{}` must return one number that depends on its input, but returns {}",
         function->definition->name, result->describe());
  builder.endEnergy(good ? number->value : builder.constant({}, {0}, loc), loc);
  return good;
}

/// A sample of the flow must be one that the teacher can judge.
bool Elaborator::checkTeacher(const FlowDecl &teacher, SourceLocation loc) {
  Elaborator other(definitions, builder, diagnostics);
  if (!other.readSpace(teacher))
    return false;
  if (other.features != features)
    return reject(Kind::ShapeMismatch, loc, "`{}` has {} features, this flow {}; both must have as many", teacher.name, other.features,
                  features);
  const std::optional<ContextInfo> &asked = other.context;
  bool sameContext = !asked || (context && context->size == asked->size && context->label == asked->label);
  bool insideContext = sameContext && (!asked || !asked->range || (context->range && context->range->low >= asked->range->low &&
                                                                    context->range->high <= asked->range->high));
  if (!insideContext)
    return reject(Kind::ShapeMismatch, loc, "`{}` is given another context than this flow; state the same `context` in both", teacher.name);
  if (!other.dataDomain || (dataDomain && dataDomain->low >= other.dataDomain->low && dataDomain->high <= other.dataDomain->high))
    return true;
  return reject(Kind::BadDomain, loc,
                "the data of `{}` lies between {} and {}, that of this flow need not; state the same domain after `data`", teacher.name,
                other.dataDomain->low, other.dataDomain->high);
}

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// What a flow is trained by. The likelihood of data needs nothing here; the reverse Kullback-Leibler divergence needs a target: an energy,
// which becomes a function beside the layers, or another flow, which becomes a model beside the flow's own.

#include "dsl/Elaborator.h"

namespace flowc::dsl {

bool Elaborator::runObjective(const ExprPtr &objective, const std::vector<FlowDecl> &others, const FlowDecl *&teacher) {
  bool isCall = objective->kind == ExprKind::Call;
  if ((objective->kind == ExprKind::Name || (isCall && objective->arguments.empty())) && objective->text == "likelihood")
    return true;
  if (!(isCall || objective->kind == ExprKind::Name) || objective->text != "reverse_kl") {
    auto &diagnostic = report(Kind::UnknownObjective, objective->loc,
                              "expected the objective `likelihood` or `reverse_kl(TARGET)`, where the target is an energy or a flow");
    diagnostic.suggestion = nearestName(objective->text, {"likelihood", "reverse_kl"});
    return false;
  }
  if (objective->arguments.size() != 1)
    return reject(objective->arguments.empty() ? Kind::MissingArgument : Kind::TooManyArguments, objective->loc,
                  "`reverse_kl` takes one target, an energy or a flow, as in `reverse_kl(ring)`");
  const Argument &argument = objective->arguments[0];
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

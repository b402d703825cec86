// SPDX-License-Identifier: MIT
//
// A bijection whose parameters a network gives: what it would learn as a layer is taken out of one vector, value after value, each with
// an element for every feature, and brought into its domain. Where the network gives 0, a parameter is where it would begin if it were learned.

#include "dsl/Elaborator.h"

namespace flowc::dsl {

const FunctionThing *Elaborator::bijection(const Thing &thing, SourceLocation loc) {
  const FunctionThing *function = thing.as<FunctionThing>();
  if (function && function->definition && function->definition->kind == DefinitionKind::Bijection)
    return function;
  failFor(thing, Kind::TypeMismatch, loc, "expected a bijection, such as `affine` or `rational_quadratic(k = 4)`, but found {}", thing.describe());
  return nullptr;
}

std::optional<std::vector<Elaborator::Steered>> Elaborator::steeredParameters(const Definition &definition, SourceLocation loc, Scope &scope) {
  // As of a layer: what is not given and has no default is wanted.
  if (!bindFallbacks(definition, 1, loc, scope))
    return std::nullopt;
  std::vector<Steered> wanted;
  for (size_t i = 1; i < definition.parameters.size(); ++i) {
    const Parameter &parameter = definition.parameters[i];
    if (scope.count(parameter.name))
      continue;
    auto domain = domainOf(parameter, scope);
    auto count = domain ? countOf(parameter, scope) : std::nullopt;
    if (!count)
      return std::nullopt;
    auto init = readInit({parameter.name, parameter.loc, nullptr, {}, nullptr, parameter.distribution, nullptr}, *domain, {*count}, scope);
    if (!init)
      return std::nullopt;
    // Of a uniform distribution a and b are the ends; of the others a is the middle.
    double middle = init->kind == ParameterInit::Kind::Uniform ? (init->a + init->b) / 2 : init->a;
    wanted.push_back({&parameter, *domain, *count, middle});
  }
  return wanted;
}

MaybeThing Elaborator::countSteered(const Thing &thing, SourceLocation loc) {
  const FunctionThing *function = bijection(thing, loc);
  if (!function)
    return std::nullopt;
  Scope scope = function->bound ? *function->bound : Scope();
  auto wanted = steeredParameters(*function->definition, loc, scope);
  if (!wanted)
    return std::nullopt;
  int64_t total = 0;
  for (const Steered &parameter : *wanted)
    total += parameter.count;
  return Thing{double(total)};
}

MaybeThing Elaborator::steer(const Thing &thing, const Thing &input, const Thing &values, SourceLocation loc) {
  const FunctionThing *function = bijection(thing, loc);
  auto x = function ? vector(input, loc, "what a bijection is applied to") : std::nullopt;
  auto raw = x ? vector(values, loc, "what steers a bijection") : std::nullopt;
  if (!raw)
    return std::nullopt;
  const Definition &definition = *function->definition;
  Scope scope = function->bound ? *function->bound : Scope();
  scope.insert_or_assign(definition.parameters[0].name, Thing{*x});
  auto wanted = steeredParameters(definition, loc, scope);
  if (!wanted)
    return std::nullopt;
  int64_t width = x->shape[0], total = 0;
  for (const Steered &parameter : *wanted)
    total += parameter.count * width;
  if (total != raw->shape[0])
    return failFor(values, Kind::ShapeMismatch, loc, "`{}` takes {} values for each of {} features, but is given {}", definition.name,
                   width ? total / width : 0, width, values.describe());
  int64_t next = 0;
  for (const Steered &parameter : *wanted) {
    std::vector<int64_t> places(parameter.count * width);
    for (int64_t &place : places)
      place = next++;
    TensorThing own = extract(*raw, std::move(places), loc);
    if (parameter.middle != 0)
      own.value = apply("add", {own.value, scalarConstant(parameter.middle, own.shape, loc)}, loc);
    MaybeThing value = parameter.parameter->size ? constrainComponents(own, parameter.count, parameter.domain, loc)
                                                 : MaybeThing(Thing{constrainWithFact(own, parameter.domain, loc)});
    if (!value)
      return std::nullopt;
    nameThing(*value, parameter.parameter->name);
    scope.emplace(parameter.parameter->name, *value);
  }
  for (const Frame &frame : frames)
    if (frame.definition == &definition)
      return fail(Kind::Recursion, loc, "`{}` calls itself; recursion is not part of the language", definition.name);
  frames.push_back({&definition, loc});
  MaybeThing result = takeComponents(definition, loc, scope) ? runBody(definition, scope) : std::nullopt;
  frames.pop_back();
  return result;
}

} // namespace flowc::dsl

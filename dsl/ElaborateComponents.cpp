// SPDX-License-Identifier: MIT
//
// A bijection's parameters with a size: `mean: real[k]` is k values for every feature. In the program everything stays
// element by element, so they are a list of k vectors, each with one element per feature; all of them come from one
// vector, component after component.

#include "dsl/Elaborator.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace flowc::dsl {
namespace {

constexpr int64_t kMostComponents = 4096; ///< Each is an operation of its own wherever the list is used.

bool isVectorDomain(const std::string &name) { return name == "simplex" || name == "ordered"; }

} // namespace

std::vector<Thing> Elaborator::cut(const TensorThing &vector, int64_t count, SourceLocation loc) {
  int64_t size = vector.shape[0] / count;
  std::vector<Thing> pieces;
  for (int64_t k = 0; k < count; ++k) {
    std::vector<int64_t> indices(size);
    std::iota(indices.begin(), indices.end(), k * size);
    pieces.push_back(Thing{extract(vector, std::move(indices), loc)});
  }
  return pieces;
}

MaybeThing Elaborator::constrainList(const ListThing &raw, const Domain &domain, SourceLocation loc) {
  if (domain.kind == Domain::Kind::Ordered) {
    // The first, then positive steps, summed up.
    std::vector<Thing> steps(raw.items->begin() + 1, raw.items->end());
    auto positive = callScalar("softplus", {Thing::list(std::move(steps))}, loc);
    if (!positive)
      return std::nullopt;
    std::vector<Thing> increments{raw.items->front()};
    const ListThing &rest = *positive->as<ListThing>();
    increments.insert(increments.end(), rest.items->begin(), rest.items->end());
    return runningSums(ListThing{std::make_shared<const std::vector<Thing>>(std::move(increments))}, loc);
  }
  auto weights = softmaxOf(raw, loc);
  if (!weights)
    return std::nullopt;
  // The one weight of one component is 1, the end of the interval.
  Interval range{0, 1, true, raw.items->size() > 1};
  return overItems({*weights}, loc, [&](const std::vector<Thing> &item) -> MaybeThing {
    const TensorThing *tensor = item[0].as<TensorThing>();
    if (!tensor)
      return item[0];
    return Thing{TensorThing{builder.constrained(tensor->value, range, loc), tensor->shape}};
  });
}

MaybeThing Elaborator::constrainComponents(const TensorThing &raw, int64_t count, const Domain &domain,
                                           SourceLocation loc) {
  if (domain.kind == Domain::Kind::Simplex || domain.kind == Domain::Kind::Ordered)
    return constrainList(ListThing{std::make_shared<const std::vector<Thing>>(cut(raw, count, loc))}, domain, loc);
  return Thing::list(cut(constrainWithFact(raw, domain, loc), count, loc));
}

std::optional<int64_t> Elaborator::componentCount(const Thing &thing, SourceLocation loc) {
  auto count = integer(thing, loc, "a size");
  if (count && (*count < 1 || *count > kMostComponents))
    return failFor(thing, Kind::BadSize, loc, "a size of {} is not between 1 and {}", *count, kMostComponents);
  return count;
}

bool Elaborator::checkComponents(const Definition &definition, const Parameter &parameter, const ListThing &list,
                                 SourceLocation loc, const Scope &scope) {
  double last = -std::numeric_limits<double>::infinity(), total = 0;
  bool numbers = true, increasing = true;
  for (const Thing &item : *list.items) {
    if (!checkDomain(definition, parameter, item, loc, scope))
      return false;
    const double *number = item.as<double>();
    numbers &= number != nullptr;
    increasing &= !number || *number > last;
    last = number ? *number : last;
    total += number ? *number : 0;
  }
  const std::string &domain = parameter.domain->text;
  if (numbers && domain == "simplex" && std::abs(total - 1) > 1e-6)
    return reject(Kind::BadDomain, loc, "`{}` of `{}` is a `simplex`, but its numbers add up to {:.6g}, not to 1",
                  parameter.name, definition.name, total);
  return increasing || domain != "ordered" ||
         reject(Kind::BadDomain, loc, "`{}` of `{}` is `ordered`, but its numbers do not increase", parameter.name,
                definition.name);
}

/// A list of as many items, or a vector that is cut: so many values per feature, or one per component.
MaybeThing Elaborator::componentsOf(const Definition &definition, const Parameter &parameter, const Thing &given,
                                    int64_t count, SourceLocation loc, const Scope &scope) {
  SourceLocation place = given.origin.line ? given.origin : loc;
  const TensorThing *input = scope.at(definition.parameters[0].name).as<TensorThing>();
  bool vectorInput = input && input->shape.size() == 1;
  int64_t width = vectorInput ? input->shape[0] : 1;
  std::vector<Thing> items;
  const TensorThing *tensor = given.as<TensorThing>();
  int64_t size = tensor && tensor->shape.size() == 1 && !tensor->truth ? tensor->shape[0] : -1;
  if (const ListThing *list = given.as<ListThing>(); list && static_cast<int64_t>(list->items->size()) == count) {
    if (!checkComponents(definition, parameter, *list, place, scope))
      return std::nullopt;
    items = *list->items;
  } else if (vectorInput && size == count * width) {
    items = cut(*tensor, count, loc);
  } else if (size == count) {
    // The same for every feature.
    for (const Thing &piece : cut(*tensor, count, loc))
      items.push_back(Thing{TensorThing{builder.sum(piece.as<TensorThing>()->value, loc), {}}});
  } else if (given.as<double>() && !isVectorDomain(parameter.domain->text)) {
    items.assign(count, given);
  } else {
    return fail(Kind::ShapeMismatch, place,
                "`{}` of `{}` is {} values for every feature: a list of {} or a vector of {}, but not {}",
                parameter.name, definition.name, count, count, count * width, given.describe());
  }
  // A number becomes a constant: a list of numbers alone would be a vector with an element per feature.
  for (Thing &item : items)
    if (const double *number = item.as<double>(); number && input)
      item = Thing{TensorThing{scalarConstant(*number, input->shape, loc), input->shape}};
    else if (auto constant = constantVector(item, loc))
      item = Thing{*constant};
  return Thing::list(std::move(items));
}

bool Elaborator::takeComponents(const Definition &definition, SourceLocation loc, Scope &scope) {
  for (const Parameter &parameter : definition.parameters) {
    auto given = scope.find(parameter.name);
    if (!parameter.size || given == scope.end())
      continue;
    auto size = evaluate(parameter.size, scope);
    auto count = size ? componentCount(*size, parameter.size->loc) : std::nullopt;
    auto items = count ? componentsOf(definition, parameter, given->second, *count, loc, scope) : std::nullopt;
    if (!items)
      return false;
    given->second = *items;
  }
  return true;
}

std::optional<Elaborator::Domain> Elaborator::domainOf(const Parameter &parameter, const Scope &scope) {
  static const auto real = std::make_shared<const Expr>(Expr{ExprKind::Name, {}, 0, "real", {}, {}});
  if (!parameter.size && isVectorDomain(parameter.domain ? parameter.domain->text : ""))
    return fail(Kind::BadDomain, parameter.domain->loc,
                "`{}` is a domain of several values; expected a size, as in `{}[8]`", parameter.domain->text,
                parameter.domain->text);
  auto domain = readDomain(parameter.domain ? parameter.domain : real, scope);
  if (domain && domain->kind == Domain::Kind::Spectral)
    return fail(Kind::BadDomain, parameter.domain->loc, "`spectral` is a domain of matrices; what a bijection learns are numbers");
  return domain;
}

std::optional<int64_t> Elaborator::countOf(const Parameter &parameter, const Scope &scope) {
  if (!parameter.size)
    return 1;
  auto size = evaluate(parameter.size, scope);
  return size ? componentCount(*size, parameter.size->loc) : std::nullopt;
}

MaybeThing Elaborator::learnParameter(const Parameter &parameter, const Scope &scope) {
  auto domain = domainOf(parameter, scope);
  auto number = domain ? countOf(parameter, scope) : std::nullopt;
  if (!number || !checkSize(*number * features, parameter.loc))
    return std::nullopt;
  int64_t count = *number;
  Shape shape{count * features};
  auto init = readInit({parameter.name, parameter.loc, nullptr, {}, nullptr, parameter.distribution, nullptr}, *domain,
                       shape, scope);
  if (!init)
    return std::nullopt;
  auto raw = rawParameter(uniquePath(parameter.name), shape, *init, parameter.loc);
  if (!raw)
    return std::nullopt;
  if (!parameter.size)
    return Thing{constrainWithFact(*raw, *domain, parameter.loc)};
  return constrainComponents(*raw, count, *domain, parameter.loc);
}

bool Elaborator::learnBijectionParameters(const Definition &definition, Scope &scope) {
  for (const Parameter &parameter : definition.parameters)
    if (isSize(definition, parameter) && !scope.count(parameter.name))
      return reject(Kind::MissingArgument, parameter.loc,
                    "`{}` is a size, so it is not learned: give it, or a default as in `{} = 8`", parameter.name,
                    parameter.name);
  for (const Parameter &parameter : definition.parameters) {
    if (scope.count(parameter.name))
      continue;
    auto learned = learnParameter(parameter, scope);
    if (!learned)
      return false;
    nameThing(*learned, parameter.name);
    scope.emplace(parameter.name, *learned);
  }
  return true;
}

void Elaborator::nameThing(const Thing &thing, const std::string &name) {
  if (const TensorThing *tensor = thing.as<TensorThing>())
    builder.name(tensor->value, name);
  if (const ListThing *list = thing.as<ListThing>())
    for (size_t i = 0; i < list->items->size(); ++i)
      nameThing((*list->items)[i], fmt::format("{}[{}]", name, i));
}

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// Lists of vectors: functions act on them item by item, and some fold them into one value. Nothing of a list is left in
// the program that is built.

#include "dsl/Elaborator.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

bool isCompileTime(const Thing &thing) {
  const ListThing *list = thing.as<ListThing>();
  return list ? std::all_of(list->items->begin(), list->items->end(), isCompileTime) : thing.as<double>() != nullptr;
}

bool isList(const Thing &thing) { return thing.as<ListThing>(); }

} // namespace

bool Elaborator::listsVectors(const std::vector<Thing> &operands) {
  return std::any_of(operands.begin(), operands.end(),
                     [](const Thing &operand) { return isList(operand) && !isCompileTime(operand); });
}

bool Elaborator::actsOnItems(const std::vector<Thing> &operands) {
  bool computed = std::all_of(operands.begin(), operands.end(), isCompileTime);
  return listsVectors(operands) || (computed && std::any_of(operands.begin(), operands.end(), isList));
}

MaybeThing Elaborator::overItems(const std::vector<Thing> &operands, SourceLocation loc, const OnItems &body) {
  const Thing *first = nullptr;
  for (const Thing &operand : operands) {
    if (!isList(operand))
      continue;
    if (first && operand.as<ListThing>()->items->size() != first->as<ListThing>()->items->size())
      return failFor(operand, Kind::ShapeMismatch, loc, "{} and {} do not go together", first->describe(),
                     operand.describe());
    first = first ? first : &operand;
  }
  std::vector<Thing> results;
  for (size_t i = 0; i < first->as<ListThing>()->items->size(); ++i) {
    Step step(*this, loc);
    if (!step)
      return std::nullopt;
    std::vector<Thing> items = operands;
    for (Thing &item : items)
      if (const ListThing *list = item.as<ListThing>()) {
        SourceLocation origin = item.origin;
        item = Thing((*list->items)[i]);
        item.origin = item.origin.line ? item.origin : origin;
      }
    auto result = body(items);
    if (!result)
      return std::nullopt;
    results.push_back(std::move(*result));
  }
  return Thing::list(std::move(results));
}

MaybeThing Elaborator::fold(const ListThing &list, const OnItems &body) {
  Thing total = list.items->front();
  for (size_t i = 1; i < list.items->size(); ++i) {
    auto next = body({total, (*list.items)[i]});
    if (!next)
      return std::nullopt;
    total = std::move(*next);
  }
  return total;
}

MaybeThing Elaborator::sumOf(const ListThing &list, SourceLocation loc) {
  if (list.items->empty())
    return Thing{0.0};
  return fold(list, [&](const std::vector<Thing> &pair) { return arithmetic("+", pair[0], pair[1], loc); });
}

MaybeThing Elaborator::runningSums(const ListThing &list, SourceLocation loc) {
  std::vector<Thing> sums;
  for (const Thing &item : *list.items) {
    MaybeThing next = sums.empty() ? MaybeThing(item) : arithmetic("+", sums.back(), item, loc);
    if (!next)
      return std::nullopt;
    sums.push_back(std::move(*next));
  }
  return Thing::list(std::move(sums));
}

MaybeThing Elaborator::largestOf(const ListThing &list, bool largest, SourceLocation loc) {
  return fold(list, [&](const std::vector<Thing> &pair) { return extremum(pair, largest, loc); });
}

MaybeThing Elaborator::extremum(const std::vector<Thing> &pair, bool largest, SourceLocation loc) {
  if (actsOnItems(pair))
    return overItems(pair, loc, [&](const std::vector<Thing> &items) { return extremum(items, largest, loc); });
  const double *left = pair[0].as<double>(), *right = pair[1].as<double>();
  if (left && right)
    return Thing{largest ? std::max(*left, *right) : std::min(*left, *right)};
  return applyFunction(largest ? "max" : "min", pair, loc);
}

/// As for a vector, the largest item is taken off first.
MaybeThing Elaborator::softmaxOf(const ListThing &list, SourceLocation loc) {
  Thing all{list};
  auto largest = largestOf(list, true, loc);
  auto shifted = largest ? arithmetic("-", all, *largest, loc) : std::nullopt;
  auto powers = shifted ? callScalar("exp", {*shifted}, loc) : std::nullopt;
  auto total = powers ? sumOf(*powers->as<ListThing>(), loc) : std::nullopt;
  return total ? arithmetic("/", *powers, *total, loc) : std::nullopt;
}

} // namespace flowc::dsl

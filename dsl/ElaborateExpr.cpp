// SPDX-License-Identifier: MIT
//
// Expressions: compile-time arithmetic on numbers and lists, element-wise arithmetic on tensors.

#include "dsl/Elaborator.h"

#include <cmath>
#include <numeric>

namespace flowc::dsl {

std::optional<int64_t> Elaborator::integer(const Thing &thing, SourceLocation loc, const char *what) {
  const double *number = thing.as<double>();
  if (!number || *number != std::floor(*number) || std::abs(*number) > 1e15)
    return failFor(thing, Kind::TypeMismatch, loc, "{} must be a whole number, but is {}", what, thing.describe());
  return static_cast<int64_t>(*number);
}

std::optional<std::vector<int64_t>> Elaborator::integers(const Thing &thing, SourceLocation loc, const char *what) {
  const ListThing *list = thing.as<ListThing>();
  if (!list)
    return failFor(thing, Kind::TypeMismatch, loc, "{} must be a list of whole numbers, but is {}", what,
                   thing.describe());
  std::vector<int64_t> numbers;
  for (Thing item : *list->items) {
    item.origin = thing.origin;
    auto number = integer(item, loc, what);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

std::optional<TensorThing> Elaborator::constantVector(const Thing &thing, SourceLocation loc) {
  const ListThing *list = thing.as<ListThing>();
  std::vector<double> numbers;
  if (list)
    for (const Thing &item : *list->items)
      if (const double *number = item.as<double>())
        numbers.push_back(*number);
  if (!list || numbers.size() != list->items->size())
    return std::nullopt;
  Shape shape{static_cast<int64_t>(numbers.size())};
  return TensorThing{builder.constant(shape, std::move(numbers), loc), shape};
}

std::optional<TensorThing> Elaborator::vector(const Thing &thing, SourceLocation loc, const char *what) {
  if (auto constant = constantVector(thing, loc))
    return constant;
  const TensorThing *tensor = thing.as<TensorThing>();
  if (!tensor || tensor->shape.size() != 1 || tensor->truth)
    return failFor(thing, Kind::TypeMismatch, loc, "{} must be a vector, but is {}", what, thing.describe());
  return *tensor;
}

bool Elaborator::checkSize(int64_t size, SourceLocation loc) {
  constexpr int64_t most = 10'000'000;
  return size <= most || reject(Kind::TooLarge, loc, "a vector of {} elements; expected at most {}", size, most);
}

TensorThing Elaborator::extract(const TensorThing &from, std::vector<int64_t> indices, SourceLocation loc) {
  Shape shape{static_cast<int64_t>(indices.size())};
  return {builder.extract(from.value, std::move(indices), loc), shape};
}

/// The largest element is taken off first, so that exp cannot overflow; it is found by halving.
TensorThing Elaborator::softmax(const TensorThing &weights, SourceLocation loc) {
  int64_t size = weights.shape[0];
  if (size == 0)
    return weights;
  auto from = [&](Value vector, int64_t begin, int64_t end) {
    std::vector<int64_t> indices(end - begin);
    std::iota(indices.begin(), indices.end(), begin);
    return builder.extract(vector, std::move(indices), loc);
  };
  Value largest = weights.value;
  while (size > 1) {
    // An odd element in the middle stands on both sides.
    int64_t half = (size + 1) / 2;
    largest = apply("max", {from(largest, 0, half), from(largest, size - half, size)}, loc);
    size = half;
  }
  Value shift = builder.splat(builder.sum(largest, loc), weights.shape, loc);
  Value powers = apply("exp", {apply("sub", {weights.value, shift}, loc)}, loc);
  Value total = builder.splat(builder.sum(powers, loc), weights.shape, loc);
  return {apply("div", {powers, total}, loc), weights.shape};
}

MaybeThing Elaborator::evaluate(const ExprPtr &expr, const Scope &scope) {
  Step step(*this, expr->loc);
  if (!step)
    return std::nullopt;
  switch (expr->kind) {
  case ExprKind::Number:
    return Thing{expr->number};
  case ExprKind::String:
    return Thing{expr->text};
  case ExprKind::Name:
    return evaluateName(*expr, scope);
  case ExprKind::List:
    return evaluateList(*expr, scope);
  case ExprKind::Call:
    return evaluateCall(*expr, scope);
  case ExprKind::Unary: {
    auto operand = evaluate(expr->items[0], scope);
    return operand ? negate(*operand, expr->loc) : std::nullopt;
  }
  case ExprKind::Binary:
    return evaluateBinary(*expr, scope);
  case ExprKind::Index:
  case ExprKind::Slice:
    return evaluateIndex(*expr, scope);
  case ExprKind::Record:
    return fail(Kind::TypeMismatch, expr->loc, "a record stands only in `train`");
  }
  return std::nullopt;
}

MaybeThing Elaborator::evaluateName(const Expr &expr, const Scope &scope) {
  const std::string &name = expr.text;
  if (auto found = scope.find(name); found != scope.end())
    return found->second;
  if (name == "half" || name == "alternate") {
    MaskThing mask;
    mask.pattern = name == "half" ? MaskThing::Pattern::Half : MaskThing::Pattern::Alternate;
    // In a `repeat` the two sides take turns, so that a stack of couplings reaches every feature.
    mask.swapped = iteration % 2 == 1;
    return Thing{mask};
  }
  if (name == "event")
    return Thing{event()};
  if (name == "context")
    return evaluateContext(expr.loc);
  if (name == "pi")
    return Thing{3.14159265358979323846};
  if (name == "true" || name == "false")
    return Thing{name == "true" ? 1.0 : 0.0};
  if (auto found = definitions.find(name); found != definitions.end())
    return Thing{FunctionThing{name, found->second, nullptr}};
  if (isBuiltin(name) || scalarArity.count(name))
    return Thing{FunctionThing{name, nullptr, nullptr}};
  std::vector<std::string> known = callableNames(scope);
  known.insert(known.end(), {"half", "alternate", "event", "context", "pi"});
  report(Kind::UnknownName, expr.loc, fmt::format("nothing is called `{}` here", name)).suggestion =
      nearestName(name, known);
  return std::nullopt;
}

MaybeThing Elaborator::evaluateContext(SourceLocation loc) {
  if (!context)
    return fail(Kind::UnknownName, loc,
                "there is no `context`: the flow does not state one; `context real[4]` or `context label[10]` in the flow does");
  if (!inSample)
    return fail(Kind::TypeMismatch, loc, "`context` belongs to a sample; it stands in layers, networks and energies, and in their arguments");
  if (!sampleContext)
    sampleContext = TensorThing{builder.context(loc), Shape{context->size}};
  contextIsSeen = true;
  return Thing{*sampleContext};
}

MaybeThing Elaborator::evaluateList(const Expr &expr, const Scope &scope) {
  std::vector<Thing> items;
  for (const ExprPtr &item : expr.items) {
    auto value = evaluate(item, scope);
    if (!value)
      return std::nullopt;
    items.push_back(std::move(*value));
  }
  return Thing::list(std::move(items));
}

MaybeThing Elaborator::evaluateBinary(const Expr &expr, const Scope &scope) {
  auto left = evaluate(expr.items[0], scope);
  auto right = evaluate(expr.items[1], scope);
  if (!left || !right)
    return std::nullopt;
  if (expr.text == "^")
    return power(*left, *right, expr.loc);
  return arithmetic(expr.text, *left, *right, expr.loc);
}

MaybeThing Elaborator::finite(double number, SourceLocation loc, const std::string &formula) {
  if (!std::isfinite(number))
    return fail(Kind::BadNumber, loc, "{} is not a finite number", formula);
  return Thing{number};
}

/// The numbers to combine where lists of numbers meet each other or a number; nothing for anything else.
static std::optional<std::vector<std::pair<double, double>>> numbersOfLists(const Thing &left, const Thing &right) {
  const ListThing *lists[] = {left.as<ListThing>(), right.as<ListThing>()};
  const Thing *sides[] = {&left, &right};
  if (!lists[0] && !lists[1])
    return std::nullopt;
  if (lists[0] && lists[1] && lists[0]->items->size() != lists[1]->items->size())
    return std::nullopt;
  std::vector<std::pair<double, double>> pairs((lists[0] ? lists[0] : lists[1])->items->size());
  for (int side : {0, 1})
    for (size_t k = 0; k < pairs.size(); ++k) {
      const double *number = (lists[side] ? (*lists[side]->items)[k] : *sides[side]).as<double>();
      if (!number)
        return std::nullopt;
      (side == 0 ? pairs[k].first : pairs[k].second) = *number;
    }
  return pairs;
}

MaybeThing Elaborator::arithmetic(const std::string &op, const Thing &left, const Thing &right, SourceLocation loc) {
  struct Row {
    const char *symbol, *function;
    double (*number)(double, double);
    bool ofLists = false; ///< Lists of numbers give a list; a comparison of them chooses between vectors.
  };
  static const Row rows[] = {
      {"+", "add", [](double a, double b) { return a + b; }, true},
      {"-", "sub", [](double a, double b) { return a - b; }, true},
      {"*", "mul", [](double a, double b) { return a * b; }, true},
      {"/", "div", [](double a, double b) { return a / b; }, true},
      {"<", "less", [](double a, double b) { return double(a < b); }},
      {"<=", "less_equal", [](double a, double b) { return double(a <= b); }},
      {">", "greater", [](double a, double b) { return double(a > b); }},
      {">=", "greater_equal", [](double a, double b) { return double(a >= b); }},
      {"==", nullptr, [](double a, double b) { return double(a == b); }},
      {"!=", nullptr, [](double a, double b) { return double(a != b); }},
  };
  for (const Row &row : rows) {
    if (op != row.symbol)
      continue;
    // Lists of numbers that are compared stay a constant vector: what `where` chooses by.
    bool compares = std::string_view("+-*/").find(op) == std::string_view::npos;
    if (compares ? listsVectors({left, right}) : actsOnItems({left, right}))
      return overItems({left, right}, loc,
                       [&](const std::vector<Thing> &items) { return arithmetic(op, items[0], items[1], loc); });
    if (const double *a = left.as<double>(), *b = right.as<double>(); a && b)
      return finite(row.number(*a, *b), loc, fmt::format("{} {} {}", *a, op, *b));
    if (auto pairs = row.ofLists ? numbersOfLists(left, right) : std::nullopt) {
      std::vector<Thing> items;
      for (auto [a, b] : *pairs)
        if (auto item = finite(row.number(a, b), loc, fmt::format("{} {} {}", a, op, b)))
          items.push_back(*item);
        else
          return std::nullopt;
      return Thing::list(std::move(items));
    }
    if (!row.function)
      return fail(Kind::TypeMismatch, loc, "`{}` compares numbers that are known at compile time", op);
    return applyFunction(row.function, {left, right}, loc);
  }
  return fail(Kind::Syntax, loc, "unknown operator `{}`", op);
}

MaybeThing Elaborator::negate(const Thing &operand, SourceLocation loc) {
  if (actsOnItems({operand}))
    return overItems({operand}, loc, [&](const std::vector<Thing> &items) { return negate(items[0], loc); });
  if (const double *number = operand.as<double>())
    return Thing{-*number};
  return applyFunction("neg", {operand}, loc);
}

MaybeThing Elaborator::power(const Thing &base, const Thing &exponent, SourceLocation loc) {
  if (actsOnItems({base, exponent}))
    return overItems({base, exponent}, loc,
                     [&](const std::vector<Thing> &items) { return power(items[0], items[1], loc); });
  const double *number = exponent.as<double>();
  if (const double *constant = base.as<double>(); constant && number)
    return finite(std::pow(*constant, *number), loc, fmt::format("{} ^ {}", *constant, *number));
  if (number && *number == std::trunc(*number) && std::abs(*number) <= 64)
    return wholePower(base, static_cast<int>(*number), loc);
  return applyFunction("pow", {base, exponent}, loc);
}

// Products, squares and cubes are defined for every base; a general power only for a positive one.
MaybeThing Elaborator::wholePower(const Thing &base, int exponent, SourceLocation loc) {
  if (exponent == 1)
    return base;
  if (exponent <= 0) {
    MaybeThing inverse = exponent == 0 ? arithmetic("-", base, base, loc) : wholePower(base, -exponent, loc);
    return inverse ? arithmetic(exponent == 0 ? "+" : "/", Thing{1.0}, *inverse, loc) : std::nullopt;
  }
  bool even = exponent % 2 == 0, triple = exponent % 3 == 0;
  MaybeThing root = wholePower(base, even ? exponent / 2 : triple ? exponent / 3 : exponent - 1, loc);
  if (!root)
    return std::nullopt;
  return even || triple ? applyFunction(even ? "square" : "cube", {*root}, loc) : arithmetic("*", base, *root, loc);
}

std::optional<std::vector<TensorThing>> Elaborator::broadcast(std::vector<Thing> things, SourceLocation loc) {
  Shape shape;
  for (Thing &thing : things) {
    if (auto constant = constantVector(thing, loc))
      thing.is = *constant;
    const TensorThing *tensor = thing.as<TensorThing>();
    if (!tensor && !thing.as<double>())
      return failFor(thing, Kind::TypeMismatch, loc, "expected numbers or vectors, but found {}", thing.describe());
    if (!tensor || tensor->shape.empty())
      continue;
    if (!shape.empty() && shape != tensor->shape)
      return failFor(thing, Kind::ShapeMismatch, loc, "{} and {} do not go together", describeShape(shape),
                     describeShape(tensor->shape));
    shape = tensor->shape;
  }
  std::vector<TensorThing> result;
  for (const Thing &thing : things) {
    if (const double *number = thing.as<double>())
      result.push_back({scalarConstant(*number, shape, loc), shape});
    else if (const TensorThing &tensor = *thing.as<TensorThing>(); tensor.shape == shape)
      result.push_back(tensor);
    else if (tensor.truth)
      return fail(Kind::ShapeMismatch, loc, "a comparison of scalars does not choose between vectors");
    else
      result.push_back({builder.splat(tensor.value, shape, loc), shape});
  }
  return result;
}

MaybeThing Elaborator::applyFunction(std::string_view function, const std::vector<Thing> &operands,
                                     SourceLocation loc) {
  auto tensors = broadcast(operands, loc);
  if (!tensors)
    return std::nullopt;
  bool chooses = function == "where";
  std::vector<Value> values;
  for (size_t i = 0; i < tensors->size(); ++i) {
    const TensorThing &tensor = (*tensors)[i];
    if (tensor.truth != (chooses && i == 0))
      return fail(Kind::TypeMismatch, loc, "{}",
                  chooses && i == 0 ? "the first argument of `where` must be a comparison"
                                    : "a comparison is not a number");
    values.push_back(tensor.value);
  }
  bool truth = function.starts_with("less") || function.starts_with("greater");
  return Thing{TensorThing{builder.apply(function, values, loc), tensors->back().shape, truth}};
}

MaybeThing Elaborator::evaluateIndex(const Expr &expr, const Scope &scope) {
  auto from = evaluate(expr.items[0], scope);
  if (!from)
    return std::nullopt;
  const ListThing *list = from->as<ListThing>();
  const TensorThing *tensor = from->as<TensorThing>();
  if (!list && (!tensor || tensor->shape.size() != 1))
    return fail(Kind::TypeMismatch, expr.loc, "only vectors and lists have elements; this is {}", from->describe());
  int64_t size = list ? static_cast<int64_t>(list->items->size()) : tensor->shape[0];
  std::vector<int64_t> indices;
  bool single = false;
  if (expr.kind == ExprKind::Slice) {
    int64_t bounds[] = {0, size};
    for (int side : {0, 1})
      if (const ExprPtr &bound = expr.items[1 + side]) {
        auto value = evaluate(bound, scope);
        auto number = value ? integer(*value, bound->loc, "a bound") : std::nullopt;
        if (!number)
          return std::nullopt;
        bounds[side] = *number < 0 ? *number + size : *number;
      }
    if (bounds[0] < 0 || bounds[1] > size || bounds[0] > bounds[1])
      return fail(Kind::BadIndex, expr.loc, "[{}:{}] is not within 0 .. {}", bounds[0], bounds[1], size);
    for (int64_t i = bounds[0]; i < bounds[1]; ++i)
      indices.push_back(i);
  } else {
    auto index = evaluate(expr.items[1], scope);
    if (!index)
      return std::nullopt;
    single = index->as<double>();
    auto numbers = single ? std::nullopt : integers(*index, expr.items[1]->loc, "an index");
    auto number = single ? integer(*index, expr.items[1]->loc, "an index") : std::nullopt;
    if (!numbers && !number)
      return std::nullopt;
    indices = single ? std::vector<int64_t>{*number < 0 ? *number + size : *number} : *numbers;
    std::set<int64_t> seen;
    for (int64_t i : indices) {
      if (i < 0 || i >= size)
        return fail(Kind::BadIndex, expr.items[1]->loc, "index {} is not in 0 .. {}", i, size - 1);
      if (!seen.insert(i).second)
        return fail(Kind::BadIndex, expr.items[1]->loc, "index {} occurs twice", i);
    }
  }
  if (list) {
    if (single)
      return (*list->items)[indices[0]];
    std::vector<Thing> items;
    for (int64_t i : indices)
      items.push_back((*list->items)[i]);
    return Thing::list(std::move(items));
  }
  TensorThing elements = extract(*tensor, std::move(indices), expr.loc);
  if (single)
    return Thing{TensorThing{builder.sum(elements.value, expr.loc), {}}};
  return Thing{elements};
}

} // namespace flowc::dsl

// SPDX-License-Identifier: MIT
//
// Parameters: a domain is both a map from the reals, applied here, and a fact, told to the builder.

#include "dsl/Elaborator.h"

#include <cmath>
#include <fmt/ranges.h>
#include <numbers>
#include <numeric>

namespace flowc::dsl {
namespace {

constexpr int64_t kMostParameters = 100'000'000;
constexpr int64_t kMostOrdered = 4096; ///< Its running sum is a constant matrix of that size.
constexpr double kInfinity = std::numeric_limits<double>::infinity();

} // namespace

std::optional<Elaborator::Domain> Elaborator::readDomain(const ExprPtr &expr, const Scope &scope) {
  static const std::pair<const char *, Domain::Kind> names[] = {
      {"real", Domain::Kind::Real},       {"positive", Domain::Kind::Positive}, {"unit", Domain::Kind::Unit},
      {"bounded", Domain::Kind::Bounded}, {"simplex", Domain::Kind::Simplex},   {"ordered", Domain::Kind::Ordered},
      {"norm", Domain::Kind::Norm},       {"spectral", Domain::Kind::Spectral},
      {"circle", Domain::Kind::Bounded}};
  std::vector<std::string> known;
  for (auto [name, kind] : names) {
    known.push_back(name);
    if (expr->text != name)
      continue;
    if (expr->text == "circle") // An angle.
      return Domain{kind, -std::numbers::pi, std::numbers::pi};
    Domain domain{kind};
    bool isNorm = kind == Domain::Kind::Norm || kind == Domain::Kind::Spectral;
    if (kind != Domain::Kind::Bounded && !isNorm)
      return domain;
    std::vector<double> bounds;
    for (const Argument &argument : expr->arguments) {
      auto value = evaluate(argument.value, scope);
      if (!value)
        return std::nullopt;
      if (!value->as<double>())
        return fail(Kind::BadDomain, argument.value->loc, "a bound must be a number, but is {}", value->describe());
      bounds.push_back(*value->as<double>());
    }
    if (isNorm) {
      if (bounds.size() != 1 || !(bounds[0] > 0))
        return fail(Kind::BadDomain, expr->loc, "`{}` takes a bound above 0", name);
      return Domain{kind, 0, bounds[0]};
    }
    if (bounds.size() == 1)
      bounds.insert(bounds.begin(), -bounds[0]);
    if (bounds.size() != 2 || !(bounds[0] < bounds[1]))
      return fail(Kind::BadDomain, expr->loc, "`bounded` takes a bound, or a lower and a larger upper bound");
    return Domain{kind, bounds[0], bounds[1]};
  }
  if (expr->text == "label")
    return fail(Kind::BadDomain, expr->loc, "`label` is a domain of a flow's `context` alone");
  report(Kind::BadDomain, expr->loc, fmt::format("no domain is called `{}`", expr->text)).suggestion =
      nearestName(expr->text, known);
  return std::nullopt;
}

std::optional<Interval> Elaborator::intervalOf(const Domain &domain) {
  switch (domain.kind) {
  case Domain::Kind::Positive:
    return Interval{0, kInfinity};
  case Domain::Kind::Unit:
  case Domain::Kind::Simplex:
    return Interval{0, 1};
  case Domain::Kind::Bounded:
    return Interval{domain.low, domain.high};
  default:
    return std::nullopt;
  }
}

/// What the raw parameter is where the constrained one is `value`; NaN outside of the domain.
static double unconstrain(double value, std::optional<Interval> interval, bool positive) {
  if (!interval)
    return value;
  if (positive)
    return value + std::log(-std::expm1(-value));
  double middle = (interval->low + interval->high) / 2, half = (interval->high - interval->low) / 2;
  return std::atanh((value - middle) / half);
}

/// The raw vector of a simplex or an ordered parameter with these values; empty if there is none.
static std::vector<double> unconstrainVector(const std::vector<double> &values, bool simplex) {
  std::vector<double> raw;
  double last = 0, total = std::accumulate(values.begin(), values.end(), 0.0);
  for (double value : values) {
    bool first = raw.empty();
    raw.push_back(simplex ? std::log(value) : first ? value : unconstrain(value - last, Interval{0, kInfinity}, true));
    last = value;
    if (!std::isfinite(raw.back()))
      return {};
  }
  return simplex && std::abs(total - 1) > 1e-6 ? std::vector<double>() : raw;
}

std::optional<double> Elaborator::rawBeginning(double value, const Domain &domain, const std::string &name, SourceLocation loc) {
  double raw = unconstrain(value, intervalOf(domain), domain.kind == Domain::Kind::Positive);
  if (!std::isfinite(raw))
    return fail(Kind::BadInit, loc, "the value {} of `{}` is not inside its domain", value, name);
  return raw;
}

std::optional<ParameterInit> Elaborator::readInit(const ParamDecl &decl, const Domain &domain, const Shape &shape,
                                                  const Scope &scope) {
  ParameterInit init;
  bool vectorDomain = domain.kind == Domain::Kind::Simplex || domain.kind == Domain::Kind::Ordered;
  if (decl.value) {
    auto value = evaluate(decl.value, scope);
    if (!value)
      return std::nullopt;
    std::vector<double> numbers;
    if (const double *number = value->as<double>())
      numbers.push_back(*number);
    else if (const ListThing *list = value->as<ListThing>())
      for (const Thing &item : *list->items)
        numbers.push_back(item.as<double>() ? *item.as<double>() : std::nan(""));
    int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
    if (numbers.empty() || (!value->as<double>() && static_cast<int64_t>(numbers.size()) != count))
      return fail(Kind::BadInit, decl.value->loc, "`{}` has {} element{}, but its value is {}", decl.name, count,
                  count == 1 ? "" : "s", value->describe());
    if (vectorDomain) {
      bool simplex = domain.kind == Domain::Kind::Simplex;
      std::vector<double> raw = value->as<double>() ? std::vector<double>() : unconstrainVector(numbers, simplex);
      if (raw.empty())
        return fail(Kind::BadInit, decl.value->loc, "`{}` begins at a list of {} {} numbers{}, but its value is {}",
                    decl.name, count, simplex ? "positive" : "increasing", simplex ? " that add up to 1" : "",
                    value->as<double>() ? value->describe() : fmt::format("[{}]", fmt::join(numbers, ", ")));
      return ParameterInit{ParameterInit::Kind::Values, 0, 0, std::move(raw)};
    }
    if (domain.kind == Domain::Kind::Norm || domain.kind == Domain::Kind::Spectral) {
      double sum = 0; // (The other norm is not above this one.)
      for (double number : numbers)
        sum += number * number * (value->as<double>() ? count : 1);
      if (!(sum <= domain.high * domain.high))
        return fail(Kind::BadInit, decl.value->loc, "the value of `{}` has the norm {:.6g}, which is above {:.6g}", decl.name,
                    std::sqrt(sum), domain.high);
    }
    for (double &number : numbers) {
      auto raw = rawBeginning(number, domain, decl.name, decl.value->loc);
      if (!raw)
        return std::nullopt;
      number = *raw;
    }
    init.kind = value->as<double>() ? ParameterInit::Kind::Constant : ParameterInit::Kind::Values;
    init.a = numbers[0];
    init.values = value->as<double>() ? std::vector<double>() : numbers;
    return init;
  }
  if (!decl.distribution)
    return init;
  auto arguments = evaluateArguments(decl.distribution->arguments, scope);
  if (!arguments)
    return std::nullopt;
  std::vector<double> numbers;
  for (const auto &entry : arguments->entries)
    numbers.push_back(entry.value.as<double>() ? *entry.value.as<double>() : std::nan(""));
  const std::string &name = decl.distribution->text;
  bool finite = !numbers.empty() && std::isfinite(std::accumulate(numbers.begin(), numbers.end(), 0.0));
  if (name == "normal" && numbers.size() == 1 && finite && numbers[0] >= 0)
    return ParameterInit{ParameterInit::Kind::Normal, 0, numbers[0], {}};
  if (name == "uniform" && numbers.size() == 1 && finite && numbers[0] >= 0)
    return ParameterInit{ParameterInit::Kind::Uniform, -numbers[0], numbers[0], {}};
  if (name == "uniform" && numbers.size() == 2 && finite && numbers[0] <= numbers[1])
    return ParameterInit{ParameterInit::Kind::Uniform, numbers[0], numbers[1], {}};
  if (name == "at" && numbers.size() == 1 && finite && !vectorDomain) {
    auto raw = rawBeginning(numbers[0], domain, decl.name, decl.distribution->loc);
    return raw ? std::optional(ParameterInit{ParameterInit::Kind::Constant, *raw, 0, {}}) : std::nullopt;
  }
  return fail(Kind::BadInit, decl.distribution->loc,
              "expected `normal(deviation)`, `uniform(bound)`, `uniform(low, high)` or `at(value)` with finite numbers{}",
              vectorDomain && name == "at" ? "; `at` is for numbers, each in a domain of its own" : "");
}

Value Elaborator::constrain(Value raw, const Shape &shape, const Domain &domain, SourceLocation loc) {
  switch (domain.kind) {
  case Domain::Kind::Real:
    return raw;
  case Domain::Kind::Positive:
    return apply("softplus", {raw}, loc);
  case Domain::Kind::Unit: {
    // (1 + tanh r) / 2 = sigmoid(2 r): one map for all bounded domains.
    return apply("sigmoid", {apply("mul", {scalarConstant(2, shape, loc), raw}, loc)}, loc);
  }
  case Domain::Kind::Bounded: {
    Value half = scalarConstant((domain.high - domain.low) / 2, shape, loc);
    Value scaled = apply("mul", {half, apply("tanh", {raw}, loc)}, loc);
    if (domain.low == -domain.high)
      return scaled;
    return apply("add", {scalarConstant((domain.low + domain.high) / 2, shape, loc), scaled}, loc);
  }
  case Domain::Kind::Simplex:
    return softmax({raw, shape}, loc).value;
  case Domain::Kind::Ordered: {
    // First element, then positive steps, summed up.
    int64_t count = shape[0];
    std::vector<int64_t> rest(count - 1);
    std::iota(rest.begin(), rest.end(), 1);
    Value steps = apply("softplus", {builder.extract(raw, rest, loc)}, loc);
    Value pieces[] = {builder.extract(raw, {0}, loc), steps};
    Value increments = builder.merge(pieces, {{0}, rest}, count, loc);
    std::vector<double> triangle;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < count; ++j)
        triangle.push_back(j <= i ? 1 : 0);
    return builder.matvec(builder.constant({count, count}, triangle, loc), increments, 1, loc);
  }
  case Domain::Kind::Spectral: {
    Value factor = apply("div", {scalarConstant(domain.high, {}, loc), builder.spectralNorm(raw, domain.high, loc)}, loc);
    return apply("mul", {raw, builder.splat(factor, shape, loc)}, loc);
  }
  case Domain::Kind::Norm: {
    // Shortened where it is too long, by its true length. The root is of a number above 0, so that there is a gradient at 0 too.
    Value squares = builder.sum(apply("square", {raw}, loc), loc), square = scalarConstant(domain.high * domain.high, {}, loc);
    Value length = apply("sqrt", {apply("max", {squares, square}, loc)}, loc);
    Value factor = apply("div", {scalarConstant(domain.high, {}, loc), length}, loc);
    return apply("mul", {raw, shape.empty() ? factor : builder.splat(factor, shape, loc)}, loc);
  }
  }
  return raw;
}

std::optional<TensorThing> Elaborator::rawParameter(const std::string &name, const Shape &shape,
                                                    const ParameterInit &init, SourceLocation loc) {
  if (inEnergy)
    return fail(Kind::TypeMismatch, loc,
                "an energy has no parameters that are learned: it is what the flow learns to resemble; give numbers instead");
  int64_t count = std::accumulate(shape.begin(), shape.end(), int64_t(1), std::multiplies<>());
  parameterCount += count;
  if (parameterCount > kMostParameters)
    return fail(Kind::TooLarge, loc, "the model has more than {} parameters", kMostParameters);
  return TensorThing{builder.parameter(name, shape, init, loc), shape};
}

TensorThing Elaborator::constrainWithFact(const TensorThing &raw, const Domain &domain, SourceLocation loc) {
  Value value = constrain(raw.value, raw.shape, domain, loc);
  auto interval = intervalOf(domain);
  if (domain.kind == Domain::Kind::Simplex && raw.shape[0] == 1)
    interval = Interval{1, 1, false, false}; // A single number that adds up to 1 is 1.
  if (interval)
    value = builder.constrained(value, *interval, loc);
  if (domain.kind == Domain::Kind::Norm || domain.kind == Domain::Kind::Spectral)
    value = builder.normBounded(value, domain.high, domain.kind == Domain::Kind::Spectral, loc);
  return {value, raw.shape};
}

bool Elaborator::isFree(const std::string &name, SourceLocation loc, const Scope &scope) {
  auto [place, isNew] = paramPlaces.emplace(name, loc);
  bool again = !isNew && place->second.line == loc.line && place->second.column == loc.column;
  return again || !scope.count(name) || reject(Kind::Redefinition, loc, "`{}` is already a name here", name);
}

bool Elaborator::declareParameter(const ParamDecl &decl, Scope &scope) {
  if (!isFree(decl.name, decl.loc, scope))
    return false;
  auto domain = readDomain(decl.domain, scope);
  if (!domain)
    return false;
  Shape shape;
  for (const ExprPtr &size : decl.shape) {
    auto value = evaluate(size, scope);
    auto number = value ? integer(*value, size->loc, "a size") : std::nullopt;
    if (!number)
      return false;
    if (*number < 0 || *number > kMostParameters) {
      failFor(*value, Kind::BadSize, size->loc, "a size of {} is not between 0 and {}", *number, kMostParameters);
      return false;
    }
    shape.push_back(*number);
  }
  bool needsVector = domain->kind == Domain::Kind::Simplex || domain->kind == Domain::Kind::Ordered;
  if (shape.size() > 2 || (needsVector && (shape.size() != 1 || shape[0] < 1)))
    return reject(Kind::BadSize, decl.loc, "{}",
                  needsVector ? "a `simplex` or `ordered` parameter is a vector of at least one element"
                              : "a parameter is a scalar, a vector or a matrix");
  if (domain->kind == Domain::Kind::Spectral && shape.size() != 2)
    return reject(Kind::BadSize, decl.loc, "a `spectral` parameter is a matrix; the length of a vector is what `norm` bounds");
  if (domain->kind == Domain::Kind::Ordered && shape[0] > kMostOrdered)
    return reject(Kind::TooLarge, decl.loc, "an `ordered` parameter has at most {} elements, not {}", kMostOrdered,
                  shape[0]);
  auto init = readInit(decl, *domain, shape, scope);
  if (!init)
    return false;
  std::string name = uniquePath(decl.name);
  auto raw = rawParameter(name, shape, *init, decl.loc);
  if (!raw)
    return false;
  Thing value{constrainWithFact(*raw, *domain, decl.loc)};
  nameThing(value, decl.name);
  if (decl.start && startRule == StartRule::Wrong)
    return reject(Kind::BadStart, decl.start->loc,
                  "a generative layer computes from latent values; there are no data for `{}` to start from",
                  decl.name);
  if (decl.start && startRule == StartRule::FromData) {
    if (domain->kind != Domain::Kind::Real)
      return reject(Kind::BadStart, decl.start->loc, "only a `real` parameter can start from data");
    inStart = true;
    auto start = evaluate(decl.start, scope);
    inStart = false;
    const TensorThing *tensor = start ? start->as<TensorThing>() : nullptr;
    if (start && (!tensor || tensor->shape != shape))
      fail(Kind::BadStart, decl.start->loc, "`{}` is {}, but starts from {}", decl.name, describeShape(shape),
           start->describe());
    if (!tensor || tensor->shape != shape)
      return false;
    builder.startParameter(name, tensor->value, decl.loc);
  }
  scope.insert_or_assign(decl.name, value);
  return true;
}

} // namespace flowc::dsl

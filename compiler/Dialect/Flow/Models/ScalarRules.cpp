// SPDX-License-Identifier: MIT
//
// Reads the table of scalar functions, and lets its rows answer the four interfaces for their ops. A row's position in the table
// is the template argument of its model: there is one model, not one per function.

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "compiler/Dialect/Flow/Models/Models.h"

#include <cmath>

using namespace mlir;

namespace flowc::flow {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLog2 = 0.69314718055994530942;
constexpr double kLog3 = 1.09861228866810969140;
constexpr double kSqrt2 = 1.41421356237309504880;
constexpr double kSqrtPi = 1.77245385090551602730;
constexpr double kLogSqrtPi = 0.57236494292470008707;

// Every value is right but for a few last bits, also where a simpler formula would cancel or overflow: bounds rest on that.

double softplus(double v) { return v > 0 ? v + std::log1p(std::exp(-v)) : std::log1p(std::exp(v)); }

double softplusInverse(double v) { return v > 1 ? v + std::log(-std::expm1(-v)) : std::log(std::expm1(v)); }

double logit(double v) { return v > 0.25 && v < 0.75 ? 2 * std::atanh(2 * v - 1) : std::log(v) - std::log1p(-v); }

/// The x with normal_cdf(x) = v, by halving: only bounds and the prover's search ask for it.
double normalQuantile(double v) {
  if (!(v > 0 && v < 1))
    return std::nan("");
  // 1 - v is exact, and the lower tail is where erfc is.
  if (v > 0.5)
    return -normalQuantile(1 - v);
  double low = -40, high = 0;
  for (int step = 0; step < 1100; ++step) {
    double middle = (low + high) / 2;
    if (middle == low || middle == high)
      break;
    // Near 0 the distribution itself has no digits left for its distance from a half.
    bool below = v > 0.25 ? std::erf(middle / kSqrt2) < 2 * v - 1 : 0.5 * std::erfc(-middle / kSqrt2) < v;
    (below ? low : high) = middle;
  }
  return high;
}

} // namespace

llvm::ArrayRef<ScalarRule> scalarRules() {
  using enum Direction;
#define NONE std::nullopt
#define ODD "(=> (= (+ x u) 0.0) (= (+ y v) 0.0))"
#define EVEN "(=> (= (+ x u) 0.0) (= y v))"
#define SCALAR_RULE(NAME, OP, VALUE, DOMAIN, RANGE, INJECTIVE, DIRECTION, DERIVATIVE, LOG_DERIVATIVE, INVERSE, TERM, LEMMA,   \
                    PAIR_LEMMA, STEEPEST, GROWTH)                                                                             \
  ScalarRule{NAME,                                                                                                    \
             OP::getOperationName(),                                                                                  \
             [](OpBuilder &builder, Location loc, Value x) -> Value { return OP::create(builder, loc, x); },          \
             [](double v) -> double { return VALUE; },                                                                \
             DOMAIN,                                                                                                  \
             RANGE,                                                                                                   \
             INJECTIVE,                                                                                               \
             DIRECTION,                                                                                               \
             [](Expr x, Expr y) -> Expr { return DERIVATIVE; },                                                       \
             [](Expr x, Expr y) -> std::optional<Expr> { return LOG_DERIVATIVE; },                                    \
             [](Expr y) -> std::optional<Expr> { return INVERSE; },                                                    \
             TERM,                                                                                                    \
             LEMMA,                                                                                                   \
             PAIR_LEMMA,                                                                                              \
             STEEPEST,                                                                                                \
             GROWTH},
  static const ScalarRule rules[] = {
#include "compiler/Dialect/Flow/Models/ScalarRules.def"
  };
#undef SCALAR_RULE
#undef NONE
#undef ODD
#undef EVEN
  return rules;
}

namespace {

/// f at an end of an interval, a little too low and too high.
Interval valueAt(const ScalarRule &rule, double x, bool open) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  double y = rule.value(x);
  // What is 0 or 1 at 0 or 1 is so exactly, and so are limits.
  if (((x == 0 || x == 1) && (y == 0 || y == 1)) || std::isinf(x))
    return {y, y, open, open};
  // C++ promises no last bits, and a small value of a large argument is a difference of larger numbers.
  double slack = 1e-12 * std::abs(y) + (std::abs(y) < 1e-3 && std::abs(x) > 1e-3 ? 1e-15 : 0);
  if (std::isinf(y))
    return y > 0 ? Interval{kLargest, y, true, true} : Interval{y, -kLargest, true, true};
  return {std::nextafter(y - slack, -kInfinity), std::nextafter(y + slack, kInfinity), open, open};
}

/// `image`, which may be a little too large, without what is outside of f's range.
Interval clip(Interval image, const Interval &range) {
  if (!(image.low > range.low))
    image.low = range.low, image.lowOpen |= range.lowOpen;
  if (!(image.high < range.high))
    image.high = range.high, image.highOpen |= range.highOpen;
  return image;
}

/// The image of a function that turns at every multiple of a period, counted from an end of where it is injective.
Interval periodicImage(const ScalarRule &rule, const Interval &x) {
  double start = rule.injectiveOn.low, period = rule.injectiveOn.high - start;
  // Far out the argument's own rounding is larger than what is asked here.
  if (!(x.low > -1e6 && x.high < 1e6 && x.high - x.low < 2 * period))
    return rule.range;
  constexpr double kSlack = 1e-9;
  Interval image = hull(valueAt(rule, x.low, x.lowOpen), valueAt(rule, x.high, x.highOpen));
  for (double k = std::ceil((x.low - start) / period - kSlack); start + k * period < x.high + kSlack; ++k) {
    bool top = (std::fmod(std::abs(k), 2) == 1) == (rule.direction == Direction::Increasing);
    image = hull(image, Interval::point(top ? rule.range.high : rule.range.low));
  }
  return clip(image, rule.range);
}

} // namespace

Interval imageOf(const ScalarRule &rule, const Interval &x) {
  if (rule.isPeriodic() && !x.within(rule.injectiveOn))
    return periodicImage(rule, x);
  // An even function is asked on the side where it is known.
  if (rule.isEven() && x.high <= 0 && x.low < 0)
    return imageOf(rule, -x);
  if (rule.isEven() && x.low < 0) {
    Interval farther = -x.low > x.high ? Interval{0, -x.low, false, x.lowOpen} : Interval{0, x.high, false, x.highOpen};
    farther.highOpen &= -x.low != x.high || (x.lowOpen && x.highOpen);
    return imageOf(rule, farther);
  }
  Interval closure{rule.injectiveOn.low, rule.injectiveOn.high, std::isinf(rule.injectiveOn.low),
                   std::isinf(rule.injectiveOn.high)};
  if (!x.within(closure))
    return rule.range;
  Interval low = valueAt(rule, x.low, x.lowOpen), high = valueAt(rule, x.high, x.highOpen);
  if (rule.direction == Direction::Decreasing)
    std::swap(low, high);
  return clip({low.low, high.high, low.lowOpen, high.highOpen}, rule.range);
}

double steepnessOn(const ScalarRule &rule, MLIRContext *context, const Interval &x) {
  OpBuilder builder(context);
  Block scratch;
  builder.setInsertionPointToEnd(&scratch);
  Location loc = builder.getUnknownLoc();
  Expr argument(builder, loc, scratch.addArgument(builder.getF64Type(), loc));
  Expr value(builder, loc, rule.build(builder, loc, argument));
  llvm::DenseMap<Value, Interval> given{{argument, x}};
  return std::min(rule.steepest, magnitude(inferRange(rule.derivative(argument, value), given)));
}

std::string substitute(llvm::StringRef formula, llvm::ArrayRef<std::pair<char, std::string>> names) {
  std::string text;
  for (size_t i = 0; i < formula.size(); ++i) {
    bool alone = (i == 0 || !llvm::isAlnum(formula[i - 1])) && (i + 1 == formula.size() || !llvm::isAlnum(formula[i + 1]));
    const auto *found = llvm::find_if(names, [&](const auto &entry) { return entry.first == formula[i]; });
    if (alone && found != names.end())
      text += found->second;
    else
      text += formula[i];
  }
  return text;
}

bool ScalarRule::isEven() const { return injectiveOn.low == 0 && std::isinf(injectiveOn.high) && domain.low < 0; }

bool ScalarRule::isPeriodic() const {
  return std::isfinite(injectiveOn.low) && std::isfinite(injectiveOn.high) && !std::isfinite(domain.high);
}

const ScalarRule *findScalarRule(llvm::StringRef name) {
  for (const ScalarRule &rule : scalarRules())
    if (rule.name == name)
      return &rule;
  return nullptr;
}

const ScalarRule *findScalarRule(Operation *op) {
  for (const ScalarRule &rule : scalarRules())
    if (rule.opName == op->getName().getStringRef())
      return &rule;
  return nullptr;
}

llvm::ArrayRef<ScalarIdentity> scalarIdentities() {
#define SCALAR_IDENTITY(F, G, IDENTITY) {F, G, IDENTITY},
  static const ScalarIdentity identities[] = {
#include "compiler/Dialect/Flow/Models/ScalarIdentities.def"
  };
#undef SCALAR_IDENTITY
  return identities;
}

llvm::ArrayRef<ScalarProduct> scalarProducts() {
#define SCALAR_PRODUCT(F, STEEPEST) {F, STEEPEST},
  static const ScalarProduct products[] = {
#include "compiler/Dialect/Flow/Models/ScalarProducts.def"
  };
#undef SCALAR_PRODUCT
  return products;
}

/// At an end of f's domain that of its range, f of it inside.
Limit limitOf(const ScalarRule &rule, OpBuilder &builder, Location loc, const Limit &x) {
  std::optional<double> end;
  if (x.isInfinite())
    end = x.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
  else if (x.kind == Limit::Finite)
    end = constantValue(x.value);
  if (end == 0.0 || end == 1.0)
    if (double there = rule.value(*end); there == 0 || there == 1)
      return Limit::number(builder, loc, there);
  // An even function does at -inf what it does at inf.
  if (rule.isEven() && end == -kInfinity)
    end = kInfinity;
  bool monotone = rule.domain.high == rule.injectiveOn.high && (end == kInfinity || rule.domain.within(rule.injectiveOn));
  bool atLow = end == rule.domain.low && rule.domain.lowOpen, atHigh = end == rule.domain.high && rule.domain.highOpen;
  if (monotone && (atLow || atHigh)) {
    bool low = atLow == (rule.direction == Direction::Increasing);
    Limit limit = Limit::number(builder, loc, low ? rule.range.low : rule.range.high);
    if (limit.isInfinite() && x.growth && rule.growth > 0)
      limit.growth = powerOf(*x.growth, rule.growth, signOf(limit));
    return limit;
  }
  llvm::DenseMap<Value, Interval> given;
  if (x.kind == Limit::Finite && inferRange(x.value, given).within(rule.domain))
    return Limit::finite(rule.build(builder, loc, x.value));
  bool bounded = std::isfinite(rule.range.low) && std::isfinite(rule.range.high);
  return bounded ? Limit::bounded() : Limit::unknown();
}

namespace {

template <typename Op, unsigned Row>
struct ScalarDependency : DependencyOpInterface::ExternalModel<ScalarDependency<Op, Row>, Op> {
  ElementSets dependencies(Operation *, ArrayRef<ElementSets> operands, SetPool &) const { return operands[0]; }
  bool isElementwise(Operation *) const { return true; }
};

template <typename Op, unsigned Row> struct ScalarRange : RangeOpInterface::ExternalModel<ScalarRange<Op, Row>, Op> {
  Interval inferRange(Operation *, ArrayRef<Interval> operands) const { return imageOf(scalarRules()[Row], operands[0]); }
  SmallVector<Requirement> requirements(Operation *) const {
    const ScalarRule &rule = scalarRules()[Row];
    if (rule.domain == Interval::all())
      return {};
    return {{0, rule.domain, false}};
  }
  double evaluate(Operation *, ArrayRef<double> operands) const { return scalarRules()[Row].value(operands[0]); }
  std::string smtTerm(Operation *, ArrayRef<std::string> operands) const {
    return substitute(scalarRules()[Row].smtTerm, {{'x', operands[0]}});
  }
  Limit limit(Operation *op, OpBuilder &builder, ArrayRef<Limit> operands) const {
    return limitOf(scalarRules()[Row], builder, op->getLoc(), operands[0]);
  }
  double steepness(Operation *op, ArrayRef<Interval> operands, ArrayRef<double>, ArrayRef<double> moves) const {
    return times(steepnessOn(scalarRules()[Row], op->getContext(), operands[0]), moves[0]);
  }
};

template <typename Op, unsigned Row> struct ScalarSolve : SolveOpInterface::ExternalModel<ScalarSolve<Op, Row>, Op> {
  std::optional<bool> rises(Operation *, unsigned, ArrayRef<Interval> ranges) const {
    const ScalarRule &rule = scalarRules()[Row];
    return ranges[0].within(rule.injectiveOn) ? std::optional(rule.direction == Direction::Increasing) : std::nullopt;
  }
  Value solve(Operation *op, OpBuilder &builder, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval> ranges) const {
    const ScalarRule &rule = scalarRules()[Row];
    if (!ranges[0].within(rule.injectiveOn))
      return {};
    auto inverse = rule.inverse(Expr(builder, op->getLoc(), result));
    return inverse ? static_cast<Value>(*inverse) : Value();
  }
};

template <typename Op, unsigned Row>
struct ScalarDifferentiate : DifferentiateOpInterface::ExternalModel<ScalarDifferentiate<Op, Row>, Op> {
  static Expr derivative(Operation *op, OpBuilder &builder, ArrayRef<Value> operands, Value result) {
    return scalarRules()[Row].derivative(Expr(builder, op->getLoc(), operands[0]), Expr(builder, op->getLoc(), result));
  }
  Value tangent(Operation *op, OpBuilder &builder, ArrayRef<Value> operands, Value result,
                ArrayRef<Value> tangents) const {
    return derivative(op, builder, operands, result) * Expr(builder, op->getLoc(), tangents[0]);
  }
  void adjoints(Operation *op, OpBuilder &builder, ArrayRef<Value> operands, Value result, Value adjoint,
                const BitVector &wanted, SmallVectorImpl<Value> &results) const {
    if (wanted[0])
      results[0] = derivative(op, builder, operands, result) * Expr(builder, op->getLoc(), adjoint);
  }
  Value logDerivative(Operation *op, OpBuilder &builder, unsigned, ArrayRef<Value> operands, Value result) const {
    auto formula = scalarRules()[Row].logDerivative(Expr(builder, op->getLoc(), operands[0]),
                                                    Expr(builder, op->getLoc(), result));
    return formula ? static_cast<Value>(*formula) : Value();
  }
};

template <typename Op, unsigned Row> void attachRow(MLIRContext *context) {
  Op::template attachInterface<ScalarDependency<Op, Row>, ScalarRange<Op, Row>, ScalarSolve<Op, Row>,
                               ScalarDifferentiate<Op, Row>>(*context);
}

/// The ops of the table, in its order.
template <typename... Ops> struct OpList {
  template <unsigned... Rows> static void attach(MLIRContext *context, std::integer_sequence<unsigned, Rows...>) {
    (attachRow<Ops, Rows>(context), ...);
  }
  static void attachAll(MLIRContext *context) {
    attach(context, std::make_integer_sequence<unsigned, sizeof...(Ops)>());
  }
};

/// Drops the placeholder that stands before the table's first comma.
template <typename First, typename... Rest> struct DropFirst : OpList<Rest...> {};

} // namespace

void attachScalarModels(MLIRContext *context) {
#define SCALAR_RULE(NAME, OP, ...) , OP
  DropFirst<void
#include "compiler/Dialect/Flow/Models/ScalarRules.def"
            >::attachAll(context);
#undef SCALAR_RULE
}

} // namespace flowc::flow

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

/// What two values of an even function obey.
constexpr llvm::StringLiteral kEven = "(=> (= (+ x u) 0.0) (= y v))";

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
#define EVEN kEven
#define SCALAR_RULE(NAME, OP, VALUE, DOMAIN, RANGE, INJECTIVE, DIRECTION, DERIVATIVE, LOG_DERIVATIVE, INVERSE, TERM, LEMMA,   \
                    PAIR_LEMMA)                                                                                       \
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
             PAIR_LEMMA},
  static const ScalarRule rules[] = {
#include "compiler/Dialect/Flow/Models/ScalarRules.def"
  };
#undef SCALAR_RULE
#undef NONE
#undef ODD
#undef EVEN
  return rules;
}

bool isExactValue(double x, double y) { return (x == 0 || x == 1) && 2 * y == std::round(2 * y); }

Interval imageOf(const ScalarRule &rule, const Interval &x) {
  if (!x.within(rule.injectiveOn))
    return rule.range;
  double low = rule.value(x.low), high = rule.value(x.high);
  bool lowExact = isExactValue(x.low, low), highExact = isExactValue(x.high, high);
  bool lowOpen = x.lowOpen, highOpen = x.highOpen;
  if (rule.direction == Direction::Decreasing) {
    std::swap(low, high);
    std::swap(lowExact, highExact);
    std::swap(lowOpen, highOpen);
  }
  // C++ promises no last bits: a little outwards, and back into the range that is known exactly. What overflows is no
  // more than beyond all numbers.
  auto outwards = [](double end, bool exact, double to) {
    if (exact)
      return end;
    if (std::isinf(end))
      return std::nextafter(end, to);
    return std::nextafter(end + std::copysign(std::abs(end) * 0x1p-50, to), to);
  };
  Interval image{outwards(low, lowExact, -kInfinity), outwards(high, highExact, kInfinity), lowOpen, highOpen};
  if (!(image.low > rule.range.low))
    image.low = rule.range.low, image.lowOpen = rule.range.lowOpen;
  if (!(image.high < rule.range.high))
    image.high = rule.range.high, image.highOpen = rule.range.highOpen;
  return image;
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

namespace {

/// The limit of f where its argument has `x`: at an end of f's domain that of its range, f of it inside.
Limit limitOf(const ScalarRule &rule, Operation *op, OpBuilder &builder, const Limit &x) {
  std::optional<double> end;
  if (x.isInfinite())
    end = x.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
  else if (x.kind == Limit::Finite)
    end = constantValue(x.value);
  // An even function does at -inf what it does at inf.
  if (rule.pairLemma == kEven && end == -kInfinity)
    end = kInfinity;
  bool monotone = rule.domain.high == rule.injectiveOn.high && (end == kInfinity || rule.domain.within(rule.injectiveOn));
  bool atLow = end == rule.domain.low && rule.domain.lowOpen, atHigh = end == rule.domain.high && rule.domain.highOpen;
  if (monotone && (atLow || atHigh)) {
    bool low = atLow == (rule.direction == Direction::Increasing);
    return Limit::number(builder, op->getLoc(), low ? rule.range.low : rule.range.high);
  }
  llvm::DenseMap<Value, Interval> given;
  if (x.kind == Limit::Finite && inferRange(x.value, given).within(rule.domain))
    return Limit::finite(rule.build(builder, op->getLoc(), x.value));
  bool bounded = std::isfinite(rule.range.low) && std::isfinite(rule.range.high);
  return bounded ? Limit::bounded() : Limit::unknown();
}

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
    return limitOf(scalarRules()[Row], op, builder, operands[0]);
  }
};

template <typename Op, unsigned Row> struct ScalarSolve : SolveOpInterface::ExternalModel<ScalarSolve<Op, Row>, Op> {
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

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

} // namespace

llvm::ArrayRef<ScalarRule> scalarRules() {
  using enum Direction;
#define NONE std::nullopt
#define UNKNOWN (void(v), std::nan(""))
#define SCALAR_RULE(NAME, OP, VALUE, DOMAIN, RANGE, INJECTIVE, DIRECTION, DERIVATIVE, LOG_DERIVATIVE, INVERSE)                \
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
             [](Expr y) -> std::optional<Expr> { return INVERSE; }},
  static const ScalarRule rules[] = {
#include "compiler/Dialect/Flow/Models/ScalarRules.def"
  };
#undef SCALAR_RULE
#undef NONE
#undef UNKNOWN
  return rules;
}

Interval imageOf(const ScalarRule &rule, const Interval &x) {
  if (!x.within(rule.injectiveOn))
    return rule.range;
  double low = rule.value(x.low), high = rule.value(x.high);
  bool lowOpen = x.lowOpen, highOpen = x.highOpen;
  if (rule.direction == Direction::Decreasing) {
    std::swap(low, high);
    std::swap(lowOpen, highOpen);
  }
  // C++ promises no last bit: a little outwards, and back into the range that is known exactly.
  auto outwards = [](double end, double to) { return std::nextafter(std::nextafter(end, to), to); };
  Interval image{outwards(low, -kInfinity), outwards(high, kInfinity), lowOpen, highOpen};
  if (!(image.low > rule.range.low))
    image.low = rule.range.low, image.lowOpen = rule.range.lowOpen;
  if (!(image.high < rule.range.high))
    image.high = rule.range.high, image.highOpen = rule.range.highOpen;
  return image;
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

template <typename Op, unsigned Row>
struct ScalarDependency : DependencyOpInterface::ExternalModel<ScalarDependency<Op, Row>, Op> {
  ElementSets dependencies(Operation *, ArrayRef<ElementSets> operands, SetPool &) const { return operands[0]; }
  bool isElementwise(Operation *) const { return true; }
};

template <typename Op, unsigned Row> struct ScalarRange : RangeOpInterface::ExternalModel<ScalarRange<Op, Row>, Op> {
  Interval inferRange(Operation *, ArrayRef<Interval> operands) const { return imageOf(scalarRules()[Row], operands[0]); }
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

// SPDX-License-Identifier: MIT
//
// Upstream arithmetic answers the four questions: one struct of formulas per op, the mathematics above it, and one set of models
// that turns such a struct into interfaces.

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/Models/Models.h"
#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include <cmath>

using namespace mlir;

namespace flowc::flow {
namespace {

/// What a rule is asked with: where to build, and the values that stand for the op's own.
struct Site {
  OpBuilder &builder;
  Location loc;
  ArrayRef<Value> operands;
  Value result;

  Expr in(unsigned k) const { return Expr(builder, loc, operands[k]); }
  Expr out() const { return Expr(builder, loc, result); }
  Expr wrap(Value value) const { return Expr(builder, loc, value); }
};

using MaybeExpr = std::optional<Expr>;

/// The limit of max (or min): the `winning` infinity wins, the other one leaves the other operand.
template <typename Op> Limit largest(OpBuilder &builder, Location loc, ArrayRef<Limit> v, Limit::Kind winning) {
  for (unsigned k : {0u, 1u}) {
    // (How fast, only if the other one is not in the race.)
    if (v[k].kind == winning)
      return v[1 - k].staysBounded() || (v[1 - k].isInfinite() && v[1 - k].kind != winning) ? v[k] : v[k].withoutGrowth();
    if (v[k].isInfinite())
      return v[1 - k];
  }
  if (v[0].kind == Limit::Finite && v[1].kind == Limit::Finite)
    return Limit::finite(Op::create(builder, loc, v[0].value, v[1].value));
  return v[0].staysBounded() && v[1].staysBounded() ? Limit::bounded() : Limit::unknown();
}

/// Whether a factor is positive, or negative; nothing where it may be both.
std::optional<bool> positive(const Interval &range) { return range.isNonZero() ? std::optional(range.isPositive()) : std::nullopt; }

/// Defaults of a rule: nothing in closed form.
struct NoAnswer {
  /// The partial derivative by operand k; nothing if it is zero everywhere.
  static MaybeExpr partial(const Site &, unsigned) { return std::nullopt; }
  static MaybeExpr solve(const Site &, unsigned, ArrayRef<Interval>) { return std::nullopt; }
  /// Whether the result rises with operand k.
  static std::optional<bool> rises(unsigned, ArrayRef<Interval>) { return std::nullopt; }
  static MaybeExpr logPartial(const Site &, unsigned) { return std::nullopt; }
  static SmallVector<Requirement> requirements() { return {}; }
  static Limit limit(OpBuilder &, Location, ArrayRef<Limit>) { return Limit::unknown(); }
  static double steepness(ArrayRef<Interval>, ArrayRef<double>) { return kInfinity; }
  static double norm(ArrayRef<Interval>, ArrayRef<double>) { return kInfinity; }
  static Value expand(OpBuilder &, Location, ValueRange) { return {}; }
  /// The partial derivative by operand k times v; a rule may know something simpler than the product.
  template <typename Rule> static MaybeExpr scaled(const Site &site, unsigned k, Expr v) {
    MaybeExpr partial = Rule::partial(site, k);
    return partial ? MaybeExpr(*partial * v) : std::nullopt;
  }
  /// The result's tangent: the sum over the operands, unless a rule knows better.
  template <typename Rule> static MaybeExpr tangent(const Site &site, ArrayRef<Value> tangents) {
    MaybeExpr total;
    for (auto [k, tangent] : llvm::enumerate(tangents)) {
      if (!tangent)
        continue;
      MaybeExpr term = Rule::template scaled<Rule>(site, k, site.wrap(tangent));
      if (term)
        total = total ? *total + *term : term;
    }
    return total;
  }
};

// y = a + b
struct AddRule : NoAnswer {
  static std::optional<bool> rises(unsigned, ArrayRef<Interval>) { return true; }
  static Interval range(ArrayRef<Interval> r) { return r[0] + r[1]; }
  static double evaluate(ArrayRef<double> v) { return v[0] + v[1]; }
  static std::string term(ArrayRef<std::string> v) { return "(+ " + v[0] + " " + v[1] + ")"; }
  static double steepness(ArrayRef<Interval>, ArrayRef<double> d) { return d[0] + d[1]; }
  static double norm(ArrayRef<Interval>, ArrayRef<double> n) { return n[0] + n[1]; }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return sumOf(b, l, v[0], v[1]); }
  template <typename> static MaybeExpr scaled(const Site &, unsigned, Expr v) { return v; }
  static MaybeExpr logPartial(const Site &site, unsigned) { return site.out().constant(0); }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval>) { return site.out() - site.in(1 - unknown); }
};

// y = a - b
struct SubRule : NoAnswer {
  static std::optional<bool> rises(unsigned k, ArrayRef<Interval>) { return k == 0; }
  static Interval range(ArrayRef<Interval> r) { return r[0] + -r[1]; }
  static double evaluate(ArrayRef<double> v) { return v[0] - v[1]; }
  static std::string term(ArrayRef<std::string> v) { return "(- " + v[0] + " " + v[1] + ")"; }
  static double steepness(ArrayRef<Interval>, ArrayRef<double> d) { return d[0] + d[1]; }
  static double norm(ArrayRef<Interval>, ArrayRef<double> n) { return n[0] + n[1]; }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return sumOf(b, l, v[0], v[1].negated(b, l)); }
  template <typename> static MaybeExpr scaled(const Site &, unsigned k, Expr v) { return k == 0 ? v : -v; }
  static MaybeExpr logPartial(const Site &site, unsigned) { return site.out().constant(0); }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval>) {
    return unknown == 0 ? site.out() + site.in(1) : site.in(0) - site.out();
  }
};

// y = -a
struct NegRule : NoAnswer {
  static std::optional<bool> rises(unsigned, ArrayRef<Interval>) { return false; }
  static Interval range(ArrayRef<Interval> r) { return -r[0]; }
  static double evaluate(ArrayRef<double> v) { return -v[0]; }
  static std::string term(ArrayRef<std::string> v) { return "(- " + v[0] + ")"; }
  static double steepness(ArrayRef<Interval>, ArrayRef<double> d) { return d[0]; }
  static double norm(ArrayRef<Interval>, ArrayRef<double> n) { return n[0]; }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return v[0].negated(b, l); }
  template <typename> static MaybeExpr scaled(const Site &, unsigned, Expr v) { return -v; }
  static MaybeExpr logPartial(const Site &site, unsigned) { return site.out().constant(0); }
  static MaybeExpr solve(const Site &site, unsigned, ArrayRef<Interval>) { return -site.out(); }
};

// y = a b: dy/da = b; a = y / b where b cannot be 0
struct MulRule : NoAnswer {
  static std::optional<bool> rises(unsigned k, ArrayRef<Interval> r) { return positive(r[1 - k]); }
  static Interval range(ArrayRef<Interval> r) { return r[0] * r[1]; }
  static Interval rangeOfSame(const Interval &r) { return intersection(r * r, Interval(0, kInfinity, false, true)); }
  static double evaluate(ArrayRef<double> v) { return v[0] * v[1]; }
  static std::string term(ArrayRef<std::string> v) { return "(* " + v[0] + " " + v[1] + ")"; }
  static double steepness(ArrayRef<Interval> r, ArrayRef<double> d) {
    return times(magnitude(r[1]), d[0]) + times(magnitude(r[0]), d[1]);
  }
  static double norm(ArrayRef<Interval> r, ArrayRef<double> n) {
    return std::min(times(magnitude(r[1]), n[0]), times(magnitude(r[0]), n[1]));
  }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return productOf(b, l, v[0], v[1]); }
  static MaybeExpr partial(const Site &site, unsigned k) { return site.in(1 - k); }
  static MaybeExpr logPartial(const Site &site, unsigned k) { return log(abs(site.in(1 - k))); }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval> r) {
    if (!r[1 - unknown].isNonZero())
      return std::nullopt;
    return site.out() / site.in(1 - unknown);
  }
};

// y = a / b: dy/da = 1 / b, dy/db = -y / b
struct DivRule : NoAnswer {
  static std::optional<bool> rises(unsigned k, ArrayRef<Interval> r) { return k == 0 ? positive(r[1]) : std::nullopt; }
  static Interval range(ArrayRef<Interval> r) { return r[0] * reciprocal(r[1]); }
  static double evaluate(ArrayRef<double> v) { return v[0] / v[1]; }
  static std::string term(ArrayRef<std::string> v) { return "(/ " + v[0] + " " + v[1] + ")"; }
  static SmallVector<Requirement> requirements() { return {{1, Interval::all(), true}}; }
  static double steepness(ArrayRef<Interval> r, ArrayRef<double> d) {
    double inverse = magnitude(reciprocal(r[1]));
    return times(inverse, d[0] + times(times(magnitude(r[0]), inverse), d[1]));
  }
  static double norm(ArrayRef<Interval> r, ArrayRef<double> n) { return times(magnitude(reciprocal(r[1])), n[0]); }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return quotientOf(b, l, v[0], v[1]); }
  static MaybeExpr partial(const Site &site, unsigned k) {
    return k == 0 ? 1.0 / site.in(1) : -(site.out() / site.in(1));
  }
  template <typename> static MaybeExpr scaled(const Site &site, unsigned k, Expr v) {
    return k == 0 ? v / site.in(1) : -(v * site.out() / site.in(1));
  }
  static MaybeExpr logPartial(const Site &site, unsigned k) {
    Expr denominator = log(abs(site.in(1)));
    return k == 0 ? -denominator : log(abs(site.in(0))) - 2.0 * denominator;
  }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval> r) {
    if (!r[1 - unknown].isNonZero() || (unknown == 0 && !r[1].isNonZero()))
      return std::nullopt;
    return unknown == 0 ? site.out() * site.in(1) : site.in(0) / site.out();
  }
};

// y = max(a, b): the larger operand takes the derivative, the second at a tie. Asked of the result, not of the operands, so that
// an activation's input need not be kept for the gradient: a > b exactly where y > b.
struct MaxRule : NoAnswer {
  static Interval range(ArrayRef<Interval> r) { return maximum(r[0], r[1]); }
  static double evaluate(ArrayRef<double> v) { return std::max(v[0], v[1]); }
  static std::string term(ArrayRef<std::string> v) { return "(ite (>= " + v[0] + " " + v[1] + ") " + v[0] + " " + v[1] + ")"; }
  static double steepness(ArrayRef<Interval>, ArrayRef<double> d) { return std::max(d[0], d[1]); }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return largest<arith::MaximumFOp>(b, l, v, Limit::PlusInfinity); }
  static MaybeExpr partial(const Site &site, unsigned k) {
    Expr zero = site.out().constant(0), one = site.out().constant(1);
    return k == 0 ? site.in(1).whereAtLeast(site.out(), zero, one) : site.in(1).whereAtLeast(site.out(), one, zero);
  }
  template <typename> static MaybeExpr scaled(const Site &site, unsigned k, Expr v) {
    Expr zero = v.constant(0);
    return k == 0 ? site.in(1).whereAtLeast(site.out(), zero, v) : site.in(1).whereAtLeast(site.out(), v, zero);
  }
};

// y = min(a, b)
struct MinRule : NoAnswer {
  static Interval range(ArrayRef<Interval> r) { return -maximum(-r[0], -r[1]); }
  static double evaluate(ArrayRef<double> v) { return std::min(v[0], v[1]); }
  static std::string term(ArrayRef<std::string> v) { return "(ite (<= " + v[0] + " " + v[1] + ") " + v[0] + " " + v[1] + ")"; }
  static double steepness(ArrayRef<Interval>, ArrayRef<double> d) { return std::max(d[0], d[1]); }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) { return largest<arith::MinimumFOp>(b, l, v, Limit::MinusInfinity); }
  static MaybeExpr partial(const Site &site, unsigned k) {
    Expr zero = site.out().constant(0), one = site.out().constant(1);
    return k == 0 ? site.out().whereAtLeast(site.in(1), zero, one) : site.out().whereAtLeast(site.in(1), one, zero);
  }
  template <typename> static MaybeExpr scaled(const Site &site, unsigned k, Expr v) {
    Expr zero = v.constant(0);
    return k == 0 ? site.out().whereAtLeast(site.in(1), zero, v) : site.out().whereAtLeast(site.in(1), v, zero);
  }
};

// y = a^p = e^(p log a) for a > 0: dy/da = p a^(p-1), dy/dp = y log a; a = y^(1/p), p = log y / log a
struct PowRule : NoAnswer {
  static const ScalarRule &row(StringRef name) { return *findScalarRule(name); }
  static Interval range(ArrayRef<Interval> r) {
    return r[0].isPositive() ? imageOf(row("exp"), r[1] * imageOf(row("log"), r[0])) : Interval::all();
  }
  static Limit limit(OpBuilder &b, Location l, ArrayRef<Limit> v) {
    return limitOf(row("exp"), b, l, productOf(b, l, v[1], limitOf(row("log"), b, l, v[0])));
  }
  static Value expand(OpBuilder &b, Location l, ValueRange v) { return exp(Expr(b, l, v[1]) * log(Expr(b, l, v[0]))); }
  static double evaluate(ArrayRef<double> v) { return std::pow(v[0], v[1]); }
  static std::string term(ArrayRef<std::string>) { return ""; }
  static SmallVector<Requirement> requirements() { return {{0, Interval::open(0, kInfinity), false}}; }
  static MaybeExpr partial(const Site &site, unsigned k) {
    if (k == 1)
      return site.out() * log(site.in(0));
    return site.in(1) * site.in(0).binary<math::PowFOp>(site.in(1) - 1.0);
  }
  static MaybeExpr logPartial(const Site &site, unsigned k) {
    if (k == 1)
      return std::nullopt;
    return log(abs(site.in(1))) + (site.in(1) - 1.0) * log(site.in(0));
  }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval> r) {
    if (unknown == 1 || !r[0].isPositive() || !r[1].isNonZero())
      return std::nullopt;
    return site.out().binary<math::PowFOp>(1.0 / site.in(1));
  }
};

// y = c ? a : b. Each branch takes the derivative where it is chosen; c itself has none.
struct SelectRule : NoAnswer {
  static Interval range(ArrayRef<Interval> r) {
    if (r[0] == Interval::point(1) || r[0] == Interval::point(0))
      return r[0].low == 1 ? r[1] : r[2];
    return hull(r[1], r[2]);
  }
  static double evaluate(ArrayRef<double> v) { return v[0] ? v[1] : v[2]; }
  static std::string term(ArrayRef<std::string> v) { return "(ite " + v[0] + " " + v[1] + " " + v[2] + ")"; }
  static Limit limit(OpBuilder &, Location, ArrayRef<Limit> v) {
    std::optional<double> holds = v[0].kind == Limit::Finite ? constantValue(v[0].value) : std::nullopt;
    if (holds)
      return v[*holds ? 1 : 2];
    if (v[1].isInfinite() && v[1].kind == v[2].kind)
      return v[1].withoutGrowth();
    return v[1].staysBounded() && v[2].staysBounded() ? Limit::bounded() : Limit::unknown();
  }
  template <typename> static MaybeExpr scaled(const Site &site, unsigned k, Expr v) {
    if (k == 0)
      return std::nullopt;
    Value zero = v.constant(0);
    Value then = k == 1 ? static_cast<Value>(v) : zero, otherwise = k == 1 ? zero : static_cast<Value>(v);
    return site.wrap(arith::SelectOp::create(site.builder, site.loc, site.operands[0], then, otherwise));
  }
  /// One choice between the branches' tangents, which shows their signs where a sum of two choices would not.
  template <typename> static MaybeExpr tangent(const Site &site, ArrayRef<Value> tangents) {
    if (!tangents[1] && !tangents[2])
      return std::nullopt;
    auto orZero = [&](Value v) { return v ? v : static_cast<Value>(site.out().constant(0)); };
    return site.wrap(arith::SelectOp::create(site.builder, site.loc, site.operands[0], orZero(tangents[1]), orZero(tangents[2])));
  }
};

// y = a + s less whole turns; a = y - s less whole turns, since -pi < a < pi, which is proved where the block that ends so is. It jumps
// where the circle closes, so that it has no limit.
struct TurnRule : NoAnswer {
  static std::optional<bool> rises(unsigned, ArrayRef<Interval>) { return true; }
  static Interval range(ArrayRef<Interval>) { return circle(); }
  static double evaluate(ArrayRef<double> v) { return std::remainder(v[0] + v[1], 2 * std::numbers::pi); }
  static std::string term(ArrayRef<std::string>) { return ""; }
  static Limit limit(OpBuilder &, Location, ArrayRef<Limit>) { return Limit::bounded(); }
  template <typename> static MaybeExpr scaled(const Site &, unsigned, Expr v) { return v; }
  static MaybeExpr logPartial(const Site &site, unsigned) { return site.out().constant(0); }
  static MaybeExpr solve(const Site &site, unsigned unknown, ArrayRef<Interval>) {
    return unknown == 0 ? MaybeExpr(site.out().binary<TurnOp>(-site.in(1))) : std::nullopt;
  }
};

/// A comparison has no derivative; its range is CompareRange.
struct CompareRule : NoAnswer {};

//===- from rules to interfaces -----------------------------------------------------------------------------------===//

template <typename Op, typename Rule>
struct ArithDependency : DependencyOpInterface::ExternalModel<ArithDependency<Op, Rule>, Op> {
  ElementSets dependencies(Operation *, ArrayRef<ElementSets> operands, SetPool &pool) const {
    if (llvm::all_of(operands, [](const ElementSets &sets) { return sets.areAll(0); }))
      return operands[0];
    SmallVector<SetId> result(operands[0].size(), 0);
    for (auto [k, total] : llvm::enumerate(result))
      for (const ElementSets &operand : operands)
        total = pool.unite(total, operand[k]);
    return ElementSets(std::move(result));
  }
  bool isElementwise(Operation *) const { return true; }
};

template <typename Op, typename Rule> struct ArithRange : RangeOpInterface::ExternalModel<ArithRange<Op, Rule>, Op> {
  Interval inferRange(Operation *op, ArrayRef<Interval> operands) const {
    if constexpr (requires { Rule::rangeOfSame(operands[0]); })
      if (op->getOperand(0) == op->getOperand(1))
        return Rule::rangeOfSame(operands[0]);
    return Rule::range(operands);
  }
  SmallVector<Requirement> requirements(Operation *) const { return Rule::requirements(); }
  double evaluate(Operation *, ArrayRef<double> operands) const { return Rule::evaluate(operands); }
  std::string smtTerm(Operation *, ArrayRef<std::string> operands) const { return Rule::term(operands); }
  Value expand(Operation *op, OpBuilder &builder) const { return Rule::expand(builder, op->getLoc(), op->getOperands()); }
  Limit limit(Operation *op, OpBuilder &builder, ArrayRef<Limit> operands) const {
    return Rule::limit(builder, op->getLoc(), operands);
  }
  double steepness(Operation *, ArrayRef<Interval> operands, ArrayRef<double>, ArrayRef<double> moves) const {
    return Rule::steepness(operands, moves);
  }
  double norm(Operation *, ArrayRef<Interval> operands, ArrayRef<double> norms) const { return Rule::norm(operands, norms); }
};

/// Comparisons: 1 where the predicate holds, 0 elsewhere.
struct CompareRange : RangeOpInterface::ExternalModel<CompareRange, arith::CmpFOp> {
  Interval inferRange(Operation *op, ArrayRef<Interval> r) const {
    bool less = symbol(op).starts_with("<"), orEqual = symbol(op).ends_with("=");
    const Interval &small = less ? r[0] : r[1], &large = less ? r[1] : r[0];
    // Where both have an end in common, it is attained by both or the sides are never equal.
    auto below = [](const Interval &a, const Interval &b, bool orEqual) {
      return a.high < b.low || (a.high == b.low && (orEqual || a.highOpen || b.lowOpen));
    };
    if (below(small, large, orEqual))
      return Interval::point(1);
    return below(large, small, !orEqual) ? Interval::point(0) : Interval::closed(0, 1);
  }
  double evaluate(Operation *op, ArrayRef<double> v) const {
    return arith::applyCmpPredicate(cast<arith::CmpFOp>(op).getPredicate(), APFloat(v[0]), APFloat(v[1]));
  }
  std::string smtTerm(Operation *op, ArrayRef<std::string> v) const {
    return "(" + symbol(op).str() + " " + v[0] + " " + v[1] + ")";
  }
  Limit limit(Operation *op, OpBuilder &builder, ArrayRef<Limit> v) const {
    Limit difference = sumOf(builder, op->getLoc(), v[0], v[1].negated(builder, op->getLoc()));
    // Where both sides tend to the same, it is not known which one is ahead.
    int sign = signOf(difference);
    if (sign == 0)
      return Limit::unknown();
    bool above = sign > 0;
    return Limit::truth(builder, op->getLoc(), above == symbol(op).starts_with(">"));
  }

private:
  /// (The language has these four.)
  static StringRef symbol(Operation *op) {
    switch (cast<arith::CmpFOp>(op).getPredicate()) {
    case arith::CmpFPredicate::OLT: return "<";
    case arith::CmpFPredicate::OLE: return "<=";
    case arith::CmpFPredicate::OGT: return ">";
    default: return ">=";
    }
  }
};

template <typename Op, typename Rule> struct ArithSolve : SolveOpInterface::ExternalModel<ArithSolve<Op, Rule>, Op> {
  Value solve(Operation *op, OpBuilder &builder, unsigned unknown, Value result, ArrayRef<Value> operands,
              ArrayRef<Interval> ranges) const {
    MaybeExpr answer = Rule::solve(Site{builder, op->getLoc(), operands, result}, unknown, ranges);
    return answer ? static_cast<Value>(*answer) : Value();
  }
  std::optional<bool> rises(Operation *, unsigned operand, ArrayRef<Interval> ranges) const { return Rule::rises(operand, ranges); }
};

template <typename Op, typename Rule>
struct ArithDifferentiate : DifferentiateOpInterface::ExternalModel<ArithDifferentiate<Op, Rule>, Op> {
  Value tangent(Operation *op, OpBuilder &builder, ArrayRef<Value> operands, Value result,
                ArrayRef<Value> tangents) const {
    Site site{builder, op->getLoc(), operands, result};
    MaybeExpr total = Rule::template tangent<Rule>(site, tangents);
    return total ? static_cast<Value>(*total) : Value();
  }
  void adjoints(Operation *op, OpBuilder &builder, ArrayRef<Value> operands, Value result, Value adjoint,
                const BitVector &wanted, SmallVectorImpl<Value> &results) const {
    Site site{builder, op->getLoc(), operands, result};
    for (unsigned k : wanted.set_bits())
      if (MaybeExpr term = Rule::template scaled<Rule>(site, k, site.wrap(adjoint)))
        results[k] = *term;
  }
  Value logDerivative(Operation *op, OpBuilder &builder, unsigned operand, ArrayRef<Value> operands,
                      Value result) const {
    MaybeExpr answer = Rule::logPartial(Site{builder, op->getLoc(), operands, result}, operand);
    return answer ? static_cast<Value>(*answer) : Value();
  }
};

template <typename Op, typename Rule> void attach(MLIRContext *context) {
  Op::template attachInterface<ArithDependency<Op, Rule>, ArithRange<Op, Rule>, ArithSolve<Op, Rule>,
                               ArithDifferentiate<Op, Rule>>(*context);
}

//===- constants --------------------------------------------------------------------------------------------------===//

struct ConstantDependency : DependencyOpInterface::ExternalModel<ConstantDependency, arith::ConstantOp> {
  ElementSets dependencies(Operation *op, ArrayRef<ElementSets>, SetPool &) const {
    return ElementSets(elementCount(op->getResult(0)), 0);
  }
};

struct ConstantRange : RangeOpInterface::ExternalModel<ConstantRange, arith::ConstantOp> {
  Interval inferRange(Operation *op, ArrayRef<Interval>) const {
    if (auto number = dyn_cast<FloatAttr>(cast<arith::ConstantOp>(op).getValue()))
      return Interval::point(number.getValueAsDouble());
    auto dense = dyn_cast<DenseFPElementsAttr>(cast<arith::ConstantOp>(op).getValue());
    if (!dense || dense.empty())
      return Interval::all();
    Interval range = Interval::point((*dense.begin()).convertToDouble());
    for (const APFloat &value : dense)
      range = hull(range, Interval::point(value.convertToDouble()));
    return range;
  }
  double norm(Operation *op, ArrayRef<Interval>, ArrayRef<double>) const {
    auto dense = dyn_cast<DenseFPElementsAttr>(cast<arith::ConstantOp>(op).getValue());
    if (!dense)
      return kInfinity;
    double sum = 0;
    for (const APFloat &value : dense)
      sum = std::hypot(sum, value.convertToDouble());
    return sum;
  }
};

struct ConstantNonZero : NonZeroOpInterface::ExternalModel<ConstantNonZero, arith::ConstantOp> {
  BitVector nonZeros(Operation *op, ArrayRef<BitVector>) const {
    BitVector result(elementCount(op->getResult(0)), true);
    if (auto dense = dyn_cast<DenseFPElementsAttr>(cast<arith::ConstantOp>(op).getValue()))
      for (auto [k, number] : llvm::enumerate(dense))
        if (number.isZero())
          result.reset(k);
    return result;
  }
};

/// A product is zero where a factor is: a mask may be a constant that multiplies.
struct MulNonZero : NonZeroOpInterface::ExternalModel<MulNonZero, arith::MulFOp> {
  BitVector nonZeros(Operation *, ArrayRef<BitVector> operands) const {
    BitVector result = operands[0];
    result &= operands[1];
    return result;
  }
};

} // namespace

void attachArithModels(MLIRContext *context) {
  attach<arith::AddFOp, AddRule>(context);
  attach<arith::SubFOp, SubRule>(context);
  attach<arith::NegFOp, NegRule>(context);
  attach<arith::MulFOp, MulRule>(context);
  attach<arith::DivFOp, DivRule>(context);
  attach<arith::MaximumFOp, MaxRule>(context);
  attach<arith::MinimumFOp, MinRule>(context);
  attach<math::PowFOp, PowRule>(context);
  attach<arith::SelectOp, SelectRule>(context);
  attach<TurnOp, TurnRule>(context);
  arith::CmpFOp::attachInterface<ArithDependency<arith::CmpFOp, CompareRule>, CompareRange,
                                 ArithSolve<arith::CmpFOp, CompareRule>, ArithDifferentiate<arith::CmpFOp, CompareRule>>(
      *context);
  arith::ConstantOp::attachInterface<ConstantDependency, ConstantRange, ConstantNonZero>(*context);
  arith::MulFOp::attachInterface<MulNonZero>(*context);
}

void registerExternalModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, FlowDialect *, arith::ArithDialect *, math::MathDialect *) {
    attachScalarModels(context);
    attachArithModels(context);
  });
}

} // namespace flowc::flow

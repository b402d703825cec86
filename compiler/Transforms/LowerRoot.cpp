// SPDX-License-Identifier: MIT
//
// Lowers flow.root to a Newton iteration inside a bracket. Each lane keeps the open interval (low, high) that contains
// its root, the point t in it, and its last step. One round, for an increasing f (a decreasing one turns the two
// comparisons):
//
//   g = f(t) - target;  g < 0: low = t;  g > 0: high = t               the bracket shrinks in every round
//   newton = -g / f'(t); it is slow if it is more than half as long as the last step
//   next = t + newton
//        = the middle of the bracket, where newton is slow and both ends of the bracket were evaluated
//        = t + 2 newton, where it is slow and they were not, or as far again as it is from the start if that is more: Newton's steps on
//          e^(e^x) have all one length, however far the root is
//   unless that leaves the bracket or, while an end is infinite, goes further than 64 (1 + |t|). Then
//   next = the middle of the bracket, where both its ends were evaluated
//        = 15/16 of the way to a finite end of the domain; 64 (1 + |t|) further towards an infinite one
//
// Where convergence is quadratic no step is slow. Far from the root of x^3 (Newton: a third of the way) or of e^x
// (steps of 1) all are, and the distance is halved; so are the ones that go to and fro around a steep place. A lane
// stops when |g| is below an ulp of the target, or the Newton step below a few ulps of t (that last step is still
// taken), or when no number is left inside its bracket. A lane that has stopped keeps its t, so that the result does
// not depend on the other lanes. f is evaluated strictly inside (lower, upper) only. A NaN target gives NaN; a target
// beyond f's range gives the number next to that end of the domain that the rounds reached, infinity for an infinite
// end.
//
// Where f is a sum, such as b + h s(t) of a spline's piece, g is that sum and -target added up together with what each addition rounds
// off: near the root large terms leave little, and the root is as exact as the terms are.

#include "compiler/Transforms/LowerRoot.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Transforms/ExpandMathFormat.h"
#include "compiler/Transforms/ExpandMathNumber.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Pass/Pass.h"

#include <cmath>

using namespace mlir;

namespace flowc {
namespace {

using kernels::IrNumber;
using kernels::IrSite;

constexpr int kMostRounds = 200;

/// What a lane carries from round to round.
template <typename V> struct Lane {
  V low, high, t, last;
  typename V::Mask active;
};

template <typename V> class Iteration {
public:
  using T = typename V::Scalar;
  using Mask = typename V::Mask;
  static constexpr double kHalfOfDigits = sizeof(T) == 4 ? 0x1p-11 : 0x1p-26;

  explicit Iteration(flow::RootOp op)
      : decreasing(op.getDecreasing()), lower(static_cast<T>(op.getLower().convertToDouble())),
        upper(static_cast<T>(op.getUpper().convertToDouble())) {}

  /// A point strictly inside the domain: the target itself, kept near 0, if every number may be the root.
  V start(const V &target) const {
    bool below = std::isfinite(lower), above = std::isfinite(upper);
    if (!below && !above)
      return kernels::atLeast(kernels::atMost(target, 16), -16);
    return target.of(below && above ? lower / 2 + upper / 2 : below ? lower + 1 : upper - 1);
  }

  Lane<V> begin(const V &target) const {
    auto known = target == target;
    return {target.of(lower), target.of(upper), select(known, start(target), target), target.of(0), known};
  }

  /// One round: g = f - target and f' at the lane's t give its next state.
  Lane<V> round(const Lane<V> &lane, const V &target, const V &g, const V &derivative) const {
    Mask rootAbove = decreasing ? g > 0 : g < 0, rootBelow = decreasing ? g < 0 : g > 0;
    V low = select(rootAbove, lane.t, lane.low), high = select(rootBelow, lane.t, lane.high);
    V newton = -(g / derivative), plain = lane.t + newton;
    V limit = reach(abs(lane.t)), middle = fma(high - low, 0.5, low);
    Mask closed = (low > lower) & (high < upper), slow = isSlow(lane, newton, closed);
    V quick = select(closed, middle, lane.t + farther(newton, lane.t - start(target)));
    V next = select(slow & inside(quick, low, high), quick, plain);
    next = select(inside(next, low, high) & (abs(next - lane.t) < limit), next, //
                  select(closed, middle, towardsEnd(lane.t, rootAbove, limit)));
    // Where f is not a number: half of the step that led there; at the start there was none.
    Mask known = g == g;
    V back = select(lane.last == 0, lane.t.of(kernels::notANumber<V>), lane.t - lane.last * 0.5);
    next = select(known, next, back);
    V taken = select(known, next - lane.t, lane.last * 0.5);
    V last = select(inside(plain, low, high) & (g != 0), plain, lane.t);
    return settle(lane, {low, high, next, taken, worthAnother(lane.t, target, g, newton, derivative)}, last);
  }

private:
  /// Twice the Newton step, or as much as was gone, in its direction, if that is more.
  static V farther(const V &newton, const V &gone) {
    V twice = newton + newton, size = abs(gone);
    return select(abs(twice) > size, twice, select(newton > 0, size, -size));
  }

  static Mask inside(const V &x, const V &low, const V &high) { return (x > low) & (x < high); }

  /// How far one step may go: anywhere if the domain is finite (the bracket limits it).
  V reach(const V &size) const {
    if (std::isfinite(lower) && std::isfinite(upper))
      return size.of(kernels::infinity<V>);
    return fma(size, 64, 64);
  }

  /// Whether the Newton step is more than half as long as the last one, and not as small as rounding makes it. Back over the root only a
  /// closed bracket has a middle to go to instead.
  static Mask isSlow(const Lane<V> &lane, const V &newton, const Mask &closed) {
    return ((newton * lane.last > 0) | closed) & (abs(newton + newton) > abs(lane.last)) &
           (abs(newton) > abs(lane.t) * kHalfOfDigits);
  }

  /// A point much nearer to the end of the domain on the root's side.
  V towardsEnd(const V &t, const Mask &rootAbove, const V &limit) const {
    V up = std::isfinite(upper) ? fma(V(upper) - t, 0.9375, t) : t + limit;
    V down = std::isfinite(lower) ? fma(V(lower) - t, 0.9375, t) : t - limit;
    return select(rootAbove, up, down);
  }

  /// Whether neither the residual nor the Newton step is as small as rounding.
  static Mask worthAnother(const V &t, const V &target, const V &g, const V &newton, const V &derivative) {
    constexpr T ulp = std::numeric_limits<T>::epsilon();
    V scale = kernels::atMost(abs(target), std::numeric_limits<T>::max()) * ulp;
    Mask large =
        (abs(g) > scale) & (abs(newton) > abs(t) * (4 * ulp)) & (abs(newton) > kernels::FormatOf<V>::minNormal);
    // Where the derivative overflows, the Newton step is 0 wherever the root is.
    Mask overflows = (abs(g) > scale) & (abs(derivative) == kernels::infinity<V>);
    return large | overflows | (newton != newton);
  }

  /// The lanes that have converged take `last` and stop, as do those whose bracket is empty; those that had stopped
  /// stay.
  Lane<V> settle(const Lane<V> &old, const Lane<V> &next, const V &last) const {
    Mask contained = inside(next.t, next.low, next.high);
    // A root beyond the largest number is infinite; a formula that is nowhere a number has none.
    V ending = select((abs(next.t) == kernels::infinity<V>) | (next.t != next.t), next.t, old.t);
    V t = select(next.active, select(contained, next.t, ending), last);
    auto keep = [&](const V &now, const V &before) { return select(old.active, now, before); };
    return {keep(next.low, old.low), keep(next.high, old.high), keep(t, old.t), keep(next.last, old.last),
            old.active & contained & next.active};
  }

  bool decreasing;
  T lower, upper;
};

/// Whether any lane of a mask is set.
Value anyLane(OpBuilder &builder, Location loc, Value mask) {
  if (!isa<VectorType>(mask.getType()))
    return mask;
  return vector::ReductionOp::create(builder, loc, vector::CombiningKind::OR, mask);
}

/// f(t) - target, a sum term by term, built behind the copy of f that `mapping` leads to.
template <typename V> class Residual {
public:
  Residual(IrSite &site, const IRMapping &mapping, Block &body, V target)
      : site(site), mapping(mapping), body(body), target(std::move(target)) {}

  V of(Value formula) {
    if (Value found = known.lookup(formula))
      return {site, found};
    V result = build(formula);
    known[formula] = result.get();
    return result;
  }

private:
  V build(Value formula) {
    if (auto choice = formula.getDefiningOp<arith::SelectOp>(); choice && choice->getBlock() == &body) {
      V ifTrue = of(choice.getTrueValue()), ifFalse = of(choice.getFalseValue());
      return select(typename V::Mask{&site, mapping.lookupOrDefault(choice.getCondition())}, ifTrue, ifFalse);
    }
    SmallVector<V> terms;
    addTerms(formula, /*negative=*/false, terms);
    V sum = terms.front() - target;
    if (terms.size() == 1)
      return sum;
    // Knuth's sum of two numbers: what it rounds off is a number, too.
    V lost = lostIn(sum, terms.front(), -target);
    for (const V &term : ArrayRef(terms).drop_front()) {
      V longer = sum + term;
      lost = lost + lostIn(longer, sum, term);
      sum = longer;
    }
    return sum + select(lost == lost, lost, 0); // infinity minus infinity rounds nothing off
  }

  static V lostIn(const V &sum, const V &a, const V &b) {
    V fromB = sum - a;
    return (a - (sum - fromB)) + (b - fromB);
  }

  void addTerms(Value value, bool negative, SmallVectorImpl<V> &terms) {
    Operation *op = value.getDefiningOp();
    if (op && op->getBlock() == &body && isa<arith::AddFOp, arith::SubFOp>(op)) {
      addTerms(op->getOperand(0), negative, terms);
      return addTerms(op->getOperand(1), negative != isa<arith::SubFOp>(op), terms);
    }
    V term(site, mapping.lookupOrDefault(value));
    terms.push_back(negative ? -term : term);
  }

  IrSite &site;
  const IRMapping &mapping;
  Block &body;
  V target;
  llvm::DenseMap<Value, Value> known; ///< What choices share is built once.
};

template <typename V> Lane<V> laneOf(IrSite &site, ValueRange values) {
  return {V(site, values[0]), V(site, values[1]), V(site, values[2]), V(site, values[3]), {&site, values[4]}};
}

template <typename V> SmallVector<Value> valuesOf(const Lane<V> &lane, Value round) {
  return {lane.low.get(), lane.high.get(), lane.t.get(), lane.last.get(), lane.active.value, round};
}

template <typename T> Value lower(flow::RootOp op) {
  using V = IrNumber<T>;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  Iteration<V> iteration(op);
  Type type = op.getTarget().getType();
  IrSite outside(builder, loc, type);
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0), one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value most = arith::ConstantIndexOp::create(builder, loc, kMostRounds);
  SmallVector<Value> begin = valuesOf(iteration.begin(V(outside, op.getTarget())), zero);

  auto condition = [&](OpBuilder &inner, Location loc, ValueRange state) {
    Value early = arith::CmpIOp::create(inner, loc, arith::CmpIPredicate::ult, state[5], most);
    Value going = arith::AndIOp::create(inner, loc, anyLane(inner, loc, state[4]), early);
    scf::ConditionOp::create(inner, loc, going, state);
  };
  auto round = [&](OpBuilder &inner, Location loc, ValueRange state) {
    Block &body = op.getBody().front();
    IRMapping mapping;
    mapping.map(body.getArgument(0), state[2]);
    for (Operation &step : body.without_terminator())
      inner.clone(step, mapping);
    ValueRange yielded = cast<flow::YieldOp>(body.getTerminator()).getValues();
    IrSite site(inner, loc, type);
    V target(site, op.getTarget());
    V g = Residual<V>(site, mapping, body, target).of(yielded[0]), derivative(site, mapping.lookupOrDefault(yielded[1]));
    Lane<V> next = iteration.round(laneOf<V>(site, state), target, g, derivative);
    scf::YieldOp::create(inner, loc, valuesOf(next, arith::AddIOp::create(inner, loc, state[5], one)));
  };
  return scf::WhileOp::create(builder, loc, ValueRange(begin).getTypes(), begin, condition, round).getResult(2);
}

struct LowerRootPass : PassWrapper<LowerRootPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerRootPass)

  StringRef getArgument() const override { return "flow-lower-root"; }
  StringRef getDescription() const override { return "roots become bracketed Newton iterations"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, math::MathDialect, scf::SCFDialect, vector::VectorDialect>();
  }

  void runOnOperation() override {
    WalkResult walked = getOperation()->walk([](flow::RootOp op) { // innermost first
      Type type = op.getTarget().getType(), element = getElementTypeOrSelf(type);
      auto vector = dyn_cast<VectorType>(type);
      if (isa<TensorType>(type) || (vector && vector.getRank() != 1) || !(element.isF32() || element.isF64())) {
        op.emitOpError("cannot be lowered on ")
            << type << "; expected f32 or f64, a scalar or a one-dimensional vector";
        return WalkResult::interrupt();
      }
      op.getResult().replaceAllUsesWith(element.isF32() ? lower<float>(op) : lower<double>(op));
      op.erase();
      return WalkResult::advance();
    });
    if (walked.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace

std::unique_ptr<Pass> createLowerRootPass() { return std::make_unique<LowerRootPass>(); }

} // namespace flowc

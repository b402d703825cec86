// SPDX-License-Identifier: MIT
//
// Lowers flow.root to a Newton iteration inside a bracket. Each lane keeps the open interval (low, high) that contains
// its root, the point t in it, and its last step. One round, for an increasing f (a decreasing one turns the two
// comparisons):
//
//   g = f(t) - target;  g < 0: low = t;  g > 0: high = t             the bracket shrinks in every round
//   step = -g / f'(t), twice that if the last step went the same way and was less than twice as long
//   next = t + step                                                  if strictly inside the bracket, and while an end
//   is infinite
//                                                                    not further than 64 (1 + |t|)
//        = the middle of the bracket                                 otherwise, if both its ends were evaluated
//        = a sixteenth of the way from an end never evaluated        otherwise (finite end)
//        = 64 (1 + |t|) further                                      otherwise (infinite end)
//
// A lane stops when |g| is below an ulp or two of the target, when the Newton step is a few ulps of t (that last step
// is still taken), or when no number is left inside its bracket. Doubling the step halves a distance that plain Newton
// reduces by a third only (x^3 far from its root); it never happens where the convergence is quadratic. A lane that has
// stopped keeps its t, so that the result does not depend on the other lanes. f is evaluated strictly inside (lower,
// upper) only. A NaN target gives NaN.

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

  /// One round: f and f' at the lane's t give its next state.
  Lane<V> round(const Lane<V> &lane, const V &target, const V &value, const V &derivative) const {
    V g = value - target;
    Mask rootAbove = decreasing ? g > 0 : g < 0, rootBelow = decreasing ? g < 0 : g > 0;
    V low = select(rootAbove, lane.t, lane.low), high = select(rootBelow, lane.t, lane.high);
    V newton = -(g / derivative), step = hastened(newton, lane.last);
    V size = abs(lane.t);
    V limit = reach(size);
    V plain = lane.t + newton, quick = lane.t + step;
    V next = select(inside(quick, low, high) & (abs(step) < limit), quick, plain);
    Mask good = inside(plain, low, high) & (abs(newton) < limit);
    next = select(good, next, fallback(lane.t, low, high, rootAbove, limit));
    next = select(g == g, next, lane.t - lane.last * 0.5); // not a number: halve the step that led here
    return settle(lane, {low, high, next, next - lane.t, worthAnother(lane.t, target, g, newton)},
                  select(inside(plain, low, high) & (g != 0), plain, lane.t));
  }

private:
  static Mask inside(const V &x, const V &low, const V &high) { return (x > low) & (x < high); }

  /// How far one step may go: anywhere if the domain is finite (the bracket limits it).
  V reach(const V &size) const {
    if (std::isfinite(lower) && std::isfinite(upper))
      return size.of(kernels::infinity<V>);
    return fma(size, 64, 64);
  }

  V hastened(const V &newton, const V &last) const {
    Mask slow = (newton * last > 0) & (abs(newton + newton) > abs(last));
    return select(slow, newton + newton, newton);
  }

  V fallback(const V &t, const V &low, const V &high, const Mask &rootAbove, const V &limit) const {
    V middle = fma(high - low, 0.5, low);
    V up = std::isfinite(upper) ? high - (high - t) * 0.0625 : t + limit;
    V down = std::isfinite(lower) ? low + (t - low) * 0.0625 : t - limit;
    return select(rootAbove, select(high == upper, up, middle), select(low == lower, down, middle));
  }

  /// Whether neither the residual nor the Newton step is as small as rounding.
  static Mask worthAnother(const V &t, const V &target, const V &g, const V &newton) {
    constexpr T ulp = std::numeric_limits<T>::epsilon();
    Mask large = (abs(g) > abs(target) * ulp) & (abs(newton) > abs(t) * (4 * ulp)) &
                 (abs(newton) > kernels::FormatOf<V>::minNormal);
    return large | (g != g);
  }

  /// The lanes that have converged take `last` and stop, as do those whose bracket is empty; those that had stopped
  /// stay.
  Lane<V> settle(const Lane<V> &old, const Lane<V> &next, const V &last) const {
    Mask contained = inside(next.t, next.low, next.high);
    V ending = select(abs(next.t) == kernels::infinity<V>, next.t, old.t); // a root beyond the largest number
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

/// f(t) and f'(t): a copy of the op's body.
std::pair<Value, Value> inlineBody(OpBuilder &builder, flow::RootOp op, Value t) {
  IRMapping mapping;
  Block &body = op.getBody().front();
  mapping.map(body.getArgument(0), t);
  for (Operation &inner : body.without_terminator())
    builder.clone(inner, mapping);
  ValueRange yielded = cast<flow::YieldOp>(body.getTerminator()).getValues();
  return {mapping.lookupOrDefault(yielded[0]), mapping.lookupOrDefault(yielded[1])};
}

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
    auto [value, derivative] = inlineBody(inner, op, state[2]);
    IrSite site(inner, loc, type);
    Lane<V> next =
        iteration.round(laneOf<V>(site, state), V(site, op.getTarget()), V(site, value), V(site, derivative));
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

// SPDX-License-Identifier: MIT

#include "targets/cuda/StepKernels.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

/// Numbers that a warp adds up alone.
constexpr int64_t kPiece = 1024;

template <typename Op> static Real apply(Real a, Real b) { return {Op::create(a.e->builder, a.e->loc, a.value, b.value), a.e}; }
Real flowc::cuda::operator+(Real a, Real b) { return apply<arith::AddFOp>(a, b); }
Real flowc::cuda::operator-(Real a, Real b) { return apply<arith::SubFOp>(a, b); }
Real flowc::cuda::operator*(Real a, Real b) { return apply<arith::MulFOp>(a, b); }
Real flowc::cuda::operator/(Real a, Real b) { return apply<arith::DivFOp>(a, b); }
Value flowc::cuda::operator>(Real a, Real b) {
  return arith::CmpFOp::create(a.e->builder, a.e->loc, arith::CmpFPredicate::OGT, a.value, b.value);
}

//===- StepEmitter --------------------------------------------------------------------------------------------------===//

StepEmitter::StepEmitter(OpBuilder &builder, gpu::GPUFuncOp kernel, Type element, int64_t threads, int64_t samples)
    : BlockEmitter(builder, kernel.getLoc(), threads), element(element), wide(builder.getF64Type()), samples(samples), kernel(kernel) {}

Real StepEmitter::widen(Real a) {
  return a.value.getType() == wide ? a : Real{arith::ExtFOp::create(builder, loc, wide, a.value), this};
}

Real StepEmitter::narrow(Real a) { return element == wide ? a : Real{arith::TruncFOp::create(builder, loc, element, a.value), this}; }

Real StepEmitter::root(Real a) { return {math::SqrtOp::create(builder, loc, a.value), this}; }

Value StepEmitter::isFinite(Real a) { return math::IsFiniteOp::create(builder, loc, a.value); }

Value StepEmitter::isEqualReal(Real a, Real b) {
  return arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OEQ, a.value, b.value);
}

Value StepEmitter::both(Value a, Value b) { return arith::AndIOp::create(builder, loc, a, b); }

void StepEmitter::shareAmongWarps(Value count, function_ref<void(Value)> body) {
  int64_t warps = threads / kWarp;
  loop(add(multiply(blockIndex(*this), warps), warp), count, multiply(blockCount(*this), warps), body);
}

void StepEmitter::shareIfGood(Value record, Value count, function_ref<void(Value)> body) {
  when(isEqualReal(at(record, Record::Failed), real(wide, 0)), [&] { shareInGrid(*this, count, body); });
}

void StepEmitter::shareElements(Value tiles, Value rows, function_ref<void(Value, Value, Value, Value)> body) {
  Value width = constant(samples);
  shareInGrid(*this, multiply(multiply(tiles, rows), samples), [&](Value i) {
    Value line = divide(i, width);
    body(divide(line, rows), remainder(line, rows), remainder(i, width), i);
  });
}

Real StepEmitter::sumByWarp(Value from, Value to, function_ref<Real(Value)> value) {
  Value sum = loop(add(from, lane), to, kWarp, ValueRange{constant(wide, 0.0)}, [&](Value i, ValueRange carried) -> SmallVector<Value> {
    return {(Real{carried[0], this} + widen(value(i))).value};
  })[0];
  return {sumWarp(sum), this};
}

void StepEmitter::sumPieces(Value count, Value sums, function_ref<Real(Value)> value) {
  Value pieces = divide(add(count, constant(kPiece - 1)), constant(kPiece));
  shareAmongWarps(pieces, [&](Value piece) {
    Value from = multiply(piece, kPiece);
    Real sum = sumByWarp(from, minimum(add(from, constant(kPiece)), count), value);
    onFirstLane([&] { set(sum, sums, piece); });
  });
}

//===- StepKernels --------------------------------------------------------------------------------------------------===//

void StepKernels::make(StringRef name, unsigned pointers, unsigned numbers, unsigned reals, function_ref<void(StepEmitter &)> body) {
  gpu::GPUFuncOp kernel = maker.open(prefix + "_step_" + name, pointers, numbers, reals);
  StepEmitter e(maker.builder, kernel, element, maker.threads, samples);
  body(e);
  maker.close();
}

void StepKernels::makeAll() {
  makeMoments();
  makeJoinedMoments();
  makeSlopes();
  makeArrived();
  makeLoss();
  makeDescent();
  makeConclusion();
  makeAdam();
  makeSgd();
  makeFollow();
  makeAverage();
}

// SPDX-License-Identifier: MIT
//
// tile.repeat: a loop around what its body has become. Behind each round the new point is compared with the old one and moved there;
// equal ones end the loop. (A number that is none is never equal to itself; it counts as one that has not changed.)

#include "targets/cpu/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;

/// Moves the next point to the current one; whether any number has changed.
static Value advance(Emitter &e, Value current, Value next, tile::RepeatOp op, int64_t width) {
  auto type = cast<MemRefType>(op.getCurrent().getType());
  int64_t rows = type.getShape()[0], samples = type.getShape()[1];
  Type element = type.getElementType();
  auto vector = VectorType::get(width, element), mask = VectorType::get(width, e.builder.getI1Type());
  Value none = arith::ConstantOp::create(e.builder, e.loc, DenseElementsAttr::get(mask, false));
  auto changed = e.loop(e.constant(0), e.constant(rows), 1, none, [&](Value row, ValueRange above) {
    Value old = e.address(current, element, e.multiply(row, rowStride(op.getCurrent())));
    Value made = e.address(next, element, e.multiply(row, rowStride(op.getNext())));
    return e.loop(e.constant(0), e.constant(samples), width, above, [&](Value sample, ValueRange before) -> SmallVector<Value> {
      Value place = e.address(old, element, sample);
      Value now = e.load(vector, e.address(made, element, sample)), then = e.load(vector, place);
      e.store(now, place);
      Value differs = arith::CmpFOp::create(e.builder, e.loc, arith::CmpFPredicate::ONE, now, then);
      return {arith::OrIOp::create(e.builder, e.loc, before[0], differs)};
    });
  });
  return vector::ReductionOp::create(e.builder, e.loc, vector::CombiningKind::OR, changed[0]);
}

void flowc::cpu::lowerRepeat(tile::RepeatOp op, KernelCache &cache) {
  OpBuilder builder(op);
  Emitter emitter(builder, op.getLoc());
  Value current = cache.pointerTo(emitter, op.getCurrent()), next = cache.pointerTo(emitter, op.getNext());
  auto type = cast<MemRefType>(op.getCurrent().getType());
  int64_t width = cache.lanes(type.getElementType(), type.getShape()[1]);
  auto round = [&](OpBuilder &inside, Location loc, ValueRange state) {
    Block *block = inside.getInsertionBlock();
    block->getOperations().splice(block->end(), op.getBody().front().getOperations());
    inside.setInsertionPointToEnd(block);
    Emitter e(inside, loc);
    Value changed = advance(e, current, next, op, width), done = e.add(state[0], e.constant(1));
    Value early = arith::CmpIOp::create(inside, loc, arith::CmpIPredicate::slt, done, e.constant(op.getRounds()));
    scf::ConditionOp::create(inside, loc, arith::AndIOp::create(inside, loc, changed, early), done);
  };
  auto again = [](OpBuilder &inside, Location loc, ValueRange state) { scf::YieldOp::create(inside, loc, state); };
  Value zero = emitter.constant(0);
  scf::WhileOp::create(builder, op.getLoc(), TypeRange{zero.getType()}, ValueRange{zero}, round, again);
}

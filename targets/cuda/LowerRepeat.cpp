// SPDX-License-Identifier: MIT
//
// tile.repeat: a loop around what its body has become. Behind each round the threads compare the new point with the old one and move it
// there; where none of them has seen a change, all leave the loop. (A number that is none is never equal to itself; it counts as one that
// has not changed.)

#include "targets/cuda/KernelBuilder.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

/// Whether any thread of the block says so.
static Value anyThread(BlockEmitter &e, KernelCache &cache, Value mine) {
  auto either = [&](Value a, Value b) -> Value { return arith::OrIOp::create(e.builder, e.loc, a, b); };
  Type word = e.builder.getI32Type();
  Value ofWarp = e.combineWarp(arith::ExtUIOp::create(e.builder, e.loc, word, mine), either);
  int64_t warps = e.threads / kWarp;
  Value votes = cache.shared(e, "votes", word, warps);
  e.when(e.isEqual(e.lane, e.constant(0)), [&] { e.store(ofWarp, e.address(votes, word, e.warp)); });
  e.barrier();
  Value any = e.load(word, votes);
  for (int64_t k = 1; k < warps; ++k)
    any = either(any, e.load(word, e.address(votes, word, e.constant(k))));
  Value none = arith::ConstantOp::create(e.builder, e.loc, e.builder.getI32IntegerAttr(0));
  return arith::CmpIOp::create(e.builder, e.loc, arith::CmpIPredicate::ne, any, none);
}

/// Moves the next point to the current one; whether any number has changed.
static Value advance(OpBuilder &builder, Location loc, KernelCache &cache, Value current, Value next, tile::RepeatOp op) {
  targets::Emitter outer(builder, loc);
  auto type = cast<MemRefType>(op.getCurrent().getType());
  Type element = type.getElementType();
  SmallVector<Value> arguments = {current, next};
  for (int64_t size : {rowStride(op.getCurrent()), rowStride(op.getNext()), type.getShape()[0], type.getShape()[1]})
    arguments.push_back(outer.constant(size));
  std::string key;
  llvm::raw_string_ostream(key) << "advance " << element;
  auto call = cache.call(builder, loc, "advance", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    Value no = arith::ConstantOp::create(e.builder, e.loc, e.builder.getBoolAttr(false)), samples = values[5];
    Value count = e.multiply(values[4], samples);
    auto changed = e.loop(e.thread, count, e.threads, no, [&](Value place, ValueRange before) -> SmallVector<Value> {
      Value row = e.divide(place, samples), sample = e.remainder(place, samples);
      Value old = e.address(values[0], element, e.add(e.multiply(row, values[2]), sample));
      Value made = e.address(values[1], element, e.add(e.multiply(row, values[3]), sample));
      Value now = e.load(element, made), then = e.load(element, old);
      e.store(now, old);
      Value differs = arith::CmpFOp::create(e.builder, e.loc, arith::CmpFPredicate::ONE, now, then);
      return {arith::OrIOp::create(e.builder, e.loc, before[0], differs)};
    });
    return {anyThread(e, cache, changed[0])};
  });
  return call.getResult(0);
}

void flowc::cuda::lowerRepeat(tile::RepeatOp op, KernelCache &cache) {
  OpBuilder builder(op);
  targets::Emitter emitter(builder, op.getLoc());
  Value current = cache.pointerTo(emitter, op.getCurrent()), next = cache.pointerTo(emitter, op.getNext());
  auto round = [&](OpBuilder &inside, Location loc, ValueRange state) {
    Block *block = inside.getInsertionBlock();
    block->getOperations().splice(block->end(), op.getBody().front().getOperations());
    inside.setInsertionPointToEnd(block);
    targets::Emitter e(inside, loc);
    gpu::BarrierOp::create(inside, loc);
    Value changed = advance(inside, loc, cache, current, next, op), done = e.add(state[0], e.constant(1));
    gpu::BarrierOp::create(inside, loc); // for the next round, or for what stands behind the loop
    Value early = arith::CmpIOp::create(inside, loc, arith::CmpIPredicate::slt, done, e.constant(op.getRounds()));
    scf::ConditionOp::create(inside, loc, arith::AndIOp::create(inside, loc, changed, early), done);
  };
  auto again = [](OpBuilder &inside, Location loc, ValueRange state) { scf::YieldOp::create(inside, loc, state); };
  Value zero = emitter.constant(0);
  scf::WhileOp::create(builder, op.getLoc(), TypeRange{zero.getType()}, ValueRange{zero}, round, again);
}

Accesses flowc::cuda::accessesOf(tile::RepeatOp op) {
  Accesses accesses;
  accesses.add(op.getNext(), false, op.getRounds());
  accesses.add(op.getCurrent(), true, op.getRounds());
  return accesses;
}

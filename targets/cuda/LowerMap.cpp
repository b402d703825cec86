// SPDX-License-Identifier: MIT
//
// tile.map: the threads share rows and samples, samples fastest, so that neighbours read neighbours.
//
// Rows that must be taken in order stay in one thread, or one warp. A sum over rows stays in the thread that owns the sample. A sum over samples is a warp's: each lane adds up every 32nd sample, then
// the lanes are combined. Where a map does both, one warp goes over all rows. Every sum has a fixed order, which depends neither on the
// number of threads nor on the launch.

#include "targets/common/MapFunction.h"
#include "targets/cuda/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;
using targets::MapBuffer;
using targets::MapFunction;
using tile::OutputKind;

namespace {

class MapEmitter {
public:
  MapEmitter(tile::MapOp op, BlockEmitter &emitter, MapFunction &function, int64_t samples)
      : op(op), e(emitter), function(function), samples(emitter.constant(samples)), element(function.element),
        inOrder(op.iterationsInOrder()),
        groups(inOrder == 1 ? function.rows : emitter.divide(function.rows, emitter.constant(inOrder))) {}

  void emit() {
    if (op.isUniform())
      return has(OutputKind::SumRows) ? emitUniformSums() : emitThreadPerRow();
    if (has(OutputKind::SumSamples))
      return emitWarpPerRow();
    return has(OutputKind::SumRows) ? emitThreadPerSample() : emitThreadPerElement();
  }

private:
  using Values = SmallVector<Value>;

  void emitThreadPerRow();
  void emitUniformSums();
  void emitThreadPerElement();
  void emitThreadPerSample();
  void emitWarpPerRow();

  OutputKind kind(unsigned k) { return op.outputKind(k); }
  bool has(OutputKind wanted);
  /// The body on the elements of row `i`, and of sample `sample` where there are samples.
  Values evaluate(Value i, Value sample);
  /// Where output `k` of that row and sample goes.
  Value target(unsigned k, Value i, Value sample);
  void write(unsigned k, Value value, Value pointer);
  /// Writes what is not of kind `summed`, and returns the sums of what is, with the new numbers.
  Values collect(OutputKind summed, const Values &results, ValueRange sums, Value i, Value sample);
  Values zeros(OutputKind wanted);
  /// The rows of a group, one after the other.
  Values forGroup(Value group, ValueRange carried, function_ref<Values(Value i, ValueRange carried)> body);
  /// Nothing for all warps but the first.
  Value fromInFirstWarp(Value from) { return e.select(e.isEqual(e.warp, e.constant(0)), from, groups); }

  tile::MapOp op;
  BlockEmitter &e;
  MapFunction &function;
  Value samples;
  Type element;
  int64_t inOrder; ///< The iterations of a group.
  Value groups;
};

} // namespace

bool MapEmitter::has(OutputKind wanted) {
  return llvm::any_of(llvm::seq<unsigned>(0, function.outputs.size()), [&](unsigned k) { return kind(k) == wanted; });
}

MapEmitter::Values MapEmitter::evaluate(Value i, Value sample) {
  Values elements;
  for (const MapBuffer &input : function.inputs) {
    Value row = function.rowAddress(e, input, i);
    elements.push_back(e.load(element, input.uniform ? row : e.address(row, element, sample)));
  }
  return cloneBody(e.builder, op.getBody().front(), elements, function.outside, 0);
}

Value MapEmitter::target(unsigned k, Value i, Value sample) {
  const MapBuffer &output = function.outputs[k];
  Value row = kind(k) == OutputKind::SumRows ? output.pointer : function.rowAddress(e, output, i);
  return output.uniform ? row : e.address(row, element, sample);
}

void MapEmitter::write(unsigned k, Value value, Value pointer) {
  if (kind(k) != OutputKind::Store)
    value = e.addFloats(e.load(value.getType(), pointer), value);
  e.store(value, pointer);
}

MapEmitter::Values MapEmitter::collect(OutputKind summed, const Values &results, ValueRange sums, Value i, Value sample) {
  Values next;
  for (auto [k, result] : llvm::enumerate(results))
    if (kind(k) == summed)
      next.push_back(e.addFloats(sums[next.size()], result));
    else
      write(k, result, target(k, i, sample));
  return next;
}

/// An empty sum for every output of this kind.
MapEmitter::Values MapEmitter::zeros(OutputKind wanted) {
  Values zeros;
  for (unsigned k = 0; k < function.outputs.size(); ++k)
    if (kind(k) == wanted)
      zeros.push_back(e.constant(element, -0.0)); // -0 + x is x for every x
  return zeros;
}

MapEmitter::Values MapEmitter::forGroup(Value group, ValueRange carried, function_ref<Values(Value, ValueRange)> body) {
  if (inOrder == 1)
    return body(group, carried);
  Value first = e.multiply(group, inOrder);
  return e.loop(first, e.add(first, e.constant(inOrder)), e.constant(1), carried, body);
}

void MapEmitter::emitThreadPerRow() {
  e.share(groups, [&](Value group) {
    forGroup(group, {}, [&](Value i, ValueRange) { return collect(OutputKind::SumRows, evaluate(i, {}), {}, i, {}); });
  });
}

void MapEmitter::emitUniformSums() {
  Values sums = e.loop(fromInFirstWarp(e.lane), groups, kWarp, zeros(OutputKind::SumRows), [&](Value group, ValueRange carried) {
    return forGroup(group, carried, [&](Value i, ValueRange inner) { return collect(OutputKind::SumRows, evaluate(i, {}), inner, i, {}); });
  });
  for (Value &sum : sums)
    sum = e.sumWarp(sum);
  e.when(e.isEqual(e.thread, e.constant(0)), [&] {
    unsigned next = 0;
    for (unsigned k = 0; k < function.outputs.size(); ++k)
      if (kind(k) == OutputKind::SumRows)
        write(k, sums[next++], function.outputs[k].pointer);
  });
}

void MapEmitter::emitThreadPerElement() {
  e.share(e.multiply(groups, samples), [&](Value place) {
    Value group = e.divide(place, samples), sample = e.remainder(place, samples);
    forGroup(group, {}, [&](Value i, ValueRange) { return collect(OutputKind::SumRows, evaluate(i, sample), {}, i, sample); });
  });
}

void MapEmitter::emitThreadPerSample() {
  e.share(samples, [&](Value sample) {
    Values sums = e.loop(e.constant(0), function.rows, 1, zeros(OutputKind::SumRows), [&](Value i, ValueRange carried) {
      return collect(OutputKind::SumRows, evaluate(i, sample), carried, i, sample);
    });
    unsigned next = 0;
    for (unsigned k = 0; k < function.outputs.size(); ++k)
      if (kind(k) == OutputKind::SumRows)
        write(k, sums[next++], target(k, {}, sample));
  });
}

void MapEmitter::emitWarpPerRow() {
  // A sum over rows is added to in memory, by the lane that owns the sample: rows must then come one after the other.
  bool oneWarp = has(OutputKind::SumRows);
  Value from = oneWarp ? fromInFirstWarp(e.constant(0)) : e.warp;
  e.loop(from, groups, oneWarp ? 1 : e.threads / kWarp, [&](Value group) {
    forGroup(group, {}, [&](Value i, ValueRange) {
      Values sums = e.loop(e.lane, samples, kWarp, zeros(OutputKind::SumSamples), [&](Value sample, ValueRange carried) {
        return collect(OutputKind::SumSamples, evaluate(i, sample), carried, i, sample);
      });
      for (Value &sum : sums)
        sum = e.sumWarp(sum);
      e.when(e.isEqual(e.lane, e.constant(0)), [&] {
        unsigned next = 0;
        for (unsigned k = 0; k < function.outputs.size(); ++k)
          if (kind(k) == OutputKind::SumSamples)
            write(k, sums[next++], target(k, i, {}));
      });
      return Values();
    });
  });
}

void flowc::cuda::lowerMap(tile::MapOp op, KernelCache &cache) {
  targets::callMap(op, cache, [&](targets::Emitter &inner, MapFunction &function) {
    BlockEmitter block(inner.builder, inner.loc, cache.threadsPerBlock());
    MapEmitter(op, block, function, targets::sampleCount(op)).emit();
    block.barrier();
  });
}

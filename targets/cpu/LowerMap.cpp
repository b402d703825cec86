// SPDX-License-Identifier: MIT
//
// tile.map: loops over rows and lanes around the body on vectors of samples.
//
// Rows are the outer loop, so that uniform inputs are loaded once a row and sums over samples stay in registers. A map
// that sums over rows (and not over samples) turns the loops around, so that these sums stay in registers. Maps without
// samples take rows as lanes where every buffer is contiguous, and go row by row where one is not. Every sum has a
// fixed order.

#include "targets/common/MapFunction.h"
#include "targets/cpu/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;
using targets::MapBuffer;
using targets::MapFunction;
using tile::OutputKind;

namespace {

/// Emits the function of one map.
class MapEmitter {
public:
  MapEmitter(tile::MapOp op, Emitter &emitter, MapFunction &function, int64_t width, int64_t samples)
      : op(op), e(emitter), function(function), width(width), samples(samples), element(function.element),
        vector(VectorType::get(width, element)), rows(function.rows), inputs(function.inputs), outputs(function.outputs),
        outside(function.outside) {}
  void emit();

private:
  using Values = SmallVector<Value>;

  void emitRowsOuter();
  void emitLanesOuter();
  void emitRowsAsLanes();
  void emitRowByRow();
  bool rowsAreContiguous();

  OutputKind kind(unsigned k) { return op.outputKind(k); }
  bool has(OutputKind kind);
  /// The address of the row that iteration `i` touches.
  Value rowAddress(const MapBuffer &buffer, Value i) { return function.rowAddress(e, buffer, i); }
  Value rowAddress(unsigned output, Value i) {
    return kind(output) == OutputKind::SumRows ? outputs[output].pointer : rowAddress(outputs[output], i);
  }
  /// Reads the inputs of iteration `i`: `uniform` ones as broadcast numbers, the others as addresses of rows.
  Values openRow(Value i);
  Values evaluate(const Values &row, Value sample);
  void write(unsigned k, Value value, Value pointer);
  Values zeros(OutputKind kind, Type type);

  tile::MapOp op;
  Emitter &e;
  MapFunction &function;
  int64_t width, samples;
  Type element;
  VectorType vector;
  Value rows;
  SmallVector<MapBuffer> &inputs, &outputs;
  IRMapping &outside;
};

} // namespace

bool MapEmitter::has(OutputKind wanted) {
  return llvm::any_of(llvm::seq<unsigned>(0, outputs.size()), [&](unsigned k) { return kind(k) == wanted; });
}

MapEmitter::Values MapEmitter::openRow(Value i) {
  Values row;
  for (const MapBuffer &input : inputs) {
    Value pointer = rowAddress(input, i);
    row.push_back(input.uniform ? e.broadcast(vector, e.load(element, pointer)) : pointer);
  }
  return row;
}

MapEmitter::Values MapEmitter::evaluate(const Values &row, Value sample) {
  Values elements;
  for (auto [input, value] : llvm::zip(inputs, row))
    elements.push_back(input.uniform ? value : e.load(vector, e.address(value, element, sample)));
  return cloneBody(e.builder, op.getBody().front(), elements, outside, width);
}

void MapEmitter::write(unsigned k, Value value, Value pointer) {
  if (kind(k) != OutputKind::Store)
    value = e.addFloats(e.load(value.getType(), pointer), value);
  e.store(value, pointer);
}

/// An empty sum for every output of this kind.
MapEmitter::Values MapEmitter::zeros(OutputKind wanted, Type type) {
  Values zeros;
  for (unsigned k = 0; k < outputs.size(); ++k)
    if (kind(k) == wanted)
      zeros.push_back(e.constant(type, -0.0)); // -0 + x is x for every x, so the first addition vanishes
  return zeros;
}

void MapEmitter::emit() {
  if (op.isUniform())
    return rowsAreContiguous() ? emitRowsAsLanes() : emitRowByRow();
  return has(OutputKind::SumRows) && !has(OutputKind::SumSamples) ? emitLanesOuter() : emitRowsOuter();
}

void MapEmitter::emitRowsOuter() {
  e.loop(e.constant(0), rows, 1, [&](Value i) {
    Values row = openRow(i), targets;
    for (unsigned k = 0; k < outputs.size(); ++k)
      targets.push_back(rowAddress(k, i));
    Values sums = e.loop(e.constant(0), e.constant(samples), width, zeros(OutputKind::SumSamples, vector),
                         [&](Value sample, ValueRange carried) {
                           Values results = evaluate(row, sample), next;
                           for (auto [k, result] : llvm::enumerate(results))
                             if (kind(k) == OutputKind::SumSamples)
                               next.push_back(e.addFloats(carried[next.size()], result));
                             else
                               write(k, result, e.address(targets[k], element, sample));
                           return next;
                         });
    unsigned next = 0;
    for (unsigned k = 0; k < outputs.size(); ++k)
      if (kind(k) == OutputKind::SumSamples)
        write(k, e.sumLanes(sums[next++]), targets[k]);
  });
}

void MapEmitter::emitLanesOuter() {
  e.loop(e.constant(0), e.constant(samples), width, [&](Value sample) {
    Values sums = e.loop(e.constant(0), rows, 1, zeros(OutputKind::SumRows, vector),
                         [&](Value i, ValueRange carried) {
                           Values results = evaluate(openRow(i), sample), next;
                           for (auto [k, result] : llvm::enumerate(results))
                             if (kind(k) == OutputKind::SumRows)
                               next.push_back(e.addFloats(carried[next.size()], result));
                             else
                               write(k, result, e.address(rowAddress(k, i), element, sample));
                           return next;
                         });
    unsigned next = 0;
    for (unsigned k = 0; k < outputs.size(); ++k)
      if (kind(k) == OutputKind::SumRows)
        write(k, sums[next++], e.address(outputs[k].pointer, element, sample));
  });
}

/// Whether rows i .. i + width - 1 of every buffer are one vector, or one number in the case of inputs.
bool MapEmitter::rowsAreContiguous() {
  auto contiguous = [](const MapBuffer &buffer) {
    return buffer.rows.table.empty() && buffer.rows.step == 1 && buffer.stride == 1;
  };
  auto readable = [&](const MapBuffer &input) {
    return contiguous(input) || (input.rows.table.empty() && input.rows.step == 0);
  };
  return width > 1 && static_cast<int64_t>(op.getRows()) > 1 && llvm::all_of(inputs, readable) &&
         llvm::all_of(outputs, contiguous);
}

/// The last vector is masked. Its idle lanes compute on copies of the first one, so that they cost what a valid lane
/// costs.
void MapEmitter::emitRowsAsLanes() {
  Values sums =
      e.loop(e.constant(0), rows, width, zeros(OutputKind::SumRows, vector), [&](Value i, ValueRange carried) {
        Value mask = e.firstLanes(width, e.subtract(rows, i));
        Values elements, next;
        for (const MapBuffer &input : inputs) {
          Value pointer = rowAddress(input, i);
          Value first = e.broadcast(vector, e.load(element, pointer));
          elements.push_back(input.rows.step == 0 ? first : e.maskedLoad(pointer, mask, first));
        }
        Values results = cloneBody(e.builder, op.getBody().front(), elements, outside, width);
        Value zero = e.constant(vector, 0.0);
        for (auto [k, result] : llvm::enumerate(results)) {
          if (kind(k) == OutputKind::SumRows) {
            Value valid = arith::SelectOp::create(e.builder, e.loc, mask, result, zero);
            next.push_back(e.addFloats(carried[next.size()], valid));
            continue;
          }
          Value pointer = rowAddress(outputs[k], i);
          if (kind(k) == OutputKind::Add)
            result = e.addFloats(e.maskedLoad(pointer, mask, zero), result);
          e.maskedStore(result, pointer, mask);
        }
        return next;
      });
  unsigned next = 0;
  for (unsigned k = 0; k < outputs.size(); ++k)
    if (kind(k) == OutputKind::SumRows)
      write(k, e.sumLanes(sums[next++]), outputs[k].pointer);
}

void MapEmitter::emitRowByRow() {
  e.loop(e.constant(0), rows, 1, [&](Value i) {
    Values elements;
    for (const MapBuffer &input : inputs)
      elements.push_back(e.load(element, rowAddress(input, i)));
    Values results = cloneBody(e.builder, op.getBody().front(), elements, outside, 0);
    for (auto [k, result] : llvm::enumerate(results))
      write(k, result, rowAddress(k, i));
  });
}

void flowc::cpu::lowerMap(tile::MapOp op, KernelCache &cache) {
  int64_t samples = targets::sampleCount(op);
  targets::callMap(op, cache, [&](targets::Emitter &inner, MapFunction &function) {
    Emitter emitter(inner.builder, inner.loc);
    int64_t width = op.isUniform() ? cache.lanes(function.element) : cache.lanes(function.element, samples);
    MapEmitter(op, emitter, function, width, samples).emit();
  });
}

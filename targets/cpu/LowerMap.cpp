// SPDX-License-Identifier: MIT
//
// tile.map: loops over rows and lanes around the body on vectors of samples.
//
// Rows are the outer loop, so that uniform inputs are loaded once a row and sums over samples stay in registers. A map
// that sums over rows (and not over samples) turns the loops around, so that these sums stay in registers. Maps without
// samples take rows as lanes where every buffer is contiguous, and go row by row where one is not. Every sum has a
// fixed order.

#include "targets/cpu/CloneBody.h"
#include "targets/cpu/KernelBuilder.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cpu;
using tile::OutputKind;

namespace {

/// The number of rows is an argument, for a model may have thousands of maps that differ in nothing else; but few rows are better
/// known to LLVM, which then needs no loop.
bool hasFixedRows(tile::MapOp op) { return op.getRows() <= 4; }

/// The rows that a map touches in one buffer: start + i * step, or a table.
struct Rows {
  explicit Rows(ArrayRef<int64_t> list) {
    if (list.empty())
      return;
    start = list[0];
    step = list.size() > 1 ? list[1] - list[0] : 0;
    for (auto [i, row] : llvm::enumerate(list))
      if (row != start + static_cast<int64_t>(i) * step) {
        table = list;
        return;
      }
  }
  int64_t start = 0, step = 1;
  ArrayRef<int64_t> table;
};

/// One buffer of a map, inside the map's function.
struct Buffer {
  Value pointer;
  Value table; // the address of the row table, if there is one
  Rows rows;
  int64_t stride;
  bool uniform;
};

/// Emits the function of one map.
class MapEmitter {
public:
  MapEmitter(tile::MapOp op, Emitter &emitter, ValueRange arguments, ValueRange captured, int64_t width,
             int64_t samples);
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
  Value rowAddress(const Buffer &buffer, Value i);
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
  int64_t width, samples;
  Type element;
  VectorType vector;
  Value rows;
  SmallVector<Buffer> inputs, outputs;
  IRMapping outside;
};

} // namespace

MapEmitter::MapEmitter(tile::MapOp op, Emitter &emitter, ValueRange arguments, ValueRange captured, int64_t width,
                       int64_t samples)
    : op(op), e(emitter), width(width), samples(samples),
      element(cast<MemRefType>(op.getOutputs()[0].getType()).getElementType()),
      vector(VectorType::get(width, element)) {
  unsigned next = 0;
  auto buffer = [&](Value value, ArrayRef<int64_t> rows) {
    return Buffer{arguments[next++], Value(), Rows(rows), rowStride(value), tile::isUniformBuffer(value)};
  };
  for (auto [k, value] : llvm::enumerate(op.getInputs()))
    inputs.push_back(buffer(value, op.inputRows(k)));
  for (auto [k, value] : llvm::enumerate(op.getOutputs()))
    outputs.push_back(buffer(value, kind(k) == OutputKind::SumRows ? ArrayRef<int64_t>() : op.outputRows(k)));
  for (SmallVector<Buffer> *buffers : {&inputs, &outputs})
    for (Buffer &buffer : *buffers)
      if (!buffer.rows.table.empty())
        buffer.table = arguments[next++];
  for (Value value : captured)
    outside.map(value, arguments[next++]);
  rows = hasFixedRows(op) ? e.constant(op.getRows()) : arguments[next];
}

bool MapEmitter::has(OutputKind wanted) {
  return llvm::any_of(llvm::seq<unsigned>(0, outputs.size()), [&](unsigned k) { return kind(k) == wanted; });
}

Value MapEmitter::rowAddress(const Buffer &buffer, Value i) {
  Value row;
  if (buffer.table)
    row = e.load(e.builder.getI64Type(), e.address(buffer.table, e.builder.getI64Type(), i));
  else
    row = e.add(e.multiply(i, buffer.rows.step), e.constant(buffer.rows.start));
  return e.address(buffer.pointer, element, e.multiply(row, buffer.stride));
}

MapEmitter::Values MapEmitter::openRow(Value i) {
  Values row;
  for (const Buffer &input : inputs) {
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
  auto contiguous = [](const Buffer &buffer) {
    return buffer.rows.table.empty() && buffer.rows.step == 1 && buffer.stride == 1;
  };
  auto readable = [&](const Buffer &input) {
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
        for (const Buffer &input : inputs) {
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
    for (const Buffer &input : inputs)
      elements.push_back(e.load(element, rowAddress(input, i)));
    Values results = cloneBody(e.builder, op.getBody().front(), elements, outside, 0);
    for (auto [k, result] : llvm::enumerate(results))
      write(k, result, rowAddress(k, i));
  });
}

//===- the function and its call
//------------------------------------------------------------------------------------===//

/// Everything of a map that its code depends on, and nothing of where its buffers are.
static std::string mapKey(tile::MapOp op, int64_t samples, ValueRange captured) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "map " << (hasFixedRows(op) ? static_cast<int64_t>(op.getRows()) : -1) << ' ' << samples;
  for (int32_t kind : op.getOutputKinds())
    stream << " k" << kind;
  auto describe = [&](Value buffer, ArrayRef<int64_t> list) {
    Rows rows(list);
    stream << (tile::isUniformBuffer(buffer) ? " u" : " v") << rowStride(buffer);
    if (rows.table.empty())
      stream << " r" << rows.start << '+' << rows.step;
    else
      stream << " table";
  };
  for (auto [k, buffer] : llvm::enumerate(op.getInputs()))
    describe(buffer, op.inputRows(k));
  stream << " to";
  for (auto [k, buffer] : llvm::enumerate(op.getOutputs()))
    describe(buffer, op.outputRows(k));
  stream << bodyFingerprint(op.getBody().front(), captured);
  return key;
}

static int64_t sampleCount(tile::MapOp op) {
  for (Value buffer : op->getOperands())
    if (!tile::isUniformBuffer(buffer))
      return cast<MemRefType>(buffer.getType()).getShape()[1];
  return 0;
}

void flowc::cpu::lowerMap(tile::MapOp op, KernelCache &cache) {
  int64_t samples = sampleCount(op);
  if (op.getRows() == 0 || (samples == 0 && !op.isUniform()))
    return;
  OpBuilder builder(op);
  Emitter emitter(builder, op.getLoc());
  SmallVector<Value> captured = isolateBody(op.getBody());
  SmallVector<Value> arguments;
  for (Value buffer : op->getOperands())
    arguments.push_back(cache.pointerTo(emitter, buffer));
  auto addTable = [&](ArrayRef<int64_t> rows) {
    if (!Rows(rows).table.empty())
      arguments.push_back(cache.rowTable(emitter, rows));
  };
  for (unsigned k = 0; k < op.getInputs().size(); ++k)
    addTable(op.inputRows(k));
  for (unsigned k = 0; k < op.getOutputs().size(); ++k)
    if (op.outputKind(k) != OutputKind::SumRows)
      addTable(op.outputRows(k));
  llvm::append_range(arguments, captured);
  if (!hasFixedRows(op))
    arguments.push_back(emitter.constant(op.getRows()));
  Type element = cast<MemRefType>(op.getOutputs()[0].getType()).getElementType();
  int64_t width = op.isUniform() ? cache.lanes(element) : cache.lanes(element, samples);
  cache.call(
      builder, op.getLoc(), "map", mapKey(op, samples, captured), arguments,
      [&](Emitter &inner, ValueRange values) { MapEmitter(op, inner, values, captured, width, samples).emit(); });
}

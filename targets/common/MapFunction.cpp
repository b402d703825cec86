// SPDX-License-Identifier: MIT

#include "targets/common/MapFunction.h"

#include "targets/common/CloneBody.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::targets;
using tile::OutputKind;

Rows::Rows(ArrayRef<int64_t> list) {
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

/// The number of rows is an argument, for a model may have thousands of maps that differ in nothing else; but few rows are better
/// known to LLVM, which then needs no loop.
static bool hasFixedRows(tile::MapOp op) { return op.getRows() <= 4; }

MapFunction::MapFunction(tile::MapOp op, Emitter &emitter, ValueRange arguments, ValueRange captured)
    : element(cast<MemRefType>(op.getOutputs()[0].getType()).getElementType()) {
  unsigned next = 0;
  auto buffer = [&](Value value, ArrayRef<int64_t> rows) {
    return MapBuffer{arguments[next++], Value(), Rows(rows), rowStride(value), tile::isUniformBuffer(value)};
  };
  for (auto [k, value] : llvm::enumerate(op.getInputs()))
    inputs.push_back(buffer(value, op.inputRows(k)));
  for (auto [k, value] : llvm::enumerate(op.getOutputs()))
    outputs.push_back(buffer(value, op.outputKind(k) == OutputKind::SumRows ? ArrayRef<int64_t>() : op.outputRows(k)));
  for (SmallVector<MapBuffer> *buffers : {&inputs, &outputs})
    for (MapBuffer &buffer : *buffers)
      if (!buffer.rows.table.empty())
        buffer.table = arguments[next++];
  for (Value value : captured)
    outside.map(value, arguments[next++]);
  rows = hasFixedRows(op) ? emitter.constant(op.getRows()) : arguments[next];
}

Value MapFunction::rowAddress(Emitter &e, const MapBuffer &buffer, Value i) const {
  Value row;
  if (buffer.table)
    row = e.load(e.builder.getI64Type(), e.address(buffer.table, e.builder.getI64Type(), i));
  else
    row = e.add(e.multiply(i, buffer.rows.step), e.constant(buffer.rows.start));
  return e.address(buffer.pointer, element, e.multiply(row, buffer.stride));
}

/// Everything of a map that its code depends on, and nothing of where its buffers are.
static std::string mapKey(tile::MapOp op, int64_t samples, ValueRange captured) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "map " << (hasFixedRows(op) ? static_cast<int64_t>(op.getRows()) : -1) << ' ' << samples
         << " by " << op.iterationsInOrder();
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

int64_t flowc::targets::sampleCount(tile::MapOp op) {
  for (Value buffer : op->getOperands())
    if (!tile::isUniformBuffer(buffer))
      return cast<MemRefType>(buffer.getType()).getShape()[1];
  return 0;
}

void flowc::targets::callMap(tile::MapOp op, FunctionCache &cache, function_ref<void(Emitter &, MapFunction &)> body) {
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
  cache.call(builder, op.getLoc(), "map", mapKey(op, samples, captured), arguments, [&](Emitter &inner, ValueRange values) {
    MapFunction function(op, inner, values, captured);
    body(inner, function);
    return SmallVector<Value>();
  });
}

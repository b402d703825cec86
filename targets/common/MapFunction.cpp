// SPDX-License-Identifier: MIT

#include "targets/common/MapFunction.h"

#include "targets/common/CloneBody.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

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
      start = 0;
      table = list;
      return;
    }
}

/// The number of rows is an argument, for a model may have thousands of maps that differ in nothing else; but few rows are better
/// known to LLVM, which then needs no loop. (Beside a long body the loop is nothing.)
static bool hasFixedRows(tile::MapOp op) {
  constexpr size_t kLong = 64;
  return op.getRows() <= 4 && op.getBody().front().getOperations().size() < kLong;
}

namespace {

/// What a function is told of a buffer: which of its arguments is the address that its first row lies `distance` numbers behind. Where
/// that row is in the buffer, the caller knows: couplings of the even and of the odd features share a function.
struct Told {
  unsigned argument;
  int64_t distance;
  int64_t firstRow; ///< Of the buffer, in numbers from its beginning.
};

/// The rows of every buffer, those of the inputs first.
SmallVector<Rows> rowsOfBuffers(tile::MapOp op) {
  SmallVector<Rows> rows;
  for (unsigned k = 0; k < op.getInputs().size(); ++k)
    rows.emplace_back(op.inputRows(k));
  for (unsigned k = 0; k < op.getOutputs().size(); ++k)
    rows.emplace_back(op.outputKind(k) == OutputKind::SumRows ? ArrayRef<int64_t>() : op.outputRows(k));
  return rows;
}

/// Buffers are told by their addresses. What is made of parameters alone, though, is often one map of hundreds of buffers, which comes but
/// once; so many addresses fit into no machine's registers, and slices of one buffer are told by the first of them.
SmallVector<Told> tellBuffers(tile::MapOp op) {
  constexpr unsigned kFew = 24;
  SmallVector<Told> told;
  llvm::DenseMap<Value, std::pair<unsigned, int64_t>> first;
  unsigned arguments = 0;
  bool isMany = op.isUniform() && op->getNumOperands() > kFew;
  for (auto [buffer, rows] : llvm::zip_equal(op->getOperands(), rowsOfBuffers(op))) {
    auto slice = buffer.getDefiningOp<memref::ReinterpretCastOp>();
    int64_t firstRow = rows.start * rowStride(buffer);
    if (!isMany || !slice || ShapedType::isDynamic(slice.getStaticOffsets()[0])) {
      told.push_back({arguments++, 0, firstRow});
      continue;
    }
    int64_t begin = slice.getStaticOffsets()[0] + firstRow;
    auto [place, isFirst] = first.try_emplace(slice.getSource(), arguments, begin);
    arguments += isFirst;
    told.push_back({place->second.first, begin - place->second.second, firstRow});
  }
  return told;
}

} // namespace

MapFunction::MapFunction(tile::MapOp op, Emitter &emitter, ValueRange arguments, ValueRange captured)
    : element(cast<MemRefType>(op.getOutputs()[0].getType()).getElementType()) {
  unsigned next = 0;
  for (auto [value, rows, told] : llvm::zip_equal(op->getOperands(), rowsOfBuffers(op), tellBuffers(op))) {
    next = std::max(next, told.argument + 1);
    Value pointer = emitter.address(arguments[told.argument], element, emitter.constant(told.distance));
    auto &side = inputs.size() < op.getInputs().size() ? inputs : outputs;
    side.push_back(MapBuffer{pointer, Value(), rows, rowStride(value), tile::isUniformBuffer(value)});
  }
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
    row = e.multiply(i, buffer.rows.step);
  return e.address(buffer.pointer, element, e.multiply(row, buffer.stride));
}

/// Everything of a map that its code depends on, and nothing of where its buffers are.
static std::string mapKey(tile::MapOp op, int64_t samples, ValueRange captured) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  stream << "map " << (hasFixedRows(op) ? static_cast<int64_t>(op.getRows()) : -1) << ' ' << samples;
  for (int32_t kind : op.getOutputKinds())
    stream << " k" << kind;
  stream << ' ' << op.getInputs().size();
  for (auto [buffer, rows] : llvm::zip_equal(op->getOperands(), rowsOfBuffers(op))) {
    stream << (tile::isUniformBuffer(buffer) ? " u" : " v") << rowStride(buffer);
    if (rows.table.empty())
      stream << " r" << rows.step;
    else
      stream << " table";
  }
  for (Told told : tellBuffers(op))
    stream << " @" << told.argument << '+' << told.distance;
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
  for (auto [buffer, told] : llvm::zip_equal(op->getOperands(), tellBuffers(op)))
    if (told.argument == arguments.size())
      arguments.push_back(cache.pointerTo(emitter, buffer, told.firstRow));
  for (const Rows &rows : rowsOfBuffers(op))
    if (!rows.table.empty())
      arguments.push_back(cache.rowTable(emitter, rows.table));
  llvm::append_range(arguments, captured);
  if (!hasFixedRows(op))
    arguments.push_back(emitter.constant(op.getRows()));
  cache.call(builder, op.getLoc(), "map", mapKey(op, samples, captured), arguments, [&](Emitter &inner, ValueRange values) {
    MapFunction function(op, inner, values, captured);
    body(inner, function);
    return SmallVector<Value>();
  });
}

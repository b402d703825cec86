// SPDX-License-Identifier: MIT
//
// What a well-formed tile program is: static shapes, samples contiguous, row lists within their buffers, one element
// type per op, and bodies that match their buffers. Targets rely on all of it and check nothing again.

#include "compiler/Dialect/Tile/TileDialect.h"

#include "llvm/ADT/Twine.h"

#include <cmath>

using namespace mlir;
using namespace flowc::tile;

/// A buffer has static sizes and strides and elements of f32 or f64.
static LogicalResult verifyBuffer(Operation *op, Value buffer, const Twine &name) {
  auto type = cast<MemRefType>(buffer.getType());
  if (!type.getElementType().isF32() && !type.getElementType().isF64())
    return op->emitOpError() << name << " has elements of type " << type.getElementType() << "; expected f32 or f64";
  SmallVector<int64_t> strides = bufferStrides(type);
  if (!type.hasStaticShape() || (strides.empty() && type.getRank() > 0) || llvm::any_of(strides, ShapedType::isDynamic))
    return op->emitOpError() << name << " is " << type << "; expected static sizes and strides";
  return success();
}

static LogicalResult verifyRank(Operation *op, Value buffer, const Twine &name, int64_t rank) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() != rank)
    return op->emitOpError() << name << " has rank " << type.getRank() << "; expected " << rank;
  return success();
}

/// The innermost dimension of a matrix or varying buffer is contiguous.
static LogicalResult verifyContiguous(Operation *op, Value buffer, const Twine &name) {
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getShape().back() > 1 && bufferStrides(type).back() != 1)
    return op->emitOpError() << name << " has stride " << bufferStrides(type).back()
                             << " in its last dimension; expected 1";
  return success();
}

static LogicalResult verifySameElementType(Operation *op, Value buffer, const Twine &name, Type expected) {
  Type found = cast<MemRefType>(buffer.getType()).getElementType();
  if (found != expected)
    return op->emitOpError() << name << " has elements of type " << found << "; the others have " << expected;
  return success();
}

//===- map
//----------------------------------------------------------------------------------------------------------===//

/// Checks one buffer of a map and the rows that the map touches in it.
static LogicalResult verifyMapBuffer(MapOp op, Value buffer, const Twine &name, Attribute rowsAttr, bool onlyRowZero) {
  if (failed(verifyBuffer(op, buffer, name)))
    return failure();
  auto type = cast<MemRefType>(buffer.getType());
  if (type.getRank() != 1 && type.getRank() != 2)
    return op.emitOpError() << name << " has rank " << type.getRank()
                            << "; expected 1 (uniform) or 2 (varying: rows, samples)";
  if (type.getRank() == 2 && failed(verifyContiguous(op, buffer, name)))
    return failure();
  auto rows = dyn_cast<DenseI64ArrayAttr>(rowsAttr);
  if (!rows)
    return op.emitOpError() << "row list of " << name << " is " << rowsAttr << "; expected array<i64: ...>";
  int64_t count = op.getRows(), height = type.getShape()[0];
  if (onlyRowZero) {
    if (height < 1)
      return op.emitOpError() << name << " has no row; `sum_rows` writes row 0";
    return success();
  }
  if (!rows.empty() && rows.size() != count)
    return op.emitOpError() << "row list of " << name << " has " << rows.size() << " entries; expected " << count;
  if (rows.empty() && count > height)
    return op.emitOpError() << name << " has " << height << " rows; the map has " << count;
  for (int64_t row : rows.asArrayRef())
    if (row < 0 || row >= height)
      return op.emitOpError() << "row list of " << name << " names row " << row << "; the buffer has " << height;
  return success();
}

/// Rows may be stored in any order, and by many threads at once.
static LogicalResult verifyDistinctRows(MapOp op) {
  for (unsigned k = 0; k < op.getOutputs().size(); ++k) {
    llvm::SmallDenseSet<int64_t> seen;
    if (op.outputKind(k) != OutputKind::Store)
      continue;
    for (int64_t row : op.outputRows(k))
      if (!seen.insert(row).second)
        return op.emitOpError() << "row list of output #" << k << " names row " << row << " twice";
  }
  return success();
}

/// All varying buffers have the same number of samples.
static LogicalResult verifySamples(MapOp op) {
  int64_t samples = -1;
  for (Value buffer : op->getOperands()) {
    if (isUniformBuffer(buffer))
      continue;
    int64_t found = cast<MemRefType>(buffer.getType()).getShape()[1];
    if (samples >= 0 && found != samples)
      return op.emitOpError() << "has buffers of " << samples << " and of " << found << " samples";
    samples = found;
  }
  if (op.isUniform() && samples >= 0)
    return op.emitOpError() << "writes uniform buffers alone but reads a varying one; sum over the samples";
  if (!op.isUniform() && samples < 0)
    return op.emitOpError() << "sums over samples but has no varying buffer";
  return success();
}

static LogicalResult verifyOutputKinds(MapOp op) {
  bool uniform = op.isUniform();
  for (auto [k, output] : llvm::enumerate(op.getOutputs())) {
    OutputKind kind = op.outputKind(k);
    bool wantsUniform = uniform || kind == OutputKind::SumSamples;
    if (isUniformBuffer(output) != wantsUniform)
      return op.emitOpError() << "output #" << k << " of kind `" << stringifyOutputKind(kind) << "` is "
                              << (wantsUniform ? "varying; expected uniform (rank 1)"
                                               : "uniform; expected varying (rank 2)");
  }
  return success();
}

/// Takes the inputs' elements, yields one element per output.
static LogicalResult verifyBody(Operation *op, Block &body, TypeRange arguments, size_t results, Type element) {
  if (TypeRange(body.getArgumentTypes()) != arguments)
    return op->emitOpError() << "body takes (" << body.getArgumentTypes() << "); expected (" << arguments << ")";
  auto yield = body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.back());
  if (!yield)
    return op->emitOpError() << "body does not end in `tile.yield`";
  if (yield.getValues().size() != results)
    return yield.emitOpError() << "has " << yield.getValues().size() << " values; expected " << results;
  for (Value value : yield.getValues())
    if (value.getType() != element)
      return yield.emitOpError() << "has a value of type " << value.getType() << "; expected " << element;
  return success();
}

/// The attributes have one entry per buffer, and the kinds are known: what the accessors rely on.
static LogicalResult verifyMapAttributes(MapOp op) {
  if (op.getOutputs().empty())
    return op.emitOpError() << "has no output";
  if (static_cast<int64_t>(op.getRows()) < 0)
    return op.emitOpError() << "has " << static_cast<int64_t>(op.getRows()) << " rows";
  if (op.getInputRows().size() != op.getInputs().size())
    return op.emitOpError() << "has " << op.getInputRows().size() << " input row lists for " << op.getInputs().size()
                            << " inputs";
  if (op.getOutputRows().size() != op.getOutputs().size())
    return op.emitOpError() << "has " << op.getOutputRows().size() << " output row lists for " << op.getOutputs().size()
                            << " outputs";
  if (op.getOutputKinds().size() != op.getOutputs().size())
    return op.emitOpError() << "has " << op.getOutputKinds().size() << " output kinds for " << op.getOutputs().size()
                            << " outputs";
  for (int32_t kind : op.getOutputKinds())
    if (!symbolizeOutputKind(kind))
      return op.emitOpError() << "has an output kind " << kind
                              << "; expected 0 (store), 1 (add), 2 (sum_rows) or 3 (sum_samples)";
  return success();
}

LogicalResult MapOp::verify() {
  if (failed(verifyMapAttributes(*this)))
    return failure();
  Type element = cast<MemRefType>(getOutputs()[0].getType()).getElementType();
  for (auto [k, input] : llvm::enumerate(getInputs()))
    if (failed(verifyMapBuffer(*this, input, "input #" + Twine(k), getInputRows()[k], false)) ||
        failed(verifySameElementType(*this, input, "input #" + Twine(k), element)))
      return failure();
  for (auto [k, output] : llvm::enumerate(getOutputs()))
    if (failed(verifyMapBuffer(*this, output, "output #" + Twine(k), getOutputRows()[k],
                               outputKind(k) == OutputKind::SumRows)) ||
        failed(verifySameElementType(*this, output, "output #" + Twine(k), element)))
      return failure();
  if (failed(verifyOutputKinds(*this)) || failed(verifySamples(*this)) || failed(verifyDistinctRows(*this)))
    return failure();
  SmallVector<Type> arguments(getInputs().size(), element);
  return verifyBody(*this, getBody().front(), arguments, getOutputs().size(), element);
}

//===- gemm, solve, transpose, fill
//----------------------------------------------------------------------------------------===//

static LogicalResult verifySize(Operation *op, const Twine &what, int64_t found, const Twine &other, int64_t expected) {
  if (found != expected)
    return op->emitOpError() << what << " is " << found << "; " << other << " is " << expected;
  return success();
}

LogicalResult GemmOp::verify() {
  Type element = cast<MemRefType>(getC().getType()).getElementType();
  std::pair<Value, const char *> matrices[] = {{getA(), "a"}, {getB(), "b"}, {getC(), "c"}};
  for (auto [buffer, name] : matrices)
    if (failed(verifyBuffer(*this, buffer, name)) || failed(verifyRank(*this, buffer, name, 2)) ||
        failed(verifySameElementType(*this, buffer, name, element)))
      return failure();
  if (failed(verifyContiguous(*this, getB(), "b")) || failed(verifyContiguous(*this, getC(), "c")))
    return failure();
  auto a = cast<MemRefType>(getA().getType()).getShape(), b = cast<MemRefType>(getB().getType()).getShape(),
       c = cast<MemRefType>(getC().getType()).getShape();
  if (failed(verifySize(*this, "the number of rows of c", c[0], "that of a", a[0])) ||
      failed(verifySize(*this, "the number of columns of a", a[1], "the number of rows of b", b[0])) ||
      failed(verifySize(*this, "the number of columns of c", c[1], "that of b", b[1])))
    return failure();
  if (Value bias = getBias())
    if (failed(verifyBuffer(*this, bias, "bias")) || failed(verifyRank(*this, bias, "bias", 1)) ||
        failed(verifySameElementType(*this, bias, "bias", element)) ||
        failed(verifySize(*this, "the size of bias", cast<MemRefType>(bias.getType()).getShape()[0],
                          "the number of rows of c", c[0])))
      return failure();
  if (getEpilogue().empty())
    return success();
  return verifyBody(*this, getEpilogue().front(), element, 1, element);
}

LogicalResult SolveOp::verify() {
  Type element = cast<MemRefType>(getX().getType()).getElementType();
  std::pair<Value, const char *> matrices[] = {{getA(), "a"}, {getY(), "y"}, {getX(), "x"}};
  for (auto [buffer, name] : matrices)
    if (failed(verifyBuffer(*this, buffer, name)) || failed(verifyRank(*this, buffer, name, 2)) ||
        failed(verifySameElementType(*this, buffer, name, element)))
      return failure();
  if (failed(verifyContiguous(*this, getY(), "y")) || failed(verifyContiguous(*this, getX(), "x")))
    return failure();
  auto a = cast<MemRefType>(getA().getType()).getShape(), y = cast<MemRefType>(getY().getType()).getShape(),
       x = cast<MemRefType>(getX().getType()).getShape();
  if (failed(verifySize(*this, "the number of columns of a", a[1], "that of its rows", a[0])) ||
      failed(verifySize(*this, "the number of rows of x", x[0], "that of a", a[0])) ||
      failed(verifySize(*this, "the number of rows of y", y[0], "that of a", a[0])) ||
      failed(verifySize(*this, "the number of columns of x", x[1], "that of y", y[1])))
    return failure();
  if (Value diagonal = getDiagonal())
    if (failed(verifyBuffer(*this, diagonal, "diagonal")) || failed(verifyRank(*this, diagonal, "diagonal", 1)) ||
        failed(verifySameElementType(*this, diagonal, "diagonal", element)) ||
        failed(verifySize(*this, "the size of diagonal", cast<MemRefType>(diagonal.getType()).getShape()[0], "the number of rows of a",
                          a[0])))
      return failure();
  return success();
}

/// A buffer of a matrix of every sample's own.
static LogicalResult verifyMatrices(Operation *op, Value buffer, const Twine &name) {
  if (failed(verifyBuffer(op, buffer, name)) || failed(verifyRank(op, buffer, name, 2)) || failed(verifyContiguous(op, buffer, name)))
    return failure();
  int64_t rows = cast<MemRefType>(buffer.getType()).getShape()[0], size = std::llround(std::sqrt(rows));
  return verifySize(op, "the number of rows of " + name, rows, "the square of the number nearest to its root", size * size);
}

LogicalResult EliminateOp::verify() { return verifyMatrices(*this, getMatrix(), "matrix"); }

LogicalResult SubstituteOp::verify() {
  Type element = cast<MemRefType>(getX().getType()).getElementType();
  if (failed(verifyMatrices(*this, getTriangles(), "triangles")) || failed(verifyBuffer(*this, getX(), "x")) ||
      failed(verifyRank(*this, getX(), "x", 2)) || failed(verifyContiguous(*this, getX(), "x")) ||
      failed(verifySameElementType(*this, getTriangles(), "triangles", element)))
    return failure();
  auto triangles = cast<MemRefType>(getTriangles().getType()).getShape(), x = cast<MemRefType>(getX().getType()).getShape();
  int64_t size = std::llround(std::sqrt(triangles[0]));
  if (failed(verifySize(*this, "the number of columns of x", x[1], "that of triangles", triangles[1])))
    return failure();
  return verifySize(*this, "the number of rows of x", x[0], "columns times the size of the matrix",
                    size * static_cast<int64_t>(getColumns()));
}

LogicalResult RepeatOp::verify() {
  Type element = cast<MemRefType>(getCurrent().getType()).getElementType();
  std::pair<Value, const char *> points[] = {{getCurrent(), "current"}, {getNext(), "next"}};
  for (auto [buffer, name] : points)
    if (failed(verifyBuffer(*this, buffer, name)) || failed(verifyRank(*this, buffer, name, 2)) ||
        failed(verifyContiguous(*this, buffer, name)) || failed(verifySameElementType(*this, buffer, name, element)))
      return failure();
  auto current = cast<MemRefType>(getCurrent().getType()).getShape(), next = cast<MemRefType>(getNext().getType()).getShape();
  if (failed(verifySize(*this, "the number of rows of next", next[0], "that of current", current[0])) ||
      failed(verifySize(*this, "the number of columns of next", next[1], "that of current", current[1])))
    return failure();
  if (static_cast<int64_t>(getRounds()) < 1)
    return emitOpError() << "has " << static_cast<int64_t>(getRounds()) << " rounds; expected at least 1";
  return success();
}

LogicalResult TransposeOp::verify() {
  Type element = cast<MemRefType>(getInput().getType()).getElementType();
  std::pair<Value, const char *> matrices[] = {{getInput(), "input"}, {getOutput(), "output"}};
  for (auto [buffer, name] : matrices)
    if (failed(verifyBuffer(*this, buffer, name)) || failed(verifyRank(*this, buffer, name, 2)) ||
        failed(verifyContiguous(*this, buffer, name)) || failed(verifySameElementType(*this, buffer, name, element)))
      return failure();
  auto in = cast<MemRefType>(getInput().getType()).getShape(), out = cast<MemRefType>(getOutput().getType()).getShape();
  if (out[1] < in[0])
    return emitOpError() << "output has " << out[1] << " columns; input has " << in[0] << " rows";
  return verifySize(*this, "the number of rows of output", out[0], "the number of columns of input", in[1]);
}

LogicalResult FillOp::verify() {
  if (failed(verifyBuffer(*this, getOutput(), "output")))
    return failure();
  auto type = cast<MemRefType>(getOutput().getType());
  if (type.getRank() != 1 && type.getRank() != 2)
    return emitOpError() << "output has rank " << type.getRank() << "; expected 1 or 2";
  return type.getRank() == 2 ? verifyContiguous(*this, getOutput(), "output") : success();
}

// SPDX-License-Identifier: MIT
//
// Registration, constants and verifiers of the flow dialect.

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

#include "compiler/Dialect/Flow/FlowDialect.cpp.inc"

#include "compiler/Dialect/Flow/FlowInterfaces.cpp.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/Flow/FlowOps.cpp.inc"

namespace flowc::flow {

void FlowDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/Flow/FlowOps.cpp.inc"
      >();
}

Value constantOf(OpBuilder &builder, Location loc, Type type, double value) {
  auto element = cast<FloatType>(getElementTypeOrSelf(type));
  llvm::APFloat number(value);
  bool lossy = false;
  number.convert(element.getFloatSemantics(), llvm::APFloat::rmNearestTiesToEven, &lossy);
  auto scalar = FloatAttr::get(element, number);
  if (auto shaped = dyn_cast<ShapedType>(type))
    return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(shaped, static_cast<Attribute>(scalar)));
  return arith::ConstantOp::create(builder, loc, scalar);
}

std::optional<double> constantValue(Value value) {
  Attribute attribute;
  if (auto splat = value.getDefiningOp<SplatOp>())
    return constantValue(splat.getScalar());
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getValueAsDouble();
  auto dense = dyn_cast<DenseFPElementsAttr>(attribute);
  if (!dense || !dense.isSplat())
    return std::nullopt;
  return dense.getSplatValue<APFloat>().convertToDouble();
}

Interval inferRange(Value value, llvm::DenseMap<Value, Interval> &given, int depth) {
  if (auto it = given.find(value); it != given.end())
    return it->second;
  auto op = dyn_cast_or_null<RangeOpInterface>(value.getDefiningOp());
  if (!op || depth == 0)
    return Interval::all();
  llvm::SmallVector<Interval> operands;
  for (Value operand : op->getOperands())
    operands.push_back(inferRange(operand, given, depth - 1));
  return given[value] = op.inferRange(operands);
}

//===- verifiers --------------------------------------------------------------------------------------------------===//

int64_t ModelOp::contextSize() { return getGivenContextAttr() ? getGivenContextAttr().getAs<IntegerAttr>("size").getInt() : 0; }

LogicalResult LayerOp::verify() {
  Block &block = getBody().front();
  if (block.getNumArguments() != 1 || !isa<RankedTensorType>(block.getArgument(0).getType()))
    return emitOpError("takes one vector, the layer's input");
  if (!block.mightHaveTerminator() || !isa<ReturnOp>(block.getTerminator()))
    return emitOpError("ends with flow.return");
  if (output().getType() != input().getType())
    return emitOpError("returns ") << output().getType() << ", but its input is " << input().getType();
  return success();
}

/// How many columns of `rows` elements a vector has; where a matrix has no rows, nobody can tell, and it is one.
static int64_t columnsOf(Value vector, int64_t rows) { return rows > 0 ? elementCount(vector) / rows : 1; }

static int64_t dimension(Value matrix, unsigned k) { return cast<RankedTensorType>(matrix.getType()).getDimSize(k); }

int64_t MatvecOp::rows() { return dimension(getMatrix(), getTransposed() ? 1 : 0); }
int64_t MatvecOp::depth() { return dimension(getMatrix(), getTransposed() ? 0 : 1); }
int64_t MatvecOp::columns() { return depth() > 0 ? columnsOf(getVector(), depth()) : columnsOf(getResult(), rows()); }
int64_t SolveTriangularOp::columns() { return columnsOf(getVector(), rows()); }
int64_t OuterOp::columns() { return rows() > 0 ? columnsOf(getLeft(), rows()) : columnsOf(getRight(), width()); }

LogicalResult MatvecOp::verify() {
  auto matrix = cast<RankedTensorType>(getMatrix().getType());
  if (matrix.getRank() != 2)
    return emitOpError("needs a matrix, but got ") << matrix;
  int64_t count = columns();
  if (elementCount(getVector()) != depth() * count || elementCount(getResult()) != rows() * count)
    return emitOpError("a ") << rows() << " x " << depth() << " matrix takes columns of " << depth() << " elements to " << rows()
                             << ", but operand and result have " << elementCount(getVector()) << " and "
                             << elementCount(getResult());
  return success();
}

LogicalResult SolveTriangularOp::verify() {
  auto matrix = cast<RankedTensorType>(getMatrix().getType());
  int64_t size = elementCount(getVector());
  if (matrix.getRank() != 2 || matrix.getDimSize(0) != matrix.getDimSize(1) || rows() * columns() != size)
    return emitOpError("needs a square matrix that takes a vector of ") << size << ", but got " << matrix;
  if (getDiagonal() && elementCount(getDiagonal()) != size)
    return emitOpError("has a diagonal of ") << elementCount(getDiagonal()) << " elements for a vector of " << size;
  return success();
}

LogicalResult OuterOp::verify() {
  auto matrix = cast<RankedTensorType>(getResult().getType());
  if (matrix.getRank() != 2 || elementCount(getLeft()) != rows() * columns() || elementCount(getRight()) != width() * columns())
    return emitOpError("vectors of ") << elementCount(getLeft()) << " and " << elementCount(getRight()) << " elements have no product "
                                      << matrix;
  return success();
}

LogicalResult SpectralNormOp::verify() {
  if (cast<RankedTensorType>(getMatrix().getType()).getRank() != 2)
    return emitOpError("needs a matrix, but got ") << getMatrix().getType();
  if (cast<RankedTensorType>(getResult().getType()).getRank() != 0)
    return emitOpError("is a number, not ") << getResult().getType();
  if (!(getLeast().convertToDouble() > 0))
    return emitOpError("needs a least result above 0");
  return success();
}

LogicalResult CausalOp::verify() {
  auto type = cast<RankedTensorType>(getMatrix().getType());
  if (type.getRank() != 2)
    return emitOpError("needs a matrix, but got ") << type;
  if (type.getDimSize(0) != static_cast<int64_t>(getRows().size()) || type.getDimSize(1) != static_cast<int64_t>(getColumns().size()))
    return emitOpError("has ranks for ") << getRows().size() << " x " << getColumns().size() << ", but the matrix is "
                                         << type.getDimSize(0) << " x " << type.getDimSize(1);
  return success();
}

/// Whether `indices` lie in 0 .. size-1, each at most once (`seen` remembers across calls).
static LogicalResult verifyIndices(Operation *op, ArrayRef<int64_t> indices, llvm::BitVector &seen) {
  for (int64_t index : indices) {
    if (index < 0 || index >= static_cast<int64_t>(seen.size()))
      return op->emitOpError("index ") << index << " is not in 0 .. " << static_cast<int64_t>(seen.size()) - 1;
    if (seen.test(index))
      return op->emitOpError("index ") << index << " occurs twice";
    seen.set(index);
  }
  return success();
}

LogicalResult ExtractOp::verify() {
  if (elementCount(getResult()) != static_cast<int64_t>(getIndices().size()))
    return emitOpError("has ") << getIndices().size() << " indices for a result of " << elementCount(getResult());
  llvm::BitVector seen(elementCount(getVector()));
  return verifyIndices(*this, getIndices(), seen);
}

ArrayRef<int64_t> MergeOp::pieceIndices(unsigned k) { return cast<DenseI64ArrayAttr>(getIndices()[k]).asArrayRef(); }

LogicalResult MergeOp::verify() {
  if (getIndices().size() != getPieces().size())
    return emitOpError("has ") << getPieces().size() << " pieces and " << getIndices().size() << " index lists";
  llvm::BitVector seen(elementCount(getResult()));
  for (auto [k, piece] : llvm::enumerate(getPieces())) {
    if (!isa<DenseI64ArrayAttr>(getIndices()[k]))
      return emitOpError("index list ") << k << " is not an array of i64";
    if (elementCount(piece) != static_cast<int64_t>(pieceIndices(k).size()))
      return emitOpError("piece ") << k << " has " << elementCount(piece) << " elements for "
                                   << pieceIndices(k).size() << " indices";
    if (failed(verifyIndices(*this, pieceIndices(k), seen)))
      return failure();
  }
  return success();
}

/// Whether one size is a whole number of times the other.
static LogicalResult verifyTimes(Operation *op, Value large, Value small) {
  int64_t many = elementCount(large), few = elementCount(small);
  if (few > 0 ? many % few == 0 : many == 0)
    return success();
  return op->emitOpError("a vector of ") << many << " is no matrix of " << few << " rows";
}

LogicalResult RepeatOp::verify() { return verifyTimes(*this, getResult(), getVector()); }
LogicalResult SumRowsOp::verify() { return verifyTimes(*this, getVector(), getResult()); }

static LogicalResult verifySquare(Operation *op, Value matrix, int64_t size) {
  if (size * size == elementCount(matrix))
    return success();
  return op->emitOpError("a vector of ") << elementCount(matrix) << " is no square matrix";
}

LogicalResult LogDetOp::verify() {
  if (cast<RankedTensorType>(getResult().getType()).getRank() != 0)
    return emitOpError("is a number, not ") << getResult().getType();
  return verifySquare(*this, getMatrix(), size());
}

LogicalResult SolveOp::verify() {
  if (failed(verifySquare(*this, getMatrix(), size())))
    return failure();
  if (size() * columns() != elementCount(getVector()))
    return emitOpError("a ") << size() << " x " << size() << " matrix takes nothing to a vector of " << elementCount(getVector());
  return success();
}

LogicalResult RootOp::verify() {
  Block &block = getBody().front();
  if (block.getNumArguments() != 1 || block.getArgument(0).getType() != getTarget().getType())
    return emitOpError("body takes one argument of the target's type");
  auto yield = dyn_cast_or_null<YieldOp>(block.mightHaveTerminator() ? block.getTerminator() : nullptr);
  if (!yield || yield.getValues().size() != 2)
    return emitOpError("body yields the formula's value and derivative");
  if (!(getLower().convertToDouble() < getUpper().convertToDouble()))
    return emitOpError("lower end is not below the upper end");
  return success();
}

/// A body that makes of a vector another one.
static LogicalResult verifyStep(Operation *op, Type vector) {
  Block &block = op->getRegion(0).front();
  if (block.getNumArguments() != 1 || block.getArgument(0).getType() != vector)
    return op->emitOpError("body takes one argument of the start's type");
  auto yield = dyn_cast_or_null<YieldOp>(block.mightHaveTerminator() ? block.getTerminator() : nullptr);
  if (!yield || yield.getValues().size() != 1 || yield.getValues()[0].getType() != vector)
    return op->emitOpError("body yields the next point, of the start's type");
  return success();
}

LogicalResult FixedPointOp::verify() {
  if (failed(verifyStep(*this, getStart().getType())))
    return failure();
  double rate = getRate().convertToDouble();
  if (!(rate >= 0 && rate < 1))
    return emitOpError("rate ") << rate << " is not in [0, 1)";
  return success();
}

LogicalResult IterateOp::verify() {
  if (static_cast<int64_t>(getRounds()) < 0)
    return emitOpError("a negative number of rounds");
  return verifyStep(*this, getStart().getType());
}

LogicalResult LogDetSeriesOp::verify() {
  if (elementCount(getDraw()) != 1 || elementCount(getResult()) != elementCount(getProbe()) + 1)
    return emitOpError("takes one random number, and gives a number and a vector like the probe");
  double keep = getKeep().convertToDouble();
  if (static_cast<int64_t>(getLeast()) < 1 || !(keep >= 0 && keep < 1))
    return emitOpError("takes at least 1 term, and each further one with a probability below 1");
  return verifyStep(*this, getProbe().getType());
}

} // namespace flowc::flow

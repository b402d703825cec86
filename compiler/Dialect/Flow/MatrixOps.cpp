// SPDX-License-Identifier: MIT
//
// The flow dialect's ops on matrices of a sample's own answer the questions.

#include "compiler/Dialect/Flow/MatrixOps.h"

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/FlowDialect.h"

#include <cmath>

using namespace mlir;

namespace flowc::flow {
namespace {

RankedTensorType vectorLike(Value value, int64_t count) { return RankedTensorType::get({count}, getElementTypeOrSelf(value.getType())); }

/// What has `outer` x `middle` x `inner` elements, with the last two turned around.
Value turned(OpBuilder &builder, Location loc, Value value, int64_t outer, int64_t middle, int64_t inner) {
  SmallVector<int64_t> indices;
  for (int64_t i = 0; i < outer; ++i)
    for (int64_t k = 0; k < inner; ++k)
      for (int64_t j = 0; j < middle; ++j)
        indices.push_back((i * middle + j) * inner + k);
  return ExtractOp::create(builder, loc, value.getType(), value, indices);
}

Value repeated(OpBuilder &builder, Location loc, Value vector, int64_t times) {
  return RepeatOp::create(builder, loc, vectorLike(vector, elementCount(vector) * times), vector);
}

} // namespace

Value identityMatrix(OpBuilder &builder, Location loc, Type element, int64_t size) {
  SmallVector<double> numbers(size * size, 0);
  for (int64_t k = 0; k < size; ++k)
    numbers[k * (size + 1)] = 1;
  auto type = RankedTensorType::get({size * size}, element);
  return arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, ArrayRef<double>(numbers)));
}

//===- repeat and sum_rows ----------------------------------------------------------------------------------------===//

int64_t RepeatOp::times() {
  int64_t count = elementCount(getVector());
  return count ? elementCount(getResult()) / count : 0;
}
ElementSets RepeatOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) {
  SmallVector<SetId> result;
  for (int64_t i = 0; i < elementCount(getVector()); ++i)
    result.append(times(), operands[0][i]);
  return ElementSets(std::move(result));
}
bool RepeatOp::movedFrom(SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  for (int64_t i = 0; i < elementCount(getVector()); ++i)
    source.append(times(), {0, i});
  return true;
}
Interval RepeatOp::inferRange(ArrayRef<Interval> operands) { return operands[0]; }
Value RepeatOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }
Value RepeatOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value result, ArrayRef<Value> tangents) {
  return RepeatOp::create(builder, getLoc(), result.getType(), tangents[0]);
}
void RepeatOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                        SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = SumRowsOp::create(builder, getLoc(), operands[0].getType(), adjoint);
}

int64_t SumRowsOp::width() {
  int64_t count = elementCount(getResult());
  return count ? elementCount(getVector()) / count : 0;
}
ElementSets SumRowsOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  SmallVector<SetId> result(elementCount(getResult()), 0);
  for (int64_t k = 0; k < elementCount(getVector()); ++k)
    result[k / width()] = pool.unite(result[k / width()], operands[0][k]);
  return ElementSets(std::move(result));
}
Interval SumRowsOp::inferRange(ArrayRef<Interval> operands) {
  return width() == 0 ? Interval::point(0) : operands[0] * Interval::point(width());
}
Value SumRowsOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }
Value SumRowsOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value result, ArrayRef<Value> tangents) {
  return SumRowsOp::create(builder, getLoc(), result.getType(), tangents[0]);
}
void SumRowsOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                         SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = RepeatOp::create(builder, getLoc(), operands[0].getType(), adjoint);
}

//===- log_det ----------------------------------------------------------------------------------------------------===//

int64_t LogDetOp::size() { return std::llround(std::sqrt(elementCount(getMatrix()))); }
ElementSets LogDetOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  return ElementSets(1, pool.unite(operands[0].distinct()));
}
Interval LogDetOp::inferRange(ArrayRef<Interval>) { return Interval::all(); }
Value LogDetOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

/// What the derivative of log det M by the elements of M is: the transpose of its inverse.
static Value inverseTransposed(OpBuilder &builder, LogDetOp op, Value matrix) {
  Value unit = identityMatrix(builder, op.getLoc(), getElementTypeOrSelf(matrix.getType()), op.size());
  return SolveOp::create(builder, op.getLoc(), matrix, unit, /*transposed=*/true);
}
Value LogDetOp::tangent(OpBuilder &builder, ArrayRef<Value> operands, Value result, ArrayRef<Value> tangents) {
  Value product = arith::MulFOp::create(builder, getLoc(), inverseTransposed(builder, *this, operands[0]), tangents[0]);
  return SumOp::create(builder, getLoc(), result.getType(), product);
}
void LogDetOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                        SmallVectorImpl<Value> &results) {
  if (!wanted[0])
    return;
  Value weight = SplatOp::create(builder, getLoc(), operands[0].getType(), adjoint);
  results[0] = arith::MulFOp::create(builder, getLoc(), inverseTransposed(builder, *this, operands[0]), weight);
}

//===- solve: M x = y ---------------------------------------------------------------------------------------------===//

int64_t SolveOp::size() { return std::llround(std::sqrt(elementCount(getMatrix()))); }
int64_t SolveOp::columns() { return size() ? elementCount(getVector()) / size() : 1; }
ElementSets SolveOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  SetId ofMatrix = pool.unite(operands[0].distinct());
  SmallVector<SetId> result(elementCount(getResult()), ofMatrix);
  for (int64_t p = 0; p < columns(); ++p) {
    SetId all = ofMatrix;
    for (int64_t i = 0; i < size(); ++i)
      all = pool.unite(all, operands[1][i * columns() + p]);
    for (int64_t i = 0; i < size(); ++i)
      result[i * columns() + p] = all;
  }
  return ElementSets(std::move(result));
}
Interval SolveOp::inferRange(ArrayRef<Interval>) { return Interval::all(); }
Value SolveOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

/// The sum over the columns of left right^T, a matrix as M is.
static Value sumOfOuters(OpBuilder &builder, SolveOp op, Value left, Value right) {
  int64_t n = op.size(), columns = op.columns();
  Location loc = op.getLoc();
  // Both as n x n x columns elements.
  Value rows = turned(builder, loc, repeated(builder, loc, left, n), n, columns, n);
  Value across = turned(builder, loc, repeated(builder, loc, right, n), 1, n * columns, n);
  Value products = arith::MulFOp::create(builder, loc, rows, across);
  return SumRowsOp::create(builder, loc, op.getMatrix().getType(), products);
}

// dx = M^-1 (dy - dM x)
Value SolveOp::tangent(OpBuilder &builder, ArrayRef<Value> operands, Value result, ArrayRef<Value> tangents) {
  Value total = tangents[1];
  if (tangents[0]) {
    // (dM x)[i, p] is the sum over j of dM[i, j] x[j, p]: as n x columns x n elements.
    int64_t n = size(), count = columns();
    Value matrix = getTransposed() ? turned(builder, getLoc(), tangents[0], 1, n, n) : tangents[0];
    Value across = turned(builder, getLoc(), repeated(builder, getLoc(), matrix, count), n, n, count);
    Value solved = repeated(builder, getLoc(), turned(builder, getLoc(), result, 1, n, count), n);
    solved = turned(builder, getLoc(), solved, 1, count * n, n);
    Value moved = SumRowsOp::create(builder, getLoc(), result.getType(), arith::MulFOp::create(builder, getLoc(), across, solved));
    total = total ? arith::SubFOp::create(builder, getLoc(), total, moved).getResult()
                  : arith::NegFOp::create(builder, getLoc(), moved).getResult();
  }
  return SolveOp::create(builder, getLoc(), operands[0], total, getTransposed());
}

// With h = M^-T g: dy = h, dM = -h x^T (of the transpose: -x h^T)
void SolveOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value result, Value adjoint, const BitVector &wanted,
                       SmallVectorImpl<Value> &results) {
  Value back = SolveOp::create(builder, getLoc(), operands[0], adjoint, !getTransposed());
  if (wanted[1])
    results[1] = back;
  if (!wanted[0])
    return;
  Value negative = arith::NegFOp::create(builder, getLoc(), back);
  results[0] = getTransposed() ? sumOfOuters(builder, *this, result, negative) : sumOfOuters(builder, *this, negative, result);
}

} // namespace flowc::flow

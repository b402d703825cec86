// SPDX-License-Identifier: MIT
//
// The flow dialect's own vector ops answer the four questions.

#include "compiler/Dialect/Flow/Expr.h"
#include "compiler/Dialect/Flow/FlowDialect.h"

#include "llvm/ADT/MapVector.h"

#include <cmath>
#include <map>

using namespace mlir;

namespace flowc::flow {
namespace {

ElementSets everywhere(Value value, SetId set) { return ElementSets(elementCount(value), set); }

Value sumOf(OpBuilder &builder, Location loc, Value value) {
  return SumOp::create(builder, loc, RankedTensorType::get({}, getElementTypeOrSelf(value.getType())), value);
}

double rootOfSquares(ArrayRef<double> numbers) {
  double sum = 0;
  for (double number : numbers)
    sum = std::hypot(sum, number);
  return sum;
}

/// The elements `indices` of what has `columns` numbers for each: all of these.
SmallVector<int64_t> widened(ArrayRef<int64_t> indices, int64_t columns) {
  SmallVector<int64_t> result;
  for (int64_t index : indices)
    llvm::append_range(result, llvm::seq(index * columns, (index + 1) * columns));
  return result;
}

/// A matrix of one row or column, all ones.
Value ones(OpBuilder &builder, Location loc, Type element, int64_t rows, int64_t columns) {
  return constantOf(builder, loc, RankedTensorType::get({rows, columns}, element), 1);
}

RankedTensorType wideType(Value value, int64_t columns) {
  return RankedTensorType::get({elementCount(value) * columns}, getElementTypeOrSelf(value.getType()));
}

/// The tangent of a product that is linear in each of two operands: `product` of one's tangent with the other, both summed.
template <typename Product>
Value bilinearTangent(OpBuilder &builder, Location loc, ArrayRef<Value> operands, ArrayRef<Value> tangents,
                      Product product) {
  Value left = tangents[0] ? product(tangents[0], operands[1]) : Value();
  Value right = tangents[1] ? product(operands[0], tangents[1]) : Value();
  if (!left || !right)
    return left ? left : right;
  return arith::AddFOp::create(builder, loc, left, right);
}

} // namespace

BitVector nonZeroElements(Value value) {
  auto op = dyn_cast_or_null<NonZeroOpInterface>(value.getDefiningOp());
  if (!op)
    return BitVector(elementCount(value), true);
  SmallVector<BitVector> operands;
  for (Value operand : op->getOperands())
    operands.push_back(nonZeroElements(operand));
  return op.nonZeros(operands);
}

//===- read -------------------------------------------------------------------------------------------------------===//

ElementSets ReadOp::dependencies(ArrayRef<ElementSets>, SetPool &) { return everywhere(getResult(), 0); }
Interval ReadOp::inferRange(ArrayRef<Interval>) { return Interval::all(); }
Value ReadOp::tangent(OpBuilder &, ArrayRef<Value>, Value, ArrayRef<Value>) { return {}; }
void ReadOp::adjoints(OpBuilder &, ArrayRef<Value>, Value, Value, const BitVector &, SmallVectorImpl<Value> &) {}

//===- context ----------------------------------------------------------------------------------------------------===//

ElementSets ContextOp::dependencies(ArrayRef<ElementSets>, SetPool &) { return everywhere(getResult(), 0); }
Interval ContextOp::inferRange(ArrayRef<Interval>) {
  if (getLabel())
    return Interval::closed(0, 1);
  return getLow() ? Interval::open(getLow()->convertToDouble(), getHigh()->convertToDouble()) : Interval::all();
}
Value ContextOp::tangent(OpBuilder &, ArrayRef<Value>, Value, ArrayRef<Value>) { return {}; }
void ContextOp::adjoints(OpBuilder &, ArrayRef<Value>, Value, Value, const BitVector &, SmallVectorImpl<Value> &) {}

//===- matvec: y = A x --------------------------------------------------------------------------------------------===//

NeededElements MatvecOp::neededElements() {
  BitVector nonZero = nonZeroElements(getMatrix());
  NeededElements needed{SmallVector<BitVector>(rows(), BitVector(depth())), columns()};
  for (int64_t m = 0; m < rows(); ++m)
    for (int64_t k = 0; k < depth(); ++k)
      if (nonZero.test(entry(m, k)))
        needed.rows[m].set(k);
  return needed;
}

/// The boolean product with the matrix's structural zeros, column by column. Rows are taken by their number of nonzeros: where the
/// masks are nested, a row adds only its own elements to the set of the row before.
ElementSets MatvecOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  struct Row {
    int64_t m;
    bool goesOn; // It needs all that the row before needs.
    SmallVector<unsigned> added;
  };
  SmallVector<BitVector> needed = neededElements().rows;
  SmallVector<std::pair<unsigned, int64_t>> order;
  for (auto [m, row] : llvm::enumerate(needed))
    order.push_back({row.count(), m});
  llvm::sort(order);
  std::vector<Row> rowsInOrder;
  BitVector done(depth());
  for (auto [count, m] : order) {
    BitVector added = needed[m];
    bool goesOn = !done.test(needed[m]);
    if (goesOn)
      added.reset(done);
    rowsInOrder.push_back({m, goesOn, SmallVector<unsigned>(added.set_bits())});
    done = needed[m];
  }
  SetId ofMatrix = pool.unite(operands[0].distinct());
  SmallVector<SetId> result(elementCount(getResult()));
  int64_t count = columns();
  for (int64_t p = 0; p < count; ++p) {
    SetId last = ofMatrix;
    for (const Row &row : rowsInOrder) {
      SmallVector<SetId> sets{row.goesOn ? last : ofMatrix};
      for (unsigned k : row.added)
        sets.push_back(operands[1][k * count + p]);
      last = result[row.m * count + p] = pool.unite(sets);
    }
  }
  return ElementSets(std::move(result));
}
unsigned MatvecOp::partialOperand() { return 1; }

namespace {

/// Where some rows of a matrix of several columns, written row by row, lie among elements that are listed.
struct ColumnShare {
  SmallVector<int64_t> rows, places;
};

std::map<int64_t, ColumnShare> shareByColumn(ArrayRef<int64_t> elements, int64_t columns) {
  std::map<int64_t, ColumnShare> shares;
  for (auto [place, element] : llvm::enumerate(elements)) {
    shares[element % columns].rows.push_back(element / columns);
    shares[element % columns].places.push_back(place);
  }
  return shares;
}

Value takeElements(OpBuilder &builder, Location loc, Value vector, ArrayRef<int64_t> indices, ArrayRef<int64_t> shape) {
  auto type = RankedTensorType::get(shape, getElementTypeOrSelf(vector.getType()));
  auto all = llvm::seq<int64_t>(0, elementCount(vector));
  if (type == vector.getType() && std::equal(indices.begin(), indices.end(), all.begin(), all.end()))
    return vector;
  return ExtractOp::create(builder, loc, type, vector, indices);
}

} // namespace

/// One product for all columns of which the same rows are wanted and the same elements given.
Value MatvecOp::buildPart(OpBuilder &builder, ArrayRef<Value> operands, ArrayRef<int64_t> elements, ArrayRef<int64_t> given) {
  using Rows = std::vector<int64_t>;
  int64_t count = columns();
  std::map<int64_t, ColumnShare> wanted = shareByColumn(elements, count), have = shareByColumn(given, count);
  llvm::MapVector<std::pair<Rows, Rows>, SmallVector<int64_t>, std::map<std::pair<Rows, Rows>, unsigned>> groups;
  for (auto &[p, share] : wanted)
    groups[{Rows(share.rows.begin(), share.rows.end()), Rows(have[p].rows.begin(), have[p].rows.end())}].push_back(p);
  SmallVector<Value> pieces;
  SmallVector<Attribute> places;
  SmallVector<int64_t> placed;
  for (auto &[key, positions] : groups) {
    auto &[ms, ks] = key;
    auto height = static_cast<int64_t>(ms.size()), width = static_cast<int64_t>(ks.size()), across = static_cast<int64_t>(positions.size());
    // What is taken out of the matrix is never transposed, so that its rows lie in memory in the order in which they are read.
    SmallVector<int64_t> entries, from, to;
    for (int64_t m : ms)
      for (int64_t k : ks)
        entries.push_back(entry(m, k));
    for (int64_t k = 0; k < width; ++k)
      for (int64_t p : positions)
        from.push_back(have[p].places[k]);
    for (int64_t m = 0; m < height; ++m)
      for (int64_t p : positions)
        to.push_back(wanted[p].places[m]);
    Type element = getElementTypeOrSelf(getResult().getType());
    Value matrix = ExtractOp::create(builder, getLoc(), RankedTensorType::get({height, width}, element), operands[0], entries);
    Value vector = takeElements(builder, getLoc(), operands[1], from, {width * across});
    pieces.push_back(MatvecOp::create(builder, getLoc(), RankedTensorType::get({height * across}, element), matrix, vector, false));
    places.push_back(builder.getDenseI64ArrayAttr(to));
    llvm::append_range(placed, to);
  }
  if (pieces.size() == 1 && llvm::is_sorted(placed))
    return pieces[0];
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, getElementTypeOrSelf(getResult().getType()));
  return MergeOp::create(builder, getLoc(), type, pieces, builder.getArrayAttr(places));
}
bool MatvecOp::sumOfProducts(int64_t element, SmallVectorImpl<SmallVector<std::pair<unsigned, int64_t>, 2>> &sum) {
  int64_t count = columns();
  for (int64_t k = 0; k < depth(); ++k)
    sum.push_back({{0, entry(element / count, k)}, {1, k * count + element % count}});
  return true;
}
Interval MatvecOp::inferRange(ArrayRef<Interval> operands) {
  return depth() == 0 ? Interval::point(0) : operands[0] * operands[1] * Interval::point(depth());
}
Value MatvecOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

// |A dx| <= |A| |dx| with the spectral norm of A, |dA x| <= |dA| |x|, for each column and so for all
double MatvecOp::steepness(ArrayRef<Interval>, ArrayRef<double> norms, ArrayRef<double> moves) {
  return times(norms[0], moves[1]) + times(moves[0], norms[1]);
}
double MatvecOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) { return times(norms[0], norms[1]); }

// dy = A dx + dA x
Value MatvecOp::tangent(OpBuilder &builder, ArrayRef<Value> operands, Value result, ArrayRef<Value> tangents) {
  return bilinearTangent(builder, getLoc(), operands, tangents, [&](Value matrix, Value vector) -> Value {
    return MatvecOp::create(builder, getLoc(), result.getType(), matrix, vector, getTransposed());
  });
}

FailureOr<Value> MatvecOp::wideTangent(OpBuilder &builder, ArrayRef<Value> operands, ArrayRef<Value> tangents, int64_t count) {
  if (tangents[0])
    return failure();
  return Value(MatvecOp::create(builder, getLoc(), wideType(getResult(), count), operands[0], tangents[1], getTransposed()));
}

// dA = g x^T (of the transpose: x g^T), dx = A^T g
void MatvecOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                        SmallVectorImpl<Value> &results) {
  if (wanted[0]) {
    Value left = getTransposed() ? operands[1] : adjoint, right = getTransposed() ? adjoint : operands[1];
    results[0] = OuterOp::create(builder, getLoc(), operands[0].getType(), left, right);
  }
  if (wanted[1])
    results[1] =
        MatvecOp::create(builder, getLoc(), operands[1].getType(), operands[0], adjoint, !getTransposed());
}

//===- solve_triangular: (D + L) x = y ----------------------------------------------------------------------------===//

/// An element needs those of its column that are solved for before it, and its own.
ElementSets SolveTriangularOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  SmallVector<SetId> result(elementCount(getResult()));
  SetId ofMatrix = pool.unite(operands[0].distinct());
  if (getDiagonal())
    ofMatrix = pool.unite(ofMatrix, pool.unite(operands[2].distinct()));
  int64_t count = columns();
  for (int64_t p = 0; p < count; ++p) {
    SetId before = ofMatrix;
    for (int64_t k = 0; k < rows(); ++k) {
      int64_t element = (isBackward() ? rows() - 1 - k : k) * count + p;
      before = result[element] = pool.unite(before, operands[1][element]);
    }
  }
  return ElementSets(std::move(result));
}
SmallVector<Requirement> SolveTriangularOp::requirements() {
  if (!getDiagonal())
    return {};
  return {{2, Interval::all(), true}};
}
Interval SolveTriangularOp::inferRange(ArrayRef<Interval>) { return Interval::all(); }
Value SolveTriangularOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

// dx = (D + L)^-1 (dy - dD x - dL x)
Value SolveTriangularOp::tangent(OpBuilder &builder, ArrayRef<Value> operands, Value result, ArrayRef<Value> tangents) {
  Value total = tangents[1];
  auto subtract = [&](Value term) {
    total = total ? arith::SubFOp::create(builder, getLoc(), total, term).getResult()
                  : arith::NegFOp::create(builder, getLoc(), term).getResult();
  };
  if (tangents[0])
    subtract(MatvecOp::create(builder, getLoc(), result.getType(), tangents[0], result, getTransposed()));
  if (getDiagonal() && tangents[2])
    subtract(arith::MulFOp::create(builder, getLoc(), tangents[2], result));
  return SolveTriangularOp::create(builder, getLoc(), operands[0], total, getDiagonal() ? operands[2] : Value(), getUpper(),
                                   getTransposed());
}

FailureOr<Value> SolveTriangularOp::wideTangent(OpBuilder &builder, ArrayRef<Value> operands, ArrayRef<Value> tangents, int64_t count) {
  if (tangents[0] || (getDiagonal() && tangents[2]))
    return failure();
  Value diagonal = getDiagonal() ? Value(RepeatOp::create(builder, getLoc(), wideType(getDiagonal(), count), operands[2])) : Value();
  return Value(SolveTriangularOp::create(builder, getLoc(), operands[0], tangents[1], diagonal, getUpper(), getTransposed()));
}

// With h = (D + L)^-T g: dy = h, dD = -h x, dL = -h x^T (of the transpose: -x h^T)
void SolveTriangularOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value result, Value adjoint, const BitVector &wanted,
                                 SmallVectorImpl<Value> &results) {
  Value back = SolveTriangularOp::create(builder, getLoc(), operands[0], adjoint, getDiagonal() ? operands[2] : Value(), getUpper(),
                                         !getTransposed());
  results[1] = wanted[1] ? back : Value();
  Value negative = arith::NegFOp::create(builder, getLoc(), back);
  if (wanted[0]) {
    Value left = getTransposed() ? result : negative, right = getTransposed() ? negative : result;
    results[0] = OuterOp::create(builder, getLoc(), operands[0].getType(), left, right);
  }
  if (getDiagonal() && wanted[2])
    results[2] = arith::MulFOp::create(builder, getLoc(), negative, result);
}

//===- causal: y[m, k] = x[m, k] where column k does not rank above row m, else 0 -----------------------------------===//

ElementSets CausalOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) { return operands[0]; }
bool CausalOp::sumOfProducts(int64_t element, SmallVectorImpl<SmallVector<std::pair<unsigned, int64_t>, 2>> &sum) {
  int64_t width = getColumns().size();
  if (getColumns()[element % width] <= getRows()[element / width])
    sum.push_back({{0, element}});
  return true;
}
BitVector CausalOp::nonZeros(ArrayRef<BitVector> operands) {
  BitVector result = operands[0];
  size_t width = getColumns().size();
  for (auto [m, row] : llvm::enumerate(getRows()))
    for (auto [k, column] : llvm::enumerate(getColumns()))
      if (column > row)
        result.reset(m * width + k);
  return result;
}
Interval CausalOp::inferRange(ArrayRef<Interval> operands) { return hull(operands[0], Interval::point(0)); }
Value CausalOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }
double CausalOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) { return moves[0]; }
double CausalOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) { return norms[0]; }
Value CausalOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value, ArrayRef<Value> tangents) {
  return CausalOp::create(builder, getLoc(), tangents[0], getRows(), getColumns());
}
void CausalOp::adjoints(OpBuilder &builder, ArrayRef<Value>, Value, Value adjoint, const BitVector &wanted,
                        SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = CausalOp::create(builder, getLoc(), adjoint, getRows(), getColumns());
}

//===- outer: Y = a b^T -------------------------------------------------------------------------------------------===//

ElementSets OuterOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  SmallVector<SetId> result;
  int64_t count = columns();
  for (int64_t i = 0; i < rows(); ++i)
    for (int64_t j = 0; j < width(); ++j) {
      SetId all = 0;
      for (int64_t p = 0; p < count; ++p)
        all = pool.unite(all, pool.unite(operands[0][i * count + p], operands[1][j * count + p]));
      result.push_back(all);
    }
  return ElementSets(std::move(result));
}
Interval OuterOp::inferRange(ArrayRef<Interval> operands) { return operands[0] * operands[1] * Interval::point(columns()); }
Value OuterOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

// dY = da b^T + a db^T
Value OuterOp::tangent(OpBuilder &builder, ArrayRef<Value> operands, Value result, ArrayRef<Value> tangents) {
  return bilinearTangent(builder, getLoc(), operands, tangents, [&](Value left, Value right) -> Value {
    return OuterOp::create(builder, getLoc(), result.getType(), left, right);
  });
}

// da = G b, db = G^T a
void OuterOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                       SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = MatvecOp::create(builder, getLoc(), operands[0].getType(), adjoint, operands[1], false);
  if (wanted[1])
    results[1] = MatvecOp::create(builder, getLoc(), operands[1].getType(), adjoint, operands[0], true);
}

//===- extract: y[i] = x[indices[i]] ------------------------------------------------------------------------------===//

ElementSets ExtractOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) {
  SmallVector<SetId> result;
  for (int64_t index : getIndices())
    result.push_back(operands[0][index]);
  return ElementSets(std::move(result));
}
bool ExtractOp::movedFrom(SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  for (int64_t index : getIndices())
    source.push_back({0, index});
  return true;
}
BitVector ExtractOp::nonZeros(ArrayRef<BitVector> operands) {
  BitVector result(elementCount(getResult()));
  for (auto [place, index] : llvm::enumerate(getIndices()))
    result[place] = operands[0].test(index);
  return result;
}
Interval ExtractOp::inferRange(ArrayRef<Interval> operands) { return operands[0]; }
// Alone it does not determine the elements that it leaves out; the structure analysis puts pieces together.
Value ExtractOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }
double ExtractOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) { return moves[0]; }
double ExtractOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) { return norms[0]; }
Value ExtractOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value result, ArrayRef<Value> tangents) {
  return ExtractOp::create(builder, getLoc(), result.getType(), tangents[0], getIndices());
}
FailureOr<Value> ExtractOp::wideTangent(OpBuilder &builder, ArrayRef<Value>, ArrayRef<Value> tangents, int64_t count) {
  return Value(ExtractOp::create(builder, getLoc(), wideType(getResult(), count), tangents[0], widened(getIndices(), count)));
}
void ExtractOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                         SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = MergeOp::create(builder, getLoc(), operands[0].getType(), ValueRange{adjoint},
                                 builder.getArrayAttr({getIndicesAttr()}));
}

//===- merge: y[indices[k][i]] = piece_k[i] -----------------------------------------------------------------------===//

ElementSets MergeOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) {
  SmallVector<SetId> result(elementCount(getResult()), 0);
  for (auto [k, sets] : llvm::enumerate(operands))
    for (auto [place, index] : llvm::enumerate(pieceIndices(k)))
      result[index] = sets[place];
  return ElementSets(std::move(result));
}
bool MergeOp::movedFrom(SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  source.assign(elementCount(getResult()), {~0u, 0});
  for (unsigned k = 0; k < getPieces().size(); ++k)
    for (auto [position, index] : llvm::enumerate(pieceIndices(k)))
      source[index] = {k, static_cast<int64_t>(position)};
  // With holes (which are zero) the result is not made of operands alone.
  return llvm::none_of(source, [](auto entry) { return entry.first == ~0u; });
}
BitVector MergeOp::nonZeros(ArrayRef<BitVector> operands) {
  BitVector result(elementCount(getResult()));
  for (unsigned k = 0; k < getPieces().size(); ++k)
    for (auto [place, index] : llvm::enumerate(pieceIndices(k)))
      result[index] = operands[k].test(place);
  return result;
}
Interval MergeOp::inferRange(ArrayRef<Interval> operands) {
  SmallVector<std::pair<unsigned, int64_t>> source;
  Interval range = movedFrom(source) && !operands.empty() ? operands[0] : Interval::point(0);
  for (const Interval &operand : operands)
    range = hull(range, operand);
  return range;
}
Value MergeOp::solve(OpBuilder &builder, unsigned unknown, Value result, ArrayRef<Value>, ArrayRef<Interval>) {
  return ExtractOp::create(builder, getLoc(), getPieces()[unknown].getType(), result, pieceIndices(unknown));
}
// The pieces' elements are all elements of the result: the squares add.
double MergeOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) { return rootOfSquares(moves); }
double MergeOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) { return rootOfSquares(norms); }
Value MergeOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value result, ArrayRef<Value> tangents) {
  SmallVector<Value> pieces;
  SmallVector<Attribute> indices;
  for (auto [k, tangent] : llvm::enumerate(tangents)) {
    if (!tangent)
      continue;
    pieces.push_back(tangent);
    indices.push_back(getIndices()[k]);
  }
  if (pieces.empty())
    return {};
  return MergeOp::create(builder, getLoc(), result.getType(), pieces, builder.getArrayAttr(indices));
}
FailureOr<Value> MergeOp::wideTangent(OpBuilder &builder, ArrayRef<Value>, ArrayRef<Value> tangents, int64_t count) {
  SmallVector<Value> pieces;
  SmallVector<Attribute> indices;
  for (auto [k, tangent] : llvm::enumerate(tangents)) {
    if (!tangent)
      continue;
    pieces.push_back(tangent);
    indices.push_back(builder.getDenseI64ArrayAttr(widened(pieceIndices(k), count)));
  }
  return Value(MergeOp::create(builder, getLoc(), wideType(getResult(), count), pieces, builder.getArrayAttr(indices)));
}
void MergeOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                       SmallVectorImpl<Value> &results) {
  for (unsigned k : wanted.set_bits())
    results[k] = ExtractOp::create(builder, getLoc(), operands[k].getType(), adjoint, pieceIndices(k));
}

//===- sum and splat ----------------------------------------------------------------------------------------------===//

ElementSets SumOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) { return ElementSets(1, pool.unite(operands[0].distinct())); }
bool SumOp::sumOfProducts(int64_t, SmallVectorImpl<SmallVector<std::pair<unsigned, int64_t>, 2>> &sum) {
  for (int64_t k = 0; k < elementCount(getVector()); ++k)
    sum.push_back({{0, k}});
  return true;
}
// Of one element: that element.
bool SumOp::movedFrom(SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  source.assign(1, {0, 0});
  return elementCount(getVector()) == 1;
}
Interval SumOp::inferRange(ArrayRef<Interval> operands) {
  double count = elementCount(getVector());
  return count == 0 ? Interval::point(0) : operands[0] * Interval::point(count);
}
Value SumOp::solve(OpBuilder &builder, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval>) {
  if (elementCount(getVector()) != 1)
    return {};
  return SplatOp::create(builder, getLoc(), getVector().getType(), result);
}
// |sum of dx_i| <= sqrt(n) |dx|
double SumOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) {
  return times(std::sqrt(elementCount(getVector())), moves[0]);
}
Value SumOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value, ArrayRef<Value> tangents) {
  return sumOf(builder, getLoc(), tangents[0]);
}
FailureOr<Value> SumOp::wideTangent(OpBuilder &builder, ArrayRef<Value>, ArrayRef<Value> tangents, int64_t count) {
  Value row = ones(builder, getLoc(), getElementTypeOrSelf(getResult().getType()), 1, elementCount(getVector()));
  return Value(MatvecOp::create(builder, getLoc(), wideType(getResult(), count), row, tangents[0], false));
}
void SumOp::adjoints(OpBuilder &builder, ArrayRef<Value> operands, Value, Value adjoint, const BitVector &wanted,
                     SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = SplatOp::create(builder, getLoc(), operands[0].getType(), adjoint);
}

ElementSets SplatOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) {
  return everywhere(getResult(), operands[0][0]);
}
// To one element: the scalar.
bool SplatOp::movedFrom(SmallVectorImpl<std::pair<unsigned, int64_t>> &source) {
  source.assign(1, {0, 0});
  return elementCount(getResult()) == 1;
}
Interval SplatOp::inferRange(ArrayRef<Interval> operands) { return operands[0]; }
Value SplatOp::solve(OpBuilder &builder, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval>) {
  return elementCount(getResult()) == 1 ? sumOf(builder, getLoc(), result) : Value();
}
double SplatOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) {
  return times(std::sqrt(elementCount(getResult())), moves[0]);
}
Value SplatOp::tangent(OpBuilder &builder, ArrayRef<Value>, Value result, ArrayRef<Value> tangents) {
  return SplatOp::create(builder, getLoc(), result.getType(), tangents[0]);
}
FailureOr<Value> SplatOp::wideTangent(OpBuilder &builder, ArrayRef<Value>, ArrayRef<Value> tangents, int64_t count) {
  Value column = ones(builder, getLoc(), getElementTypeOrSelf(getResult().getType()), elementCount(getResult()), 1);
  return Value(MatvecOp::create(builder, getLoc(), wideType(getResult(), count), column, tangents[0], false));
}
void SplatOp::adjoints(OpBuilder &builder, ArrayRef<Value>, Value, Value adjoint, const BitVector &wanted,
                       SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = sumOf(builder, getLoc(), adjoint);
}

//===- constrained: the identity, with a fact ---------------------------------------------------------------------===//

ElementSets ConstrainedOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) { return operands[0]; }
bool ConstrainedOp::isElementwise() { return true; }
Interval ConstrainedOp::inferRange(ArrayRef<Interval> operands) {
  return intersection(operands[0], {getLow().convertToDouble(), getHigh().convertToDouble(), getLowOpen(), getHighOpen()});
}
double ConstrainedOp::evaluate(ArrayRef<double> operands) { return operands[0]; }
std::string ConstrainedOp::smtTerm(ArrayRef<std::string> operands) { return operands[0]; }
Limit ConstrainedOp::limit(OpBuilder &, ArrayRef<Limit> operands) { return operands[0]; }
Value ConstrainedOp::solve(OpBuilder &, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval>) { return result; }
double ConstrainedOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) { return moves[0]; }
double ConstrainedOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) { return norms[0]; }
double ConstrainedOp::spectralNorm(ArrayRef<double> norms) { return norms[0]; }
Value ConstrainedOp::tangent(OpBuilder &, ArrayRef<Value>, Value, ArrayRef<Value> tangents) { return tangents[0]; }
void ConstrainedOp::adjoints(OpBuilder &, ArrayRef<Value>, Value, Value adjoint, const BitVector &wanted,
                             SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = adjoint;
}

Value ConstrainedOp::logDerivative(OpBuilder &builder, unsigned, ArrayRef<Value>, Value result) {
  return constantOf(builder, getLoc(), result.getType(), 0);
}

//===- norm_bounded: the identity, with a fact about all elements together ----------------------------------------===//

ElementSets NormBoundedOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) { return operands[0]; }
bool NormBoundedOp::isElementwise() { return true; }
Interval NormBoundedOp::inferRange(ArrayRef<Interval> operands) {
  double bound = getBound().convertToDouble();
  return intersection(operands[0], Interval::closed(-bound, bound));
}
double NormBoundedOp::evaluate(ArrayRef<double> operands) { return operands[0]; }
std::string NormBoundedOp::smtTerm(ArrayRef<std::string> operands) { return operands[0]; }
Limit NormBoundedOp::limit(OpBuilder &, ArrayRef<Limit> operands) { return operands[0]; }
double NormBoundedOp::steepness(ArrayRef<Interval>, ArrayRef<double>, ArrayRef<double> moves) { return moves[0]; }
// A matrix has no more singular values that are not 0 than rows or columns, and the Frobenius norm is the root of their squares' sum.
double NormBoundedOp::norm(ArrayRef<Interval>, ArrayRef<double> norms) {
  auto type = dyn_cast<RankedTensorType>(getValue().getType());
  bool isMatrix = type && type.getRank() == 2;
  double count = !getSpectral() ? 1 : isMatrix ? std::min(type.getDimSize(0), type.getDimSize(1)) : kInfinity;
  return std::min(norms[0], times(std::sqrt(count), getBound().convertToDouble()));
}
double NormBoundedOp::spectralNorm(ArrayRef<double> norms) { return std::min(norms[0], getBound().convertToDouble()); }
Value NormBoundedOp::solve(OpBuilder &, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval>) { return result; }
Value NormBoundedOp::tangent(OpBuilder &, ArrayRef<Value>, Value, ArrayRef<Value> tangents) { return tangents[0]; }
void NormBoundedOp::adjoints(OpBuilder &, ArrayRef<Value>, Value, Value adjoint, const BitVector &wanted,
                             SmallVectorImpl<Value> &results) {
  if (wanted[0])
    results[0] = adjoint;
}

//===- detach: the identity, without a derivative -----------------------------------------------------------------===//

ElementSets DetachOp::dependencies(ArrayRef<ElementSets> operands, SetPool &) { return operands[0]; }
bool DetachOp::isElementwise() { return true; }
Interval DetachOp::inferRange(ArrayRef<Interval> operands) { return operands[0]; }
double DetachOp::evaluate(ArrayRef<double> operands) { return operands[0]; }
std::string DetachOp::smtTerm(ArrayRef<std::string> operands) { return operands[0]; }
Limit DetachOp::limit(OpBuilder &, ArrayRef<Limit> operands) { return operands[0]; }
Value DetachOp::solve(OpBuilder &, unsigned, Value result, ArrayRef<Value>, ArrayRef<Interval>) { return result; }
Value DetachOp::tangent(OpBuilder &, ArrayRef<Value>, Value, ArrayRef<Value>) { return {}; }
void DetachOp::adjoints(OpBuilder &, ArrayRef<Value>, Value, Value, const BitVector &, SmallVectorImpl<Value> &) {}

} // namespace flowc::flow

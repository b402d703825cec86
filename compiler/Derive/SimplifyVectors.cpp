// SPDX-License-Identifier: MIT

#include "compiler/Derive/Algebra.h"
#include "compiler/Derive/Evaluator.h"
#include "compiler/Derive/RewriteRule.h"
#include "compiler/Derive/Simplify.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

Value simplifyExtract(ExtractOp op, PatternRewriter &rewriter) {
  llvm::ArrayRef<int64_t> indices = op.getIndices();
  if (isIdentity(indices, elementCount(op.getVector())) && op.getType() == op.getVector().getType())
    return op.getVector();
  if (auto inner = op.getVector().getDefiningOp<ExtractOp>()) {
    llvm::SmallVector<int64_t> composed;
    for (int64_t index : indices)
      composed.push_back(inner.getIndices()[index]);
    return ExtractOp::create(rewriter, op.getLoc(), op.getType(), inner.getVector(), composed);
  }
  if (auto splat = op.getVector().getDefiningOp<SplatOp>())
    return SplatOp::create(rewriter, op.getLoc(), op.getType(), splat.getScalar());
  if (auto number = constantValue(op.getVector()))
    return constantOf(rewriter, op.getLoc(), op.getType(), *number);
  return {};
}

/// Elements taken out of a merge all of which come from one piece.
Value extractOfMerge(ExtractOp op, PatternRewriter &rewriter) {
  auto merge = op.getVector().getDefiningOp<MergeOp>();
  if (!merge || op.getIndices().empty())
    return {};
  size_t missed = 0;
  for (unsigned k = 0; k < merge.getPieces().size(); ++k) {
    llvm::DenseMap<int64_t, int64_t> placeOf;
    for (auto [place, index] : llvm::enumerate(merge.pieceIndices(k)))
      placeOf[index] = place;
    llvm::SmallVector<int64_t> places;
    for (int64_t index : op.getIndices())
      if (auto it = placeOf.find(index); it != placeOf.end())
        places.push_back(it->second);
    if (places.size() == op.getIndices().size())
      return extractElements(rewriter, op.getLoc(), merge.getPieces()[k], places);
    missed += places.empty();
  }
  // What no piece brings is zero.
  return missed == merge.getPieces().size() ? constantOf(rewriter, op.getLoc(), op.getType(), 0) : Value();
}

/// Elements that a mask keeps are those of the matrix itself.
Value extractOfCausal(ExtractOp op, PatternRewriter &rewriter) {
  auto causal = op.getVector().getDefiningOp<CausalOp>();
  if (!causal)
    return {};
  int64_t width = causal.getColumns().size();
  for (int64_t index : op.getIndices())
    if (causal.getColumns()[index % width] > causal.getRows()[index / width])
      return {};
  return ExtractOp::create(rewriter, op.getLoc(), op.getType(), causal.getMatrix(), op.getIndicesAttr());
}

/// Pieces that are one and the same number.
Value mergeOfConstants(MergeOp op, PatternRewriter &rewriter) {
  int64_t covered = 0;
  std::optional<double> number;
  for (Value piece : op.getPieces()) {
    std::optional<double> here = constantValue(piece);
    if (!here || (number && *number != *here))
      return {};
    number = here;
    covered += elementCount(piece);
  }
  if (!number || (covered != elementCount(op.getResult()) && *number != 0))
    return {};
  return constantOf(rewriter, op.getLoc(), op.getType(), *number);
}

Value simplifyMerge(MergeOp op, PatternRewriter &rewriter) {
  int64_t size = elementCount(op.getResult());
  if (op.getPieces().size() == 1 && isIdentity(op.pieceIndices(0), size) && op.getPieces()[0].getType() == op.getType())
    return op.getPieces()[0];
  // Elements of one vector, each put back where it was taken.
  Value whole;
  int64_t covered = 0;
  for (unsigned k = 0; k < op.getPieces().size(); ++k) {
    auto extract = op.getPieces()[k].getDefiningOp<ExtractOp>();
    if (!extract || (whole && extract.getVector() != whole) || extract.getIndices() != op.pieceIndices(k))
      return {};
    whole = extract.getVector();
    covered += extract.getIndices().size();
  }
  return whole && covered == size && whole.getType() == op.getType() ? whole : Value();
}

/// Elements of one vector put together in another order.
Value mergeOfExtracts(MergeOp op, PatternRewriter &rewriter) {
  Value vector;
  llvm::SmallVector<int64_t> indices(elementCount(op.getResult()), -1);
  for (auto [k, piece] : llvm::enumerate(op.getPieces())) {
    auto extract = piece.getDefiningOp<ExtractOp>();
    if (!extract || (vector && extract.getVector() != vector))
      return {};
    vector = extract.getVector();
    for (auto [place, index] : llvm::zip_equal(op.pieceIndices(k), extract.getIndices()))
      indices[place] = index;
  }
  // An element may be extracted once, and holes are no elements.
  llvm::SmallVector<int64_t> sorted = indices;
  llvm::sort(sorted);
  if (!vector || sorted.empty() || sorted.front() < 0 || std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return {};
  return ExtractOp::create(rewriter, op.getLoc(), op.getType(), vector, indices);
}

/// Columns of a product that are moved, and 0 elsewhere, are the product with the moved columns: the adjoint of a product with an image's
/// neighbors. It then reads as the product itself does.
Value columnsBeforeProduct(MergeOp op, PatternRewriter &rewriter) {
  auto extract = op.getPieces().size() == 1 ? op.getPieces()[0].getDefiningOp<ExtractOp>() : ExtractOp();
  auto product = extract ? extract.getVector().getDefiningOp<MatvecOp>() : MatvecOp();
  int64_t size = elementCount(op.getResult());
  if (!product || !product->hasOneUse() || product.columns() < 2 || product.rows() == 0 || product.depth() == 0 ||
      size % product.rows() != 0)
    return {};
  int64_t from = product.columns(), to = size / product.rows();
  llvm::SmallVector<int64_t> source(size, -1);
  for (auto [place, index] : llvm::zip_equal(op.pieceIndices(0), extract.getIndices()))
    source[place] = index;
  for (int64_t place = 0; place < size; ++place) {
    int64_t here = source[place % to];
    if (here >= from || source[place] != (here < 0 ? -1 : here + place / to * from))
      return {};
  }
  llvm::SmallVector<int64_t> taken, places;
  for (int64_t k = 0; k < product.depth(); ++k)
    for (int64_t column = 0; column < to; ++column)
      if (source[column] >= 0) {
        taken.push_back(k * from + source[column]);
        places.push_back(k * to + column);
      }
  auto type = [&](int64_t count) { return RankedTensorType::get({count}, getElementTypeOrSelf(op.getType())); };
  Value part = ExtractOp::create(rewriter, op.getLoc(), type(taken.size()), product.getVector(), taken);
  Value moved = MergeOp::create(rewriter, op.getLoc(), type(product.depth() * to), ValueRange{part},
                                rewriter.getArrayAttr({rewriter.getDenseI64ArrayAttr(places)}));
  return MatvecOp::create(rewriter, op.getLoc(), op.getType(), product.getMatrix(), moved, product.getTransposed());
}

/// Two merges that leave each other's elements out add up to one.
Value addOfMerges(arith::AddFOp op, PatternRewriter &rewriter) {
  auto left = op.getLhs().getDefiningOp<MergeOp>(), right = op.getRhs().getDefiningOp<MergeOp>();
  if (!left || !right)
    return {};
  llvm::BitVector used(elementCount(op.getResult()));
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<Attribute> indices;
  for (MergeOp merge : {left, right})
    for (unsigned k = 0; k < merge.getPieces().size(); ++k) {
      for (int64_t index : merge.pieceIndices(k)) {
        if (used.test(index))
          return {};
        used.set(index);
      }
      pieces.push_back(merge.getPieces()[k]);
      indices.push_back(merge.getIndices()[k]);
    }
  return MergeOp::create(rewriter, op.getLoc(), op.getType(), pieces, rewriter.getArrayAttr(indices));
}

/// A matrix times the one with ones on its diagonal, written row by row: itself.
Value productWithIdentity(MatvecOp op, PatternRewriter &rewriter) {
  DenseFPElementsAttr numbers;
  int64_t size = op.depth();
  if (size == 0 || op.columns() != size || !matchPattern(op.getVector(), m_Constant(&numbers)) || numbers.isSplat() != (size == 1))
    return {};
  for (auto [k, number] : llvm::enumerate(numbers.getValues<APFloat>()))
    if (!number.isExactlyValue(k % (size + 1) == 0 ? 1 : 0))
      return {};
  llvm::SmallVector<int64_t> entries;
  for (int64_t m = 0; m < op.rows(); ++m)
    for (int64_t k = 0; k < size; ++k)
      entries.push_back(op.entry(m, k));
  return ExtractOp::create(rewriter, op.getLoc(), op.getType(), op.getMatrix(), entries);
}

Value simplifyRepeat(RepeatOp op, PatternRewriter &rewriter) {
  if (op.getType() == op.getVector().getType())
    return op.getVector();
  if (auto number = constantValue(op.getVector()))
    return constantOf(rewriter, op.getLoc(), op.getType(), *number);
  auto splat = op.getVector().getDefiningOp<SplatOp>();
  return splat ? Value(SplatOp::create(rewriter, op.getLoc(), op.getType(), splat.getScalar())) : Value();
}

/// Of one element.
Value determinantOfOne(LogDetOp op, PatternRewriter &rewriter) {
  if (op.size() != 1)
    return {};
  return log(Expr(rewriter, op.getLoc(), SumOp::create(rewriter, op.getLoc(), op.getType(), op.getMatrix())));
}

Value solutionOfOne(SolveOp op, PatternRewriter &rewriter) {
  if (op.size() != 1 || op.columns() != 1)
    return {};
  return Expr(rewriter, op.getLoc(), op.getVector()) / Expr(rewriter, op.getLoc(), op.getMatrix());
}

/// A product of a scalar and a vector; either may be missing.
struct Scaled {
  Value scalar, vector;
};

/// Takes the repeated scalars out of a product.
Scaled takeScalars(Value value, PatternRewriter &rewriter) {
  Location loc = value.getLoc();
  auto expr = [&](Value v) { return Expr(rewriter, loc, v); };
  auto product = [&](Value a, Value b) { return a && b ? static_cast<Value>(expr(a) * expr(b)) : a ? a : b; };
  if (auto splat = value.getDefiningOp<SplatOp>())
    return {splat.getScalar(), {}};
  if (auto number = constantValue(value))
    return {constantOf(rewriter, loc, RankedTensorType::get({}, rewriter.getF64Type()), *number), {}};
  // What is computed anyway stays as it is.
  if (!value.hasOneUse())
    return {{}, value};
  if (auto mul = value.getDefiningOp<arith::MulFOp>()) {
    Scaled left = takeScalars(mul.getLhs(), rewriter), right = takeScalars(mul.getRhs(), rewriter);
    if (left.scalar || right.scalar)
      return {product(left.scalar, right.scalar), product(left.vector, right.vector)};
  }
  if (auto negative = value.getDefiningOp<arith::NegFOp>())
    if (Scaled inner = takeScalars(negative.getOperand(), rewriter); inner.scalar)
      return {-expr(inner.scalar), inner.vector};
  if (auto quotient = value.getDefiningOp<arith::DivFOp>()) {
    Scaled left = takeScalars(quotient.getLhs(), rewriter);
    auto divisor = quotient.getRhs().getDefiningOp<SplatOp>();
    if (divisor && left.vector)
      return {left.scalar ? expr(left.scalar) / expr(divisor.getScalar()) : 1.0 / expr(divisor.getScalar()),
              left.vector};
    if (left.scalar && divisor)
      return {expr(left.scalar) / expr(divisor.getScalar()), {}};
    if (left.scalar)
      return {left.scalar, left.vector ? expr(left.vector) / expr(quotient.getRhs()) : 1.0 / expr(quotient.getRhs())};
  }
  return {{}, value};
}

/// Whether a scalar that is computed has a part in what is summed, through the ops that `Through` names; with `unshared`, through
/// those that are computed for this alone.
template <typename... Through> bool hasScalarPart(Value value, bool unshared, int depth = 8) {
  Operation *op = value.getDefiningOp();
  if (isa_and_nonnull<SplatOp>(op))
    return !constantValue(value);
  if (!isa_and_nonnull<Through...>(op) || depth == 0 || (unshared && !value.hasOneUse()))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value v) { return hasScalarPart<Through...>(v, unshared, depth - 1); });
}

/// sum(c v) = c sum(v)
Value scalarOutOfSum(SumOp op, PatternRewriter &rewriter) {
  if (!hasScalarPart<arith::MulFOp, arith::DivFOp, arith::NegFOp>(op.getVector(), /*unshared=*/true))
    return {};
  Scaled product = takeScalars(op.getVector(), rewriter);
  if (!product.scalar)
    return {};
  if (!product.vector)
    return double(elementCount(op.getVector())) * Expr(rewriter, op.getLoc(), product.scalar);
  Value sum = SumOp::create(rewriter, op.getLoc(), op.getType(), product.vector);
  return Expr(rewriter, op.getLoc(), product.scalar) * Expr(rewriter, op.getLoc(), sum);
}

/// sum(w (u + (m - sum(w u)) w / sum(w w))) = m: a vector that was made so that its product is a given number.
Value collapseSum(SumOp op, PatternRewriter &rewriter) {
  if (elementCount(op.getVector()) == 1 || !hasScalarPart<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp>(op.getVector(), /*unshared=*/false))
    return {};
  constexpr int kReach = 12; // Terms that cancel stand close together.
  return Algebra(kReach).collapsed(rewriter, op.getResult(), 2);
}

Value simplifySum(SumOp op, PatternRewriter &rewriter) {
  if (op.getVector().getType() == op.getType())
    return op.getVector();
  double count = elementCount(op.getVector());
  if (count == 0)
    return constantOf(rewriter, op.getLoc(), op.getType(), 0);
  if (auto number = constantValue(op.getVector()))
    return constantOf(rewriter, op.getLoc(), op.getType(), *number * count);
  if (auto splat = op.getVector().getDefiningOp<SplatOp>())
    return count * Expr(rewriter, op.getLoc(), splat.getScalar());
  if (auto negative = op.getVector().getDefiningOp<arith::NegFOp>())
    return -Expr(rewriter, op.getLoc(), SumOp::create(rewriter, op.getLoc(), op.getType(), negative.getOperand()));
  return {};
}

/// The sum of pieces put together: constant ones are added up now.
Value sumOfMerge(SumOp op, PatternRewriter &rewriter) {
  auto merge = op.getVector().getDefiningOp<MergeOp>();
  if (!merge)
    return {};
  double constant = 0;
  int64_t next = 0;
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  for (Value piece : merge.getPieces()) {
    if (auto number = constantValue(piece)) {
      constant += *number * elementCount(piece);
      continue;
    }
    pieces.push_back(piece);
    positions.push_back(llvm::to_vector(llvm::seq(next, next + elementCount(piece))));
    next += elementCount(piece);
  }
  if (pieces.size() == merge.getPieces().size() || pieces.empty())
    return {};
  Value rest = mergePieces(rewriter, op.getLoc(), getElementTypeOrSelf(op.getType()), next, pieces, positions);
  return Expr(rewriter, op.getLoc(), SumOp::create(rewriter, op.getLoc(), op.getType(), rest)) + constant;
}

/// What is the same for all elements is computed once: an element-wise op on repeated scalars.
struct ScalarOnce final : OpInterfaceRewritePattern<DependencyOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(DependencyOpInterface op, PatternRewriter &rewriter) const override {
    auto type = dyn_cast<RankedTensorType>(op->getResultTypes()[0]);
    if (!op.isElementwise() || !type || type.getRank() == 0)
      return failure();
    bool any = false;
    for (Value operand : op->getOperands()) {
      bool isSplat = operand.getDefiningOp<SplatOp>() && !constantValue(operand);
      any |= isSplat;
      if (!isSplat && !constantValue(operand))
        return failure();
    }
    if (!any)
      return failure();
    llvm::SmallVector<Value> scalars;
    for (Value operand : op->getOperands()) {
      auto splat = operand.getDefiningOp<SplatOp>();
      auto scalarType = RankedTensorType::get({}, getElementTypeOrSelf(operand.getType()));
      scalars.push_back(splat ? splat.getScalar()
                              : constantOf(rewriter, op.getLoc(), scalarType, *constantValue(operand)));
    }
    OperationState state(op.getLoc(), op->getName(), scalars, {RankedTensorType::get({}, type.getElementType())},
                         op->getAttrs());
    rewriter.replaceOpWithNewOp<SplatOp>(op, type, rewriter.create(state)->getResult(0));
    return success();
  }
};

/// A sum of matrices that is accumulated: each term on its own, so that none must be held in memory.
struct AccumulateTerms final : OpRewritePattern<AccumulateOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AccumulateOp op, PatternRewriter &rewriter) const override {
    auto sum = op.getValue().getDefiningOp<arith::AddFOp>();
    if (!sum || cast<RankedTensorType>(sum.getType()).getRank() != 2)
      return failure();
    AccumulateOp::create(rewriter, op.getLoc(), op.getSymbolAttr(), sum.getLhs());
    rewriter.replaceOpWithNewOp<AccumulateOp>(op, op.getSymbolAttr(), sum.getRhs());
    return success();
  }
};

} // namespace

void populateSumPatterns(RewritePatternSet &patterns) {
  addRule<SumOp>(patterns, [](SumOp op, PatternRewriter &rewriter) -> Value {
    auto merge = op.getVector().getDefiningOp<MergeOp>();
    if (!merge || merge.getPieces().empty())
      return {};
    Expr total(rewriter, op.getLoc(), SumOp::create(rewriter, op.getLoc(), op.getType(), merge.getPieces()[0]));
    for (Value piece : merge.getPieces().drop_front())
      total = total + Expr(rewriter, op.getLoc(), SumOp::create(rewriter, op.getLoc(), op.getType(), piece));
    return total;
  });
}

void populateVectorPatterns(RewritePatternSet &patterns) {
  addRule<ExtractOp>(patterns, simplifyExtract);
  addRule<ExtractOp>(patterns, extractOfMerge);
  addRule<ExtractOp>(patterns, extractOfCausal);
  addRule<MergeOp>(patterns, simplifyMerge);
  addRule<MergeOp>(patterns, mergeOfConstants);
  addRule<MergeOp>(patterns, mergeOfExtracts);
  addRule<MergeOp>(patterns, columnsBeforeProduct);
  addRule<arith::AddFOp>(patterns, addOfMerges);
  addRule<SumOp>(patterns, simplifySum);
  addRule<SumOp>(patterns, sumOfMerge);
  addRule<SumOp>(patterns, scalarOutOfSum);
  addRule<SumOp>(patterns, collapseSum);
  // The product with nothing, an empty sum per row; or with a matrix that is masked everywhere.
  addRule<MatvecOp>(patterns, productWithIdentity);
  addRule<RepeatOp>(patterns, simplifyRepeat);
  addRule<LogDetOp>(patterns, determinantOfOne);
  addRule<SolveOp>(patterns, solutionOfOne);
  addRule<SumRowsOp>(patterns, [](SumRowsOp op, PatternRewriter &) -> Value {
    return op.getType() == op.getVector().getType() ? op.getVector() : Value();
  });
  addRule<MatvecOp>(patterns, [](MatvecOp op, PatternRewriter &rewriter) -> Value {
    auto causal = op.getMatrix().getDefiningOp<CausalOp>();
    bool zero = elementCount(op.getVector()) == 0 || (causal && nonZeroElements(causal).none());
    return zero ? constantOf(rewriter, op.getLoc(), op.getType(), 0) : Value();
  });
  patterns.add<AccumulateTerms, ScalarOnce>(patterns.getContext());
  addRule<SplatOp>(patterns, [](SplatOp op, PatternRewriter &rewriter) -> Value {
    // The one element of a vector of one, put back.
    if (auto sum = op.getScalar().getDefiningOp<SumOp>(); sum && sum.getVector().getType() == op.getType())
      if (elementCount(op.getResult()) == 1)
        return sum.getVector();
    auto number = constantValue(op.getScalar());
    return number ? constantOf(rewriter, op.getLoc(), op.getType(), *number) : Value();
  });
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// The formula is that of compiler/Dialect/Flow/SpectralNorm.cpp, with square roots inside of each other for the sum of logarithms:
//     s^2 = f^2 sqrt(t_0 sqrt(t_1 sqrt(t_2 ...))), where t_j is the square of the norm of the j-th power.
// What is divided by is kept away from 0. That changes nothing where the matrix is longer than `least` (each t is then at least 1 / n), and
// where it is not, the result is not above `least`.

#include "compiler/Stage/ExpandNorms.h"

#include "compiler/Dialect/Flow/Expr.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

class Expansion {
public:
  explicit Expansion(SpectralNormOp op) : op(op), builder(op), size(std::min(op.rows(), op.columns())) {}

  Value build() {
    double least = op.getLeast().convertToDouble();
    if (size == 0)
      return constantOf(builder, op.getLoc(), op.getType(), least);
    Expr length = larger(sumOfSquares(op.getMatrix()), least * least);
    Expr power = gram(vectorOf(expr(op.getMatrix()) / repeated(sqrt(length), op.getMatrix().getType())));
    llvm::SmallVector<Expr> norms;
    for (int k = 0; k < op.squarings(); ++k) {
      Expr product = expr(MatvecOp::create(builder, op.getLoc(), powerType(), asMatrix(power), power, false));
      norms.push_back(larger(traceOf(product), 0.5 / static_cast<double>(size)));
      power = product / repeated(norms.back(), powerType());
    }
    Expr share = sqrt(larger(sumOfSquares(power), 0.5 / static_cast<double>(size)));
    for (const Expr &norm : llvm::reverse(norms))
      share = sqrt(norm * share);
    return larger(op.slack() * sqrt(length * share), least);
  }

private:
  Expr expr(Value value) { return Expr(builder, op.getLoc(), value); }
  Type element() { return getElementTypeOrSelf(op.getType()); }
  RankedTensorType powerType() { return RankedTensorType::get({size * size}, element()); }

  Expr larger(const Expr &a, double least) { return a.binary<arith::MaximumFOp>(a.constant(least)); }
  Expr sum(Value vector) { return expr(SumOp::create(builder, op.getLoc(), op.getType(), vector)); }
  Expr sumOfSquares(Value value) { return sum(square(expr(value))); }
  Expr repeated(const Expr &scalar, Type type) { return expr(SplatOp::create(builder, op.getLoc(), type, scalar)); }

  Value take(Value from, llvm::ArrayRef<int64_t> indices, llvm::ArrayRef<int64_t> shape) {
    return ExtractOp::create(builder, op.getLoc(), RankedTensorType::get(shape, element()), from, indices);
  }
  Value vectorOf(const Expr &matrix) {
    int64_t count = elementCount(matrix);
    return take(matrix, llvm::to_vector(llvm::seq<int64_t>(0, count)), {count});
  }
  Value asMatrix(const Expr &vector) { return take(vector, llvm::to_vector(llvm::seq<int64_t>(0, size * size)), {size, size}); }
  Expr traceOf(const Expr &vector) {
    return sum(take(vector, llvm::map_to_vector(llvm::seq<int64_t>(0, size), [&](int64_t k) { return k * (size + 1); }), {size}));
  }

  /// The smaller product of a matrix, written row by row, with its transpose.
  Expr gram(Value vector) {
    int64_t rows = op.rows(), columns = op.columns();
    bool wide = rows <= columns;
    llvm::SmallVector<int64_t> turned;
    for (int64_t k = 0; k < columns; ++k)
      for (int64_t i = 0; i < rows; ++i)
        turned.push_back(i * columns + k);
    Value matrix = take(vector, llvm::to_vector(llvm::seq<int64_t>(0, rows * columns)), {rows, columns});
    Value right = wide ? take(vector, turned, {rows * columns}) : vector;
    return expr(MatvecOp::create(builder, op.getLoc(), powerType(), matrix, right, /*transposed=*/!wide));
  }

  SpectralNormOp op;
  OpBuilder builder;
  int64_t size;
};

struct ExpandNorms : PassWrapper<ExpandNorms, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandNorms)
  StringRef getArgument() const final { return "flow-expand-norms"; }
  StringRef getDescription() const final { return "write flow.spectral_norm as products of matrices"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect>();
  }
  void runOnOperation() final {
    getOperation().walk([](SpectralNormOp op) {
      op.replaceAllUsesWith(Expansion(op).build());
      op.erase();
    });
  }
};

} // namespace

std::unique_ptr<Pass> createExpandNormsPass() { return std::make_unique<ExpandNorms>(); }

} // namespace flowc

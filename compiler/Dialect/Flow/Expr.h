// SPDX-License-Identifier: MIT
//
// Formulas written as formulas: an Expr stands for a value under construction, and its operators build IR. The rule tables are
// written with it.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace flowc::flow {

/// A value, and where to build what is computed from it. Numbers mix in freely: they become constants of the same type.
class Expr {
public:
  Expr(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value) : builder(&builder), loc(loc), value(value) {}

  operator mlir::Value() const { return value; }
  Expr constant(double number) const { return with(constantOf(*builder, loc, value.getType(), number)); }

  template <typename Op> Expr unary() const { return with(Op::create(*builder, loc, value)); }
  template <typename Op> Expr binary(const Expr &other) const {
    return with(Op::create(*builder, loc, value, other.value));
  }
  /// Where this is at least `bound`: `then`, elsewhere `otherwise`.
  Expr whereAtLeast(const Expr &bound, const Expr &then, const Expr &otherwise) const {
    auto holds = mlir::arith::CmpFOp::create(*builder, loc, mlir::arith::CmpFPredicate::OGE, value, bound.value);
    return with(mlir::arith::SelectOp::create(*builder, loc, holds, then.value, otherwise.value));
  }

private:
  Expr with(mlir::Value other) const { return Expr(*builder, loc, other); }

  mlir::OpBuilder *builder;
  mlir::Location loc;
  mlir::Value value;
};

#define FLOWC_EXPR_OPERATOR(SYMBOL, OP)                                                                               \
  inline Expr operator SYMBOL(const Expr &a, const Expr &b) { return a.binary<mlir::arith::OP>(b); }                  \
  inline Expr operator SYMBOL(const Expr &a, double b) { return a SYMBOL a.constant(b); }                             \
  inline Expr operator SYMBOL(double a, const Expr &b) { return b.constant(a) SYMBOL b; }
FLOWC_EXPR_OPERATOR(+, AddFOp)
FLOWC_EXPR_OPERATOR(-, SubFOp)
FLOWC_EXPR_OPERATOR(*, MulFOp)
FLOWC_EXPR_OPERATOR(/, DivFOp)
#undef FLOWC_EXPR_OPERATOR
inline Expr operator-(const Expr &a) { return a.unary<mlir::arith::NegFOp>(); }

#define FLOWC_EXPR_FUNCTION(NAME, OP)                                                                                 \
  inline Expr NAME(const Expr &a) { return a.unary<OP>(); }
FLOWC_EXPR_FUNCTION(exp, mlir::math::ExpOp)
FLOWC_EXPR_FUNCTION(expm1, mlir::math::ExpM1Op)
FLOWC_EXPR_FUNCTION(log, mlir::math::LogOp)
FLOWC_EXPR_FUNCTION(log1p, mlir::math::Log1pOp)
FLOWC_EXPR_FUNCTION(sqrt, mlir::math::SqrtOp)
FLOWC_EXPR_FUNCTION(tanh, mlir::math::TanhOp)
FLOWC_EXPR_FUNCTION(atanh, mlir::math::AtanhOp)
FLOWC_EXPR_FUNCTION(sinh, mlir::math::SinhOp)
FLOWC_EXPR_FUNCTION(cosh, mlir::math::CoshOp)
FLOWC_EXPR_FUNCTION(asinh, mlir::math::AsinhOp)
FLOWC_EXPR_FUNCTION(sin, mlir::math::SinOp)
FLOWC_EXPR_FUNCTION(cos, mlir::math::CosOp)
FLOWC_EXPR_FUNCTION(abs, mlir::math::AbsFOp)
FLOWC_EXPR_FUNCTION(cbrt, mlir::math::CbrtOp)
FLOWC_EXPR_FUNCTION(sigmoid, SigmoidOp)
FLOWC_EXPR_FUNCTION(logit, LogitOp)
FLOWC_EXPR_FUNCTION(softplus, SoftplusOp)
FLOWC_EXPR_FUNCTION(softplusInverse, SoftplusInverseOp)
FLOWC_EXPR_FUNCTION(normalCdf, NormalCdfOp)
FLOWC_EXPR_FUNCTION(normalQuantile, NormalQuantileOp)
FLOWC_EXPR_FUNCTION(square, SquareOp)
FLOWC_EXPR_FUNCTION(cube, CubeOp)
#undef FLOWC_EXPR_FUNCTION

} // namespace flowc::flow

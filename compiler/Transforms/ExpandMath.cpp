// SPDX-License-Identifier: MIT
//
// The table of elementary functions, one row per op, and the pass that looks ops up in it. The mathematics is in
// ExpandMath{ExpLog,Hyperbolic,Trig,Normal,Power}.h. To add a function: a kernel there, a row here, a row in
// tests/compiler/math/Functions.def.

#include "compiler/Transforms/ExpandMath.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Transforms/ExpandMathHyperbolic.h"
#include "compiler/Transforms/ExpandMathNormal.h"
#include "compiler/Transforms/ExpandMathNumber.h"
#include "compiler/Transforms/ExpandMathPower.h"
#include "compiler/Transforms/ExpandMathTrig.h"

#include "mlir/IR/Matchers.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/StringMap.h"

#include <cmath>

using namespace mlir;

namespace flowc {
namespace {

using kernels::IrNumber;
using kernels::IrSite;

/// How one op is expanded, in each of the two formats.
struct Expander {
  Value (*single)(IrSite &, ValueRange);
  Value (*twice)(IrSite &, ValueRange);
};

using Table = llvm::StringMap<Expander>;

template <typename T, typename Kernel> Value expandWith(IrSite &site, ValueRange operands) {
  if constexpr (std::is_invocable_v<Kernel, IrNumber<T>>)
    return Kernel{}(IrNumber<T>(site, operands[0])).get();
  else
    return Kernel{}(IrNumber<T>(site, operands[0]), IrNumber<T>(site, operands[1])).get();
}

template <typename Op, typename Kernel> void addRow(Table &table, Kernel) {
  table[Op::getOperationName()] = {expandWith<float, Kernel>, expandWith<double, Kernel>};
}

/// x^n for a small n > 0, by squaring.
template <typename V> V integerPower(const V &x, unsigned n) {
  if (n == 1)
    return x;
  V root = integerPower(x, n / 2);
  return n % 2 ? root * root * x : root * root;
}

/// A power with a small constant integer exponent is a product, or 1 over one; the exponent 1/2 is a square root.
template <typename T> Value expandPower(IrSite &site, ValueRange operands) {
  IrNumber<T> x(site, operands[0]), y(site, operands[1]);
  llvm::APFloat constant(0.0);
  if (!matchPattern(operands[1], m_ConstantFloat(&constant)))
    return pow(x, y).get();
  double exponent = constant.convertToDouble(), magnitude = std::fabs(exponent);
  if (exponent == 0.5)
    return sqrt(x).get();
  if (exponent == 0 || magnitude > 8 || magnitude != std::floor(magnitude))
    return pow(x, y).get();
  IrNumber<T> power = integerPower(x, static_cast<unsigned>(magnitude));
  return exponent > 0 ? power.get() : (power.of(1) / power).get();
}

Table makeTable() {
  Table table;
  addRow<math::ExpOp>(table, [](auto x) { return kernels::exp(x); });
  addRow<math::ExpM1Op>(table, [](auto x) { return kernels::expm1(x); });
  addRow<math::LogOp>(table, [](auto x) { return kernels::log(x); });
  addRow<math::Log1pOp>(table, [](auto x) { return kernels::log1p(x); });
  addRow<flow::SigmoidOp>(table, [](auto x) { return kernels::sigmoid(x); });
  addRow<flow::LogitOp>(table, [](auto x) { return kernels::logit(x); });
  addRow<flow::SoftplusOp>(table, [](auto x) { return kernels::softplus(x); });
  addRow<flow::SoftplusInverseOp>(table, [](auto x) { return kernels::softplusInverse(x); });

  addRow<math::TanhOp>(table, [](auto x) { return kernels::tanh(x); });
  addRow<math::SinhOp>(table, [](auto x) { return kernels::sinh(x); });
  addRow<math::CoshOp>(table, [](auto x) { return kernels::cosh(x); });
  addRow<math::AsinhOp>(table, [](auto x) { return kernels::asinh(x); });
  addRow<math::AcoshOp>(table, [](auto x) { return kernels::acosh(x); });
  addRow<math::AtanhOp>(table, [](auto x) { return kernels::atanh(x); });

  addRow<math::SinOp>(table, [](auto x) { return kernels::sin(x); });
  addRow<math::CosOp>(table, [](auto x) { return kernels::cos(x); });
  addRow<math::TanOp>(table, [](auto x) { return kernels::tan(x); });
  addRow<math::AtanOp>(table, [](auto x) { return kernels::atan(x); });

  addRow<flow::TurnOp>(table, [](auto x, auto by) { return kernels::turn(x, by); });

  addRow<math::ErfOp>(table, [](auto x) { return kernels::erf(x); });
  addRow<flow::NormalCdfOp>(table, [](auto x) { return kernels::normalCdf(x); });
  addRow<flow::NormalQuantileOp>(table, [](auto x) { return kernels::normalQuantile(x); });

  addRow<flow::SquareOp>(table, [](auto x) { return kernels::square(x); });
  addRow<flow::CubeOp>(table, [](auto x) { return kernels::cube(x); });
  addRow<math::CbrtOp>(table, [](auto x) { return kernels::cbrt(x); });
  addRow<math::RsqrtOp>(table, [](auto x) { return kernels::rsqrt(x); });
  table[math::PowFOp::getOperationName()] = {expandPower<float>, expandPower<double>};
  return table;
}

struct ExpandMathPass : PassWrapper<ExpandMathPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ExpandMathPass)

  StringRef getArgument() const override { return "flow-expand-math"; }
  StringRef getDescription() const override { return "elementary functions become arithmetic"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, math::MathDialect>();
  }

  void runOnOperation() override {
    static const Table table = makeTable();
    getOperation()->walk([&](Operation *op) {
      auto row = table.find(op->getName().getStringRef());
      if (row != table.end())
        expand(op, row->second);
    });
  }

  static void expand(Operation *op, const Expander &expander) {
    Type type = op->getResult(0).getType(), element = getElementTypeOrSelf(type);
    if (isa<TensorType>(type) || !(element.isF32() || element.isF64()))
      return;
    OpBuilder builder(op);
    IrSite site(builder, op->getLoc(), type);
    Value result = (element.isF32() ? expander.single : expander.twice)(site, op->getOperands());
    op->getResult(0).replaceAllUsesWith(result);
    op->erase();
  }
};

} // namespace

std::unique_ptr<Pass> createExpandMathPass() { return std::make_unique<ExpandMathPass>(); }

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "Rules.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::test {
namespace {

/// A context, and a function of three numbers to build in.
struct Workshop {
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  Block *block;
  OpBuilder builder;

  static DialectRegistry registry() {
    DialectRegistry registry;
    registry.insert<FlowDialect, arith::ArithDialect, math::MathDialect, func::FuncDialect>();
    registerExternalModels(registry);
    return registry;
  }

  Workshop() : context(registry()), builder(&context) {
    context.loadAllAvailableDialects();
    Location loc = builder.getUnknownLoc();
    module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(module->getBody());
    Type number = builder.getF64Type();
    auto function = func::FuncOp::create(builder, loc, "f", builder.getFunctionType({number, number, number}, {}));
    block = function.addEntryBlock();
    builder.setInsertionPointToEnd(block);
  }

  Value argument(unsigned k) { return block->getArgument(k); }
  Expr expr(unsigned k) { return Expr(builder, builder.getUnknownLoc(), argument(k)); }
};

Workshop &workshop() {
  static Workshop shop;
  return shop;
}

double evaluate(Value value, ArrayRef<double> arguments) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return arguments[argument.getArgNumber()];
  if (auto constant = constantValue(value))
    return *constant;
  SmallVector<double> operands;
  for (Value operand : value.getDefiningOp()->getOperands())
    operands.push_back(evaluate(operand, arguments));
  return cast<RangeOpInterface>(value.getDefiningOp()).evaluate(operands);
}

/// `formula` as a function of the arguments.
std::function<double(double, double)> compiled(Expr formula) {
  return [value = static_cast<Value>(formula)](double x, double y) { return evaluate(value, {x, y, 0}); };
}

Row describe(const ScalarRule &rule) {
  Workshop &shop = workshop();
  Expr x = shop.expr(0), y = shop.expr(1);
  auto f = rule.value;
  auto of = [&](Expr formula) -> std::function<double(double)> { return [f, at = compiled(formula)](double v) { return at(v, f(v)); }; };
  Row row{rule.name.str(),
          rule.domain,
          rule.range,
          rule.injectiveOn,
          rule.direction == Direction::Increasing,
          rule.smtTerm.str(),
          rule.lemma.str(),
          rule.pairLemma.str(),
          f,
          of(rule.derivative(x, y)),
          {},
          {},
          {},
          {},
          {}};
  if (auto formula = rule.logDerivative(x, y))
    row.logDerivative = of(*formula);
  if (auto formula = rule.inverse(y))
    row.inverse = [at = compiled(*formula)](double y) { return at(0, y); };
  row.image = [&rule](Interval interval) { return imageOf(rule, interval); };
  row.steepness = [&rule, &shop](Interval interval) { return steepnessOn(rule, &shop.context, interval); };
  row.limit = [&rule, &shop](double end) -> std::optional<double> {
    Location loc = shop.builder.getUnknownLoc();
    Limit limit = limitOf(rule, shop.builder, loc, Limit::number(shop.builder, loc, end));
    if (limit.isInfinite())
      return limit.kind == Limit::PlusInfinity ? kInfinity : -kInfinity;
    return limit.kind == Limit::Finite ? std::optional(evaluate(limit.value, {0, 0, 0})) : std::nullopt;
  };
  return row;
}

Operation describe(std::string name, unsigned operands, Value result) {
  auto rule = cast<RangeOpInterface>(result.getDefiningOp());
  return {std::move(name), operands, [rule](const std::vector<Interval> &r) mutable { return rule.inferRange(r); },
          [rule](const std::vector<double> &v) mutable { return rule.evaluate(v); },
          [rule](const std::vector<Interval> &r, const std::vector<double> &moves) mutable {
            return rule.steepness(r, SmallVector<double>(moves.size(), kInfinity), moves);
          }};
}

template <typename Op> Operation binary(std::string name) {
  return describe(std::move(name), 2, workshop().expr(0).binary<Op>(workshop().expr(1)));
}

/// x op x, which has a range of its own where the two operands are one value.
template <typename Op> Operation ofSame(std::string name) {
  auto rule = cast<RangeOpInterface>(static_cast<Value>(workshop().expr(0).binary<Op>(workshop().expr(0))).getDefiningOp());
  return {std::move(name), 1, [rule](const std::vector<Interval> &r) mutable { return rule.inferRange({r[0], r[0]}); },
          [rule](const std::vector<double> &v) mutable { return rule.evaluate({v[0], v[0]}); }};
}

Operation comparison(std::string name, arith::CmpFPredicate predicate) {
  Workshop &shop = workshop();
  return describe(std::move(name), 2,
                  arith::CmpFOp::create(shop.builder, shop.builder.getUnknownLoc(), predicate, shop.argument(0), shop.argument(1)));
}

} // namespace

const std::vector<Row> &rows() {
  static const std::vector<Row> all = [] {
    std::vector<Row> found;
    for (const ScalarRule &rule : scalarRules())
      found.push_back(describe(rule));
    return found;
  }();
  return all;
}

std::vector<std::pair<std::string, double>> products() {
  std::vector<std::pair<std::string, double>> all;
  for (const ScalarProduct &product : scalarProducts())
    all.push_back({product.f.str(), product.steepest});
  return all;
}

std::vector<Identity> identities() {
  std::vector<Identity> found;
  for (const ScalarIdentity &identity : scalarIdentities())
    found.push_back({identity.f.str(), identity.g.str(), identity.identity.str()});
  return found;
}

const std::vector<Operation> &operations() {
  static const std::vector<Operation> all = [] {
    using enum arith::CmpFPredicate;
    Workshop &shop = workshop();
    Location loc = shop.builder.getUnknownLoc();
    Value truth = arith::CmpFOp::create(shop.builder, loc, OLT, shop.argument(0), shop.argument(1));
    Value select = arith::SelectOp::create(shop.builder, loc, truth, shop.argument(1), shop.argument(2));
    return std::vector<Operation>{binary<arith::AddFOp>("add"),  binary<arith::SubFOp>("sub"),      binary<arith::MulFOp>("mul"),
                                  binary<arith::DivFOp>("div"),  binary<arith::MaximumFOp>("max"),  binary<arith::MinimumFOp>("min"),
                                  binary<math::PowFOp>("pow"),   describe("neg", 1, -shop.expr(0)), comparison("less", OLT),
                                  comparison("less_equal", OLE), comparison("greater", OGT),        comparison("greater_equal", OGE),
                                  ofSame<arith::MulFOp>("mul of itself"),
                                  describe("select", 3, select)};
  }();
  return all;
}

} // namespace flowc::test

// SPDX-License-Identifier: MIT
//
// f(g(x)) = x where the scalar table says that g is f's inverse.

#include "compiler/Derive/Simplify.h"
#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

/// For every row whose inverse is one function of the table: the ops' names.
llvm::StringMap<std::string> inverseNames(MLIRContext *context) {
  llvm::StringMap<std::string> names;
  Location loc = UnknownLoc::get(context);
  OwningOpRef<ModuleOp> scratch = ModuleOp::create(loc);
  OpBuilder builder = OpBuilder::atBlockEnd(scratch->getBody());
  Value argument = constantOf(builder, loc, builder.getF64Type(), 0.5);
  for (const ScalarRule &rule : scalarRules())
    if (std::optional<Expr> inverse = rule.inverse(Expr(builder, loc, argument))) {
      Operation *op = static_cast<Value>(*inverse).getDefiningOp();
      if (op->getNumOperands() == 1 && op->getOperand(0) == argument)
        names[rule.opName] = op->getName().getStringRef();
    }
  return names;
}

class UndoInverse final : public RewritePattern {
public:
  explicit UndoInverse(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context), names(inverseNames(context)) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    auto name = names.find(op->getName().getStringRef());
    if (name == names.end())
      return failure();
    Operation *inner = op->getOperand(0).getDefiningOp();
    if (!inner || inner->getName().getStringRef() != name->second || !bijective(inner))
      return failure();
    rewriter.replaceOp(op, inner->getOperand(0));
    return success();
  }

private:
  /// Whether the inner function loses nothing on its whole domain: square and abs do.
  static bool bijective(Operation *inner) {
    const ScalarRule *rule = findScalarRule(inner);
    return rule && rule->domain.within(rule->injectiveOn);
  }

  llvm::StringMap<std::string> names;
};

} // namespace

void populateInversePatterns(RewritePatternSet &patterns) { patterns.add<UndoInverse>(patterns.getContext()); }

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Inline.h"

using namespace mlir;

namespace flowc {

llvm::SmallVector<Value> inlineBody(OpBuilder &builder, func::FuncOp function, Value argument) {
  IRMapping mapping;
  mapping.map(function.getArgument(0), argument);
  Block &block = function.getBody().front();
  for (Operation &op : block.without_terminator())
    builder.clone(op, mapping);
  return llvm::map_to_vector(block.getTerminator()->getOperands(), [&](Value v) { return mapping.lookup(v); });
}

Value cloneSlice(OpBuilder &builder, Value value, IRMapping &mapping) {
  if (Value mapped = mapping.lookupOrNull(value))
    return mapped;
  Operation *op = value.getDefiningOp();
  for (Value operand : op->getOperands())
    cloneSlice(builder, operand, mapping);
  builder.clone(*op, mapping);
  return mapping.lookup(value);
}

void hoistInvariants(Operation *iteration) {
  Block &body = iteration->getRegion(0).front();
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator()))
    if (llvm::none_of(op.getOperands(), [&](Value v) { return v.getParentBlock() == &body; }))
      op.moveBefore(iteration);
}

llvm::SmallVector<Value> addendsOf(Value value) {
  auto sum = value.getDefiningOp<arith::AddFOp>();
  if (!sum)
    return {value};
  llvm::SmallVector<Value> terms = addendsOf(sum.getLhs());
  llvm::append_range(terms, addendsOf(sum.getRhs()));
  return terms;
}

Value unnamed(OpBuilder &builder, Location loc, llvm::function_ref<Value()> build) {
  Block *block = builder.getInsertionBlock();
  Operation *before = builder.getInsertionPoint() == block->begin() ? nullptr : &*std::prev(builder.getInsertionPoint());
  Value built = build();
  for (auto op = before ? std::next(before->getIterator()) : block->begin(); op != builder.getInsertionPoint(); ++op)
    op->setLoc(loc);
  return built;
}

} // namespace flowc

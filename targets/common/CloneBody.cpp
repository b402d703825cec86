// SPDX-License-Identifier: MIT
//
// A clone that changes types: every op is made again with the same name, attributes and properties, its number types
// turned into vectors. It knows no op by name, so that whatever is element-wise may stand in a body, with regions or
// without.

#include "targets/common/CloneBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace {

class BodyCloner {
public:
  BodyCloner(OpBuilder &builder, const IRMapping &outside, int64_t width)
      : builder(builder), values(outside), width(width) {}

  SmallVector<Value> clone(Block &body, ValueRange arguments) {
    values.map(body.getArguments(), arguments);
    for (Operation &op : body.without_terminator())
      cloneOp(op);
    return llvm::map_to_vector(body.getTerminator()->getOperands(),
                               [&](Value value) { return lookup(value, body.getTerminator()->getLoc()); });
  }

private:
  Type retype(Type type) const { return width > 0 && type.isIntOrIndexOrFloat() ? VectorType::get(width, type) : type; }

  /// The value in the clone; a number from outside becomes a vector where it is used.
  Value lookup(Value value, Location loc) {
    Value mapped = values.lookupOrDefault(value);
    Type wanted = retype(value.getType());
    if (mapped.getType() == wanted)
      return mapped;
    return vector::BroadcastOp::create(builder, loc, wanted, mapped);
  }

  void cloneOp(Operation &op) {
    Attribute constant;
    if (width > 0 && op.getNumResults() == 1 && matchPattern(&op, m_Constant(&constant)) &&
        isa<FloatAttr, IntegerAttr>(constant)) {
      auto splat = DenseElementsAttr::get(cast<VectorType>(retype(op.getResult(0).getType())), constant);
      values.map(op.getResult(0), arith::ConstantOp::create(builder, op.getLoc(), splat).getResult());
      return;
    }
    auto operands = llvm::map_to_vector(op.getOperands(), [&](Value value) { return lookup(value, op.getLoc()); });
    auto results = llvm::map_to_vector(op.getResultTypes(), [&](Type type) { return retype(type); });
    Operation *copy = Operation::create(op.getLoc(), op.getName(), results, operands, op.getDiscardableAttrDictionary(),
                                        op.getPropertiesStorage(), {}, op.getNumRegions());
    builder.insert(copy);
    values.map(op.getResults(), copy->getResults());
    allowContraction(copy);
    for (auto [from, to] : llvm::zip(op.getRegions(), copy->getRegions()))
      cloneRegion(from, to);
  }

  /// Regions in bodies have one block at most: bodies are straight-line programs.
  void cloneRegion(Region &from, Region &to) {
    for (Block &block : from) {
      OpBuilder::InsertionGuard guard(builder);
      Block *copy = builder.createBlock(&to);
      for (BlockArgument argument : block.getArguments())
        values.map(argument, copy->addArgument(retype(argument.getType()), argument.getLoc()));
      for (Operation &op : block)
        cloneOp(op);
    }
  }

  /// Products and sums of a body may fuse: that only drops a rounding. Functions are expanded later and keep the exact
  /// steps that their error bounds rest on, which is why this is not a flag of the whole module.
  void allowContraction(Operation *op) {
    auto flags = dyn_cast<arith::ArithFastMathInterface>(op);
    if (!flags || !isa<arith::ArithDialect>(op->getDialect()))
      return;
    arith::FastMathFlags old =
        flags.getFastMathFlagsAttr() ? flags.getFastMathFlagsAttr().getValue() : arith::FastMathFlags::none;
    op->setAttr(flags.getFastMathAttrName(),
                arith::FastMathFlagsAttr::get(op->getContext(), old | arith::FastMathFlags::contract));
  }

  OpBuilder &builder;
  IRMapping values;
  int64_t width;
};

} // namespace

SmallVector<Value> flowc::targets::cloneBody(OpBuilder &builder, Block &body, ValueRange arguments,
                                         const IRMapping &outside, int64_t width) {
  return BodyCloner(builder, outside, width).clone(body, arguments);
}

SmallVector<Value> flowc::targets::isolateBody(Region &body) {
  SetVector<Value> used;
  getUsedValuesDefinedAbove(body, used);
  SmallVector<Value> others;
  OpBuilder builder(body);
  for (Value value : used) {
    if (!matchPattern(value, m_Constant())) {
      others.push_back(value);
      continue;
    }
    Operation *copy = builder.clone(*value.getDefiningOp());
    replaceAllUsesInRegionWith(value, copy->getResult(0), body);
  }
  return others;
}

namespace {

/// Writes a body as numbers: attributes, types and names are unique objects of the context, values are counted.
class Fingerprint {
public:
  void block(Block &block) {
    for (BlockArgument argument : block.getArguments()) {
      numbers.try_emplace(argument, numbers.size());
      stream << argument.getType().getAsOpaquePointer() << ',';
    }
    for (Operation &op : block)
      operation(op);
  }
  void outside(ValueRange values) {
    for (Value value : values)
      numbers.try_emplace(value, numbers.size());
  }
  std::string text;

private:
  void operation(Operation &op) {
    stream << op.getName().getAsOpaquePointer() << op.getAttrDictionary().getAsOpaquePointer() << '(';
    for (Value operand : op.getOperands())
      stream << numbers.lookup(operand) << ',';
    for (Value result : op.getResults()) {
      numbers.try_emplace(result, numbers.size());
      stream << result.getType().getAsOpaquePointer();
    }
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        block(inner);
    stream << ')';
  }
  llvm::raw_string_ostream stream{text};
  llvm::DenseMap<Value, unsigned> numbers;
};

} // namespace

std::string flowc::targets::bodyFingerprint(Block &body, ValueRange outside) {
  Fingerprint fingerprint;
  fingerprint.outside(outside);
  fingerprint.block(body);
  return std::move(fingerprint.text);
}

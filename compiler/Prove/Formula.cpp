// SPDX-License-Identifier: MIT

#include "compiler/Prove/Formula.h"

#include "compiler/Derive/Simplify.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

std::optional<StringRef> userName(Value value) {
  auto named = dyn_cast<NameLoc>(value.getLoc());
  return named ? std::optional<StringRef>(named.getName().strref()) : std::nullopt;
}

} // namespace

Origin Origins::of(Value value, int64_t element) {
  if (value == layer.input())
    return {Origin::Input, value, element, 0};
  if (auto number = constantValue(value))
    return {Origin::Number, value, element, *number};
  Operation *op = value.getDefiningOp();
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto dense = cast<DenseFPElementsAttr>(constant.getValue());
    return {Origin::Number, value, element, dense.getValues<APFloat>()[element].convertToDouble()};
  }
  auto dependency = cast<DependencyOpInterface>(op);
  auto [found, inserted] = moves.try_emplace(value);
  // No formula says what a sum is, not even one of a single element.
  if (inserted && (isa<SumOp>(op) || !dependency.movedFrom(found->second)))
    found->second.clear();
  if (!found->second.empty()) {
    auto [operand, from] = found->second[element];
    return {Origin::Moved, op->getOperand(operand), from, 0};
  }
  if (isa<SplatOp>(op))
    return {Origin::Moved, op->getOperand(0), 0, 0};
  return {dependency.isElementwise() ? Origin::Computed : Origin::Opaque, value, element, 0};
}

class FormulaBuilder {
public:
  FormulaBuilder(Origins &origins, const LayerStructure &structure, int64_t input)
      : origins(origins), layer(origins.getLayer()), structure(structure), input(input), builder(layer->getContext()),
        loc(builder.getUnknownLoc()) {}

  Formula build(Value value, int64_t element, Interval domain) {
    Formula formula;
    formula.module = ModuleOp::create(loc);
    builder.setInsertionPointToEnd(formula.module->getBody());
    auto type = builder.getFunctionType(builder.getF64Type(), {builder.getF64Type(), builder.getF64Type()});
    formula.function = func::FuncOp::create(builder, loc, "formula", type);
    Block *body = formula.function.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    block = body;
    std::string name = userName(layer.input()).value_or("x").str();
    variables.push_back({body->getArgument(0), name, domain});
    names.insert(name);
    Value result = at(value, element, std::nullopt);
    func::ReturnOp::create(builder, loc, ValueRange{result, slopeOf(result)});
    llvm::SmallVector<Type> inputs(body->getNumArguments(), builder.getF64Type());
    formula.function.setFunctionType(builder.getFunctionType(inputs, type.getResults()));
    formula.variables = std::move(variables);
    formula.hidden = hidden;
    simplify(*formula.module);
    return formula;
  }

private:
  Value at(Value value, int64_t element, std::optional<StringRef> name) {
    if (!name)
      name = userName(value);
    auto [found, inserted] = memo.try_emplace({value.getAsOpaquePointer(), element});
    if (inserted) {
      Value built = make(value, element, name);
      memo[{value.getAsOpaquePointer(), element}] = built;
      return built;
    }
    return found->second;
  }

  Value make(Value value, int64_t element, std::optional<StringRef> name) {
    Origin origin = origins.of(value, element);
    switch (origin.kind) {
    case Origin::Number:
      return constantOf(builder, loc, builder.getF64Type(), origin.number);
    case Origin::Moved:
      return at(origin.from, origin.element, name);
    case Origin::Input:
      if (element == input)
        return block->getArgument(0);
      return variable(variables.front().name + std::to_string(element), structure.range(value), true, false);
    case Origin::Opaque: {
      hidden |= structure.depends(value, element, input);
      auto read = value.getDefiningOp<ReadOp>();
      std::string stem = name ? name->str() : read ? parameterName(read).str() : stemOfUnnamed();
      return variable(stem, structure.range(value), read != nullptr, read != nullptr);
    }
    case Origin::Computed:
      break;
    }
    // What has a parameter of its own added (a network's last bias) can be anything.
    if (!structure.depends(value, element, input) && hasOwnBias(value, element))
      return variable(name ? name->str() : stemOfUnnamed(), Interval::all(), true, false);
    Operation *op = value.getDefiningOp();
    bool named = name && !structure.depends(value, element, input) && names.insert(name->str()).second;
    llvm::SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(at(operand, element, std::nullopt));
    Type type = builder.getF64Type();
    if (!isa<FloatType>(getElementTypeOrSelf(value.getType())))
      type = getElementTypeOrSelf(value.getType());
    OperationState state(loc, op->getName(), operands, {type}, op->getAttrs());
    Operation *copy = builder.create(state);
    if (named)
      copy->setLoc(NameLoc::get(builder.getStringAttr(*name)));
    return copy->getResult(0);
  }

  /// The last part of a parameter's path: "0.tilt.slope" is slope.
  static StringRef parameterName(ReadOp read) { return read.getParameter().rsplit('.').second; }

  /// Whether the value is the sum of a parameter that nothing else uses and what no formula says.
  bool hasOwnBias(Value value, int64_t element) {
    auto add = value.getDefiningOp<arith::AddFOp>();
    return add && (isOwnBias(add.getLhs(), add.getRhs(), element) || isOwnBias(add.getRhs(), add.getLhs(), element));
  }
  bool isOwnBias(Value bias, Value rest, int64_t element) {
    if (!bias.getDefiningOp<ReadOp>() || !bias.hasOneUse())
      return false;
    Origin origin = origins.of(rest, element);
    while (origin.kind == Origin::Moved)
      origin = origins.of(origin.from, origin.element);
    return origin.kind == Origin::Opaque && !origin.from.getDefiningOp<ReadOp>();
  }

  /// What a variable is called that the user has not named: no name of the user's.
  std::string stemOfUnnamed() {
    std::set<std::string> taken;
    layer.walk([&](Operation *op) {
      if (auto read = dyn_cast<ReadOp>(op))
        taken.insert(parameterName(read).str());
      for (Value result : op->getResults())
        if (auto name = userName(result))
          taken.insert(name->str());
    });
    std::string stem = "a";
    while (taken.contains(stem))
      stem += "_";
    return stem;
  }

  Value variable(std::string name, Interval range, bool free, bool parameter) {
    std::string stem = name;
    for (unsigned k = 2; !names.insert(name).second; ++k)
      name = stem + std::to_string(k);
    Value argument = block->addArgument(builder.getF64Type(), loc);
    variables.push_back({argument, name, range, free, parameter});
    return argument;
  }

  /// The derivative of `result` by the unknown, forward mode.
  Value slopeOf(Value result) {
    llvm::DenseMap<Value, Value> tangents;
    Type number = builder.getF64Type();
    tangents[block->getArgument(0)] = constantOf(builder, loc, number, 1);
    llvm::SmallVector<Operation *> ops;
    for (Operation &op : *block)
      ops.push_back(&op);
    for (Operation *op : ops) {
      llvm::SmallVector<Value> operands(op->getOperands()), operandTangents;
      for (Value operand : operands)
        operandTangents.push_back(tangents.lookup(operand));
      auto rule = dyn_cast<DifferentiateOpInterface>(op);
      if (!rule || llvm::none_of(operandTangents, [](Value v) { return v != Value(); }))
        continue;
      if (Value tangent = rule.tangent(builder, operands, op->getResult(0), operandTangents))
        tangents[op->getResult(0)] = tangent;
    }
    Value slope = tangents.lookup(result);
    return slope ? slope : constantOf(builder, loc, number, 0);
  }

  static void simplify(ModuleOp module) {
    PassManager passes(module.getContext());
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(false);
    passes.addPass(createSimplifyPass());
    passes.addPass(createCSEPass());
    passes.addPass(createCanonicalizerPass(config));
    passes.addPass(createCSEPass());
    (void)passes.run(module);
  }

  Origins &origins;
  LayerOp layer;
  const LayerStructure &structure;
  int64_t input;
  OpBuilder builder;
  Location loc;
  Block *block = nullptr;
  llvm::SmallVector<Variable> variables;
  bool hidden = false;
  std::set<std::string> names;
  std::map<std::pair<void *, int64_t>, Value> memo;
};

Formula Formula::build(Origins &origins, const LayerStructure &structure, Value value, int64_t element, int64_t input,
                       Interval domain) {
  return FormulaBuilder(origins, structure, input).build(value, element, domain);
}

std::string Formula::signature(Origins &origins, Value value, int64_t element, int64_t input) {
  // The way down, with every value named by when it was first met.
  std::string text;
  std::map<std::pair<void *, int64_t>, unsigned> met;
  std::function<void(Value, int64_t)> visit = [&](Value value, int64_t element) {
    Origin origin = origins.of(value, element);
    while (origin.kind == Origin::Moved) {
      value = origin.from, element = origin.element;
      origin = origins.of(value, element);
    }
    auto [it, inserted] = met.try_emplace({value.getAsOpaquePointer(), element}, met.size());
    text += std::to_string(it->second) + ",";
    if (!inserted)
      return;
    if (origin.kind == Origin::Number)
      text += std::to_string(origin.number) + ";";
    else if (origin.kind == Origin::Input)
      text += element == input ? "t;" : "x;";
    else
      text += std::to_string(reinterpret_cast<uintptr_t>(value.getAsOpaquePointer())) + ";";
    if (origin.kind == Origin::Computed)
      for (Value operand : value.getDefiningOp()->getOperands())
        visit(operand, element);
  };
  visit(value, element);
  return text;
}

llvm::DenseSet<Value> Formula::dependents() const {
  llvm::DenseSet<Value> dependents{unknown().value};
  for (Operation &op : function.getBody().front())
    if (op.getNumResults() &&
        llvm::any_of(op.getOperands(), [&](Value operand) { return dependents.contains(operand); }))
      dependents.insert(op.getResult(0));
  return dependents;
}

llvm::DenseMap<Value, Interval> Formula::ranges() const {
  llvm::DenseMap<Value, Interval> ranges;
  for (const Variable &variable : variables)
    ranges[variable.value] = variable.range;
  return ranges;
}

llvm::DenseMap<Value, std::string> Formula::names() const {
  llvm::DenseMap<Value, std::string> names;
  for (Operation &op : function.getBody().front())
    if (auto named = dyn_cast<NameLoc>(op.getLoc()))
      names[op.getResult(0)] = named.getName().str();
  for (const Variable &variable : variables)
    names[variable.value] = variable.name;
  return names;
}

OpBuilder Formula::builder() const { return OpBuilder(function.getBody().front().getTerminator()); }

} // namespace flowc::prove

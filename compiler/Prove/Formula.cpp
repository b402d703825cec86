// SPDX-License-Identifier: MIT

#include "compiler/Prove/Formula.h"

#include "compiler/Derive/Simplify.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

std::optional<StringRef> userName(Value value) {
  auto named = dyn_cast<NameLoc>(value.getLoc());
  return named ? std::optional<StringRef>(named.getName().strref()) : std::nullopt;
}

llvm::SetVector<Operation *> backwardSlice(Value value) {
  llvm::SetVector<Operation *> slice;
  llvm::SmallVector<Value> pending{value};
  while (!pending.empty())
    if (Operation *op = pending.pop_back_val().getDefiningOp(); op && slice.insert(op))
      llvm::append_range(pending, op->getOperands());
  return slice;
}

namespace {

/// In longer sums, what does not depend on the unknown is one variable; if there is more than that, it is no formula.
constexpr size_t kLongestSum = 16;
/// What does not depend on the unknown is written out up to so many products in all; beyond, a value is just what its range tells. A
/// few convolutions would reach thousands.
constexpr size_t kMostProducts = 2000;

/// The derivative of `result` by `unknown`, forward mode.
Value differentiate(OpBuilder &builder, Block &block, Value unknown, Value result) {
  llvm::DenseMap<Value, Value> tangents;
  Location loc = builder.getUnknownLoc();
  tangents[unknown] = constantOf(builder, loc, builder.getF64Type(), 1);
  llvm::SetVector<Operation *> needed = backwardSlice(result);
  llvm::SmallVector<Operation *> ops;
  for (Operation &op : block)
    if (needed.contains(&op))
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
  return slope ? slope : constantOf(builder, loc, builder.getF64Type(), 0);
}

} // namespace

Origin Origins::of(Value value, int64_t element) {
  if (value == layer.input())
    return {Origin::Input, value, element, 0};
  if (value == held)
    return {Origin::Opaque, value, element, 0};
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
  if (dependency.isElementwise())
    return {Origin::Computed, value, element, 0};
  llvm::SmallVector<llvm::SmallVector<std::pair<unsigned, int64_t>, 2>> sum;
  if (!dependency.sumOfProducts(element, sum))
    return {Origin::Opaque, value, element, 0};
  Origin origin{Origin::Summed, value, element, 0};
  for (const auto &product : sum) {
    if (llvm::any_of(product, [&](auto factor) { return isZero(op->getOperand(factor.first), factor.second); }))
      continue;
    origin.sum.emplace_back();
    for (auto [operand, from] : product)
      origin.sum.back().push_back({op->getOperand(operand), from});
  }
  return origin;
}

bool Origins::isZero(Value value, int64_t element) {
  if (!isa_and_nonnull<NonZeroOpInterface>(value.getDefiningOp()))
    return false;
  auto [known, inserted] = nonZeros.try_emplace(value);
  if (inserted)
    known->second = nonZeroElements(value);
  return !known->second.test(element);
}

bool Origins::isOwnParameter(Value value, int64_t element) {
  Origin origin = of(value, element);
  if (origin.kind == Origin::Moved)
    return isOwnParameter(origin.from, origin.element);
  if (origin.kind == Origin::Summed && origin.sum.size() == 1 && origin.sum[0].size() == 1)
    return value.hasOneUse() && isOwnParameter(origin.sum[0][0].first, origin.sum[0][0].second);
  return origin.kind == Origin::Opaque && value.getDefiningOp<ReadOp>() && value.hasOneUse();
}

/// A parameter times an input or an element of the context, which is not always 0.
bool Origins::isAnything(llvm::ArrayRef<std::pair<Value, int64_t>> product) {
  auto isInput = [&](Value value, int64_t element) {
    Origin origin = of(value, element);
    while (origin.kind == Origin::Moved)
      origin = of(origin.from, origin.element);
    return origin.kind == Origin::Input || (origin.kind == Origin::Opaque && value.getDefiningOp<ContextOp>());
  };
  return product.size() == 2 && isOwnParameter(product[0].first, product[0].second) && isInput(product[1].first, product[1].second);
}

SumParts Origins::partsOf(const Origin &sum, const LayerStructure &structure, int64_t input) {
  SumParts parts;
  bool own = false;
  for (const auto &product : sum.sum)
    if (llvm::any_of(product, [&](const auto &factor) { return structure.depends(factor.first, factor.second, input); }))
      parts.terms.push_back(product);
    else
      own |= isAnything(product);
  if (own || (parts.terms.size() < sum.sum.size() && sum.sum.size() > kLongestSum))
    parts.rest = own ? SumParts::Anything : SumParts::Unknown;
  else
    parts.terms = sum.sum;
  parts.tooLong = parts.terms.size() > kLongestSum;
  return parts;
}

class FormulaBuilder {
public:
  FormulaBuilder(Origins &origins, const LayerStructure &structure, int64_t input, bool valueOnly, AssumeOp judged)
      : origins(origins), layer(origins.getLayer()), structure(structure), input(input), valueOnly(valueOnly), judged(judged),
        builder(layer->getContext()), loc(builder.getUnknownLoc()) {}

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
    llvm::SmallVector<Value> results{result, result};
    for (AssumeOp assumption : layer.getOps<AssumeOp>()) {
      // What the unknown does not reach: a fact about the unknown itself would be its domain.
      int64_t count = elementCount(assumption.getValue()), there = count == 1 ? 0 : element;
      if (assumption != judged && there < count && (input < 0 || !structure.depends(assumption.getValue(), there, input)))
        results.push_back(fact(assumption, there));
    }
    auto end = func::ReturnOp::create(builder, loc, results);
    llvm::SmallVector<Type> inputs(body->getNumArguments(), builder.getF64Type());
    formula.function.setFunctionType(builder.getFunctionType(inputs, ValueRange(results).getTypes()));
    formula.variables = std::move(variables);
    formula.entangledName = std::move(entangled);
    // What is simpler has a simpler derivative: that of sqrt(x^2) is nowhere infinite.
    simplify(*formula.module);
    builder.setInsertionPoint(end);
    end.setOperand(1, differentiate(builder, *body, body->getArgument(0), end.getOperand(0)));
    simplify(*formula.module);
    unwindExtremes(*body);
    return formula;
  }

private:
  /// One element of what is assumed of a layer of scalar formulas, or of one number.
  Value fact(AssumeOp assumption, int64_t element) {
    Value value = at(assumption.getValue(), element, std::nullopt);
    return ConstrainedOp::create(builder, loc, value.getType(), value, assumption.getLowAttr(), assumption.getHighAttr(),
                                 assumption.getLowOpenAttr(), assumption.getHighOpenAttr());
  }

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
    case Origin::Opaque:
      return opaque(value, element, name);
    case Origin::Computed:
    case Origin::Summed:
      break;
    }
    // What has a parameter of its own added (a network's last bias) can be anything.
    if (origin.kind == Origin::Summed && origins.partsOf(origin, structure, input).tooLong)
      return opaque(value, element, name);
    if (Value rest = besideOwnBias(value); rest && isBeyondFormula(value, rest, element))
      return variable(name ? name->str() : "net", Interval::all(), true, false);
    if (products > kMostProducts && !structure.depends(value, element, input))
      return opaque(value, element, name);
    return origin.kind == Origin::Summed ? sum(origin) : compute(value, element, name);
  }

  Value opaque(Value value, int64_t element, std::optional<StringRef> name) {
    if (auto context = value.getDefiningOp<ContextOp>())
      return contextVariable(context, element);
    auto read = value.getDefiningOp<ReadOp>();
    std::string stem = (name ? *name : read ? parameterName(read) : StringRef("net")).str();
    if (structure.depends(value, element, input) && !entangled)
      entangled = stem;
    return variable(stem, structure.range(value), read != nullptr, read != nullptr);
  }

  Value contextVariable(ContextOp context, int64_t element) {
    Value made = variable("context[" + std::to_string(element) + "]", structure.range(context), true, false);
    Variable &last = variables.back();
    last.context = true;
    last.labels = context.getLabel() ? elementCount(context) : 0;
    last.element = element;
    return made;
  }

  Value sum(const Origin &origin) {
    std::optional<Value> total;
    SumParts parts = origins.partsOf(origin, structure, input);
    if (parts.rest != SumParts::None)
      total = variable("rest", Interval::all(), parts.rest == SumParts::Anything, false);
    products += parts.terms.size();
    for (const auto &product : parts.terms) {
      std::optional<Value> term;
      for (auto [factor, element] : product) {
        Value next = at(factor, element, std::nullopt);
        term = term ? arith::MulFOp::create(builder, loc, *term, next).getResult() : next;
      }
      total = total ? arith::AddFOp::create(builder, loc, *total, *term).getResult() : *term;
    }
    return total ? *total : constantOf(builder, loc, builder.getF64Type(), 0);
  }

  Value compute(Value value, int64_t element, std::optional<StringRef> name) {
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

  /// If the value is a sum with a parameter that nothing else uses, its other part.
  static Value besideOwnBias(Value value) {
    auto add = value.getDefiningOp<arith::AddFOp>();
    for (unsigned k : {0u, 1u})
      if (add && add->getOperand(k).getDefiningOp<ReadOp>() && add->getOperand(k).hasOneUse())
        return add->getOperand(1 - k);
    return {};
  }

  /// Whether what is beside a parameter of its own says nothing that the user would know again: other inputs, or sums over vectors.
  bool isBeyondFormula(Value sum, Value rest, int64_t element) {
    if (structure.depends(sum, element, input))
      return valueOnly && isSum(rest, element);
    return isSum(rest, element) || !structure.elements(structure.dependencies(rest)[element]).empty();
  }

  /// Whether the element is a sum over vectors.
  bool isSum(Value value, int64_t element) {
    Origin origin = origins.of(value, element);
    while (origin.kind == Origin::Moved)
      origin = origins.of(origin.from, origin.element);
    return origin.kind == Origin::Summed || origin.kind == Origin::Opaque;
  }

  Value variable(std::string name, Interval range, bool free, bool parameter) {
    std::string stem = name;
    for (unsigned &k = lastNumber[stem]; !names.insert(name).second;)
      name = stem + std::to_string(k = std::max(k + 1, 2u));
    Value argument = block->addArgument(builder.getF64Type(), loc);
    variables.push_back({argument, name, range, free, parameter});
    if (range == Interval::all())
      return argument;
    // A fact in the formula itself: limits ask for signs without being given ranges.
    return ConstrainedOp::create(builder, loc, argument.getType(), argument, builder.getF64FloatAttr(range.low),
                                 builder.getF64FloatAttr(range.high), builder.getBoolAttr(range.lowOpen),
                                 builder.getBoolAttr(range.highOpen));
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

  /// The derivative of max(a, b) asks whether b >= max(a, b). That is b >= a, which says what is compared.
  static void unwindExtremes(Block &block) {
    for (auto compare : block.getOps<arith::CmpFOp>()) {
      if (compare.getPredicate() != arith::CmpFPredicate::OGE)
        continue;
      for (unsigned k : {0u, 1u}) {
        Operation *extreme = compare.getOperand(k).getDefiningOp();
        bool largest = k == 1 && isa_and_nonnull<arith::MaximumFOp>(extreme);
        bool smallest = k == 0 && isa_and_nonnull<arith::MinimumFOp>(extreme);
        Value other = compare.getOperand(1 - k);
        if ((largest || smallest) && llvm::is_contained(extreme->getOperands(), other))
          compare.setOperand(k, extreme->getOperand(0) == other ? extreme->getOperand(1) : extreme->getOperand(0));
      }
    }
  }

  Origins &origins;
  LayerOp layer;
  const LayerStructure &structure;
  int64_t input;
  bool valueOnly;
  AssumeOp judged;
  OpBuilder builder;
  Location loc;
  Block *block = nullptr;
  std::optional<std::string> entangled;
  llvm::SmallVector<Variable> variables;
  std::set<std::string> names;
  std::map<std::string, unsigned> lastNumber; ///< Of the names that were numbered.
  size_t products = 0;                        ///< Written out so far.
  std::map<std::pair<void *, int64_t>, Value> memo;
};

Formula Formula::build(Origins &origins, const LayerStructure &structure, Value value, int64_t element, int64_t input,
                       Interval domain, bool valueOnly, AssumeOp judged) {
  return FormulaBuilder(origins, structure, input, valueOnly, judged).build(value, element, domain);
}

Value Formula::slopeOf(Value inner) const {
  OpBuilder build = builder();
  return differentiate(build, function.getBody().front(), unknown().value, inner);
}

std::string Formula::signature(Origins &origins, const LayerStructure &structure, Value value, int64_t element, int64_t input) {
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
      text += llvm::formatv("{0:e17};", origin.number).str();
    else if (origin.kind == Origin::Input)
      text += element == input ? "t;" : "x;";
    else
      text += std::to_string(reinterpret_cast<uintptr_t>(value.getAsOpaquePointer())) + ";";
    if (origin.kind == Origin::Computed)
      for (Value operand : value.getDefiningOp()->getOperands())
        visit(operand, element);
    SumParts parts = origins.partsOf(origin, structure, input);
    text += llvm::StringRef("nur")[parts.rest];
    if (parts.tooLong)
      return;
    for (const auto &product : parts.terms)
      for (auto [factor, from] : product)
        visit(factor, from);
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

// SPDX-License-Identifier: MIT

#include "compiler/Import/FlowBuilder.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Flow/LayerLocation.h"
#include "compiler/Dialect/Flow/Models/ScalarRules.h"
#include "compiler/Import/Assumptions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace flowc {
namespace {

using Build = Value (*)(OpBuilder &, Location, ArrayRef<Value>);

template <typename Op> Value buildBinary(OpBuilder &builder, Location loc, ArrayRef<Value> v) {
  return Op::create(builder, loc, v[0], v[1]);
}

template <arith::CmpFPredicate predicate> Value buildCompare(OpBuilder &builder, Location loc, ArrayRef<Value> v) {
  return arith::CmpFOp::create(builder, loc, predicate, v[0], v[1]);
}

/// The arithmetic of formulas beside the scalar table.
struct Arithmetic {
  llvm::StringRef name;
  Build build;
};

constexpr Arithmetic kArithmetic[] = {
    {"add", buildBinary<arith::AddFOp>},
    {"sub", buildBinary<arith::SubFOp>},
    {"mul", buildBinary<arith::MulFOp>},
    {"div", buildBinary<arith::DivFOp>},
    {"pow", buildBinary<math::PowFOp>},
    {"max", buildBinary<arith::MaximumFOp>},
    {"min", buildBinary<arith::MinimumFOp>},
    {"turn", buildBinary<flow::TurnOp>},
    {"less", buildCompare<arith::CmpFPredicate::OLT>},
    {"less_equal", buildCompare<arith::CmpFPredicate::OLE>},
    {"greater", buildCompare<arith::CmpFPredicate::OGT>},
    {"greater_equal", buildCompare<arith::CmpFPredicate::OGE>},
    {"neg", [](OpBuilder &b, Location l, ArrayRef<Value> v) -> Value { return arith::NegFOp::create(b, l, v[0]); }},
    {"where", [](OpBuilder &b, Location l,
                 ArrayRef<Value> v) -> Value { return arith::SelectOp::create(b, l, v[0], v[1], v[2]); }},
};

DictionaryAttr initAttribute(Builder &builder, const dsl::ParameterInit &init) {
  auto number = [&](StringRef key, double value) {
    return builder.getNamedAttr(key, builder.getF64FloatAttr(value));
  };
  auto kind = [&](StringRef name) { return builder.getNamedAttr("kind", builder.getStringAttr(name)); };
  using Kind = dsl::ParameterInit::Kind;
  if (init.kind == Kind::Uniform)
    return builder.getDictionaryAttr({kind("uniform"), number("low", init.a), number("high", init.b)});
  if (init.kind == Kind::Normal)
    return builder.getDictionaryAttr({kind("normal"), number("mean", init.a), number("deviation", init.b)});
  if (init.kind == Kind::Constant)
    return builder.getDictionaryAttr({kind("constant"), number("value", init.a)});
  return builder.getDictionaryAttr(
      {kind("values"), builder.getNamedAttr("values", builder.getDenseF64ArrayAttr(init.values))});
}

} // namespace

FlowBuilder::FlowBuilder(MLIRContext *context, std::function<std::string(uint32_t)> fileName)
    : builder(context), fileName(std::move(fileName)) {}

Location FlowBuilder::locate(dsl::SourceLocation loc) {
  if (loc.line == 0)
    return builder.getUnknownLoc();
  Location place = FileLineColLoc::get(builder.getContext(), fileName(loc.file), loc.line, loc.column);
  return layerName ? flow::inLayer(place, layerName) : place;
}

RankedTensorType FlowBuilder::tensorType(const dsl::Shape &shape) {
  return RankedTensorType::get(shape, builder.getF64Type());
}

dsl::Value FlowBuilder::keep(Value value) {
  values.push_back(value);
  return {static_cast<uint32_t>(values.size() - 1)};
}

std::vector<dsl::ScalarFunction> FlowBuilder::scalarFunctions() const {
  std::vector<dsl::ScalarFunction> functions;
  for (const flow::ScalarRule &rule : flow::scalarRules())
    functions.push_back({rule.name.str(), 1});
  functions.push_back({"turn", 2});
  return functions;
}

void FlowBuilder::beginModel(std::string_view name, int64_t features, dsl::SourceLocation loc) {
  if (!module)
    module = ModuleOp::create(locate(loc));
  builder.setInsertionPointToEnd(module->getBody());
  auto model = flow::ModelOp::create(builder, locate(loc), name, features, FloatAttr(), FloatAttr(), DictionaryAttr(),
                                     DictionaryAttr());
  modelBody = builder.createBlock(&model.getBody());
  builder.setInsertionPointToEnd(modelBody);
}

void FlowBuilder::dataDomain(dsl::Interval domain) {
  auto model = cast<flow::ModelOp>(modelBody->getParentOp());
  model.setLowerAttr(builder.getF64FloatAttr(domain.low));
  model.setUpperAttr(builder.getF64FloatAttr(domain.high));
}

void FlowBuilder::takesContext(const dsl::ContextInfo &context) {
  llvm::SmallVector<NamedAttribute> entries{builder.getNamedAttr("size", builder.getI64IntegerAttr(context.size))};
  if (context.range) {
    entries.push_back(builder.getNamedAttr("low", builder.getF64FloatAttr(context.range->low)));
    entries.push_back(builder.getNamedAttr("high", builder.getF64FloatAttr(context.range->high)));
  }
  if (context.label)
    entries.push_back(builder.getNamedAttr("label", builder.getBoolAttr(true)));
  cast<flow::ModelOp>(modelBody->getParentOp()).setGivenContextAttr(builder.getDictionaryAttr(entries));
}

void FlowBuilder::endModel() {
  // What training does not move stands behind what it moves: the latter is one piece of the parameter vector.
  llvm::SmallVector<flow::ParameterOp> parameters(modelBody->getOps<flow::ParameterOp>());
  llvm::erase_if(parameters, [](flow::ParameterOp parameter) { return !parameter.getFrozen(); });
  for (flow::ParameterOp parameter : parameters)
    parameter->moveBefore(modelBody, modelBody->end());
  builder.clearInsertionPoint();
}

void FlowBuilder::reverseKl(std::string_view target, bool isFlow) {
  auto entry = [&](StringRef key, Attribute value) { return builder.getNamedAttr(key, value); };
  // What a flow is learned from has a density that integrates to one: the divergence from it is known, not only up to a constant.
  cast<flow::ModelOp>(modelBody->getParentOp())
      .setObjectiveAttr(builder.getDictionaryAttr({entry("type", builder.getStringAttr("reverse_kl")),
                                                   entry("target", builder.getStringAttr(target)),
                                                   entry("normalized", builder.getBoolAttr(isFlow))}));
}

void FlowBuilder::estimateLogDets(int64_t least, double keep, dsl::SourceLocation loc) {
  builder.setInsertionPointToEnd(modelBody);
  flow::EstimateOp::create(builder, locate(loc), least, llvm::APFloat(keep));
}

dsl::Value FlowBuilder::beginEnergy(int64_t features, dsl::SourceLocation loc) {
  builder.setInsertionPointToEnd(modelBody);
  auto type = builder.getFunctionType({tensorType({features})}, {tensorType({})});
  auto function = func::FuncOp::create(builder, locate(loc), flow::kTargetName, type);
  builder.setInsertionPointToEnd(function.addEntryBlock());
  return keep(function.getArgument(0));
}

void FlowBuilder::endEnergy(dsl::Value result, dsl::SourceLocation loc) {
  Value logDensity = arith::NegFOp::create(builder, locate(loc), get(result));
  func::ReturnOp::create(builder, locate(loc), logDensity);
}

dsl::Value FlowBuilder::beginLayer(const dsl::LayerInfo &info, dsl::SourceLocation loc) {
  builder.setInsertionPointToEnd(modelBody);
  layerName = builder.getStringAttr(info.name);
  auto layer = flow::LayerOp::create(builder, locate(loc), info.name, info.type, info.generative, info.base, FloatAttr(), FloatAttr());
  Block *body = builder.createBlock(&layer.getBody(), {}, tensorType({info.features}), locate(loc));
  declarations = OpBuilder::InsertPoint(modelBody, Block::iterator(layer));
  builder.setInsertionPointToEnd(body);
  return keep(body->getArgument(0));
}

void FlowBuilder::layerDomain(dsl::Interval domain) {
  auto layer = cast<flow::LayerOp>(builder.getInsertionBlock()->getParentOp());
  layer.setLowerAttr(builder.getF64FloatAttr(domain.low));
  layer.setUpperAttr(builder.getF64FloatAttr(domain.high));
}

void FlowBuilder::endLayer(dsl::Value result, dsl::SourceLocation loc) {
  auto end = flow::ReturnOp::create(builder, locate(loc), get(result));
  layerName = nullptr;
  stateAssumptions(cast<flow::LayerOp>(end->getParentOp()));
}

dsl::Value FlowBuilder::context(dsl::SourceLocation loc) {
  auto model = cast<flow::ModelOp>(modelBody->getParentOp());
  DictionaryAttr described = model.getGivenContextAttr();
  Location named = NameLoc::get(builder.getStringAttr("context"), locate(loc));
  return keep(flow::ContextOp::create(builder, named, tensorType({model.contextSize()}), described.getAs<FloatAttr>("low"),
                                      described.getAs<FloatAttr>("high"), described.contains("label")));
}

dsl::Value FlowBuilder::parameter(std::string_view name, const dsl::Shape &shape, const dsl::ParameterInit &init,
                                  dsl::SourceLocation loc) {
  RankedTensorType type = tensorType(shape);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(declarations);
    flow::ParameterOp::create(builder, locate(loc), name, type, initAttribute(builder, init), /*frozen=*/false);
  }
  return keep(flow::ReadOp::create(builder, locate(loc), type, name));
}

dsl::Value FlowBuilder::constrained(dsl::Value value, dsl::Interval range, dsl::SourceLocation loc) {
  Value operand = get(value);
  return keep(flow::ConstrainedOp::create(builder, locate(loc), operand.getType(), operand,
                                          builder.getF64FloatAttr(range.low), builder.getF64FloatAttr(range.high),
                                          builder.getBoolAttr(range.lowOpen), builder.getBoolAttr(range.highOpen)));
}

dsl::Value FlowBuilder::normBounded(dsl::Value value, double bound, bool spectral, dsl::SourceLocation loc) {
  return keep(flow::NormBoundedOp::create(builder, locate(loc), get(value).getType(), get(value), llvm::APFloat(bound), spectral));
}

dsl::Value FlowBuilder::spectralNorm(dsl::Value matrix, double least, dsl::SourceLocation loc) {
  return keep(flow::SpectralNormOp::create(builder, locate(loc), tensorType({}), get(matrix), llvm::APFloat(least)));
}

void FlowBuilder::assume(dsl::Value value, dsl::Interval range, std::string_view text, dsl::SourceLocation loc) {
  flow::AssumeOp::create(builder, locate(loc), get(value), builder.getF64FloatAttr(range.low),
                         builder.getF64FloatAttr(range.high), builder.getBoolAttr(range.lowOpen),
                         builder.getBoolAttr(range.highOpen), builder.getStringAttr(text));
}

std::pair<dsl::Value, dsl::Value> FlowBuilder::startProbe(dsl::Value value, dsl::SourceLocation loc) {
  auto probe = flow::ProbeOp::create(builder, locate(loc), get(value));
  return {keep(probe.getMean()), keep(probe.getDeviation())};
}

void FlowBuilder::startParameter(std::string_view name, dsl::Value value, dsl::SourceLocation loc) {
  flow::StartOp::create(builder, locate(loc), name, get(value));
}

dsl::Value FlowBuilder::runningStatistic(std::string_view name, dsl::Value value, const dsl::Shape &shape,
                                         const dsl::RunningStatistic &statistic, dsl::SourceLocation loc) {
  RankedTensorType type = tensorType(shape);
  bool variance = statistic.kind == dsl::RunningStatistic::Kind::Variance;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.restoreInsertionPoint(declarations);
    dsl::ParameterInit init{dsl::ParameterInit::Kind::Constant, variance ? 1.0 : 0.0, 0, {}};
    flow::ParameterOp::create(builder, locate(loc), name, type, initAttribute(builder, init), /*frozen=*/true);
  }
  flow::RunningOp::create(builder, locate(loc), name, variance, get(value), llvm::APFloat(statistic.momentum));
  return keep(flow::ReadOp::create(builder, locate(loc), type, name));
}

dsl::Value FlowBuilder::constant(const dsl::Shape &shape, std::vector<double> numbers, dsl::SourceLocation loc) {
  return keep(arith::ConstantOp::create(builder, locate(loc),
                                        DenseElementsAttr::get(tensorType(shape), llvm::ArrayRef<double>(numbers))));
}

dsl::Value FlowBuilder::apply(std::string_view function, std::span<const dsl::Value> operands,
                              dsl::SourceLocation loc) {
  llvm::SmallVector<Value> arguments;
  for (dsl::Value operand : operands)
    arguments.push_back(get(operand));
  if (const flow::ScalarRule *rule = flow::findScalarRule(function))
    return keep(rule->build(builder, locate(loc), arguments[0]));
  for (const Arithmetic &row : kArithmetic)
    if (row.name == llvm::StringRef(function))
      return keep(row.build(builder, locate(loc), arguments));
  llvm_unreachable("the elaborator calls only functions that it was told of");
}

dsl::Value FlowBuilder::matvec(dsl::Value matrix, dsl::Value vector, int64_t columns, dsl::SourceLocation loc) {
  int64_t rows = cast<RankedTensorType>(get(matrix).getType()).getDimSize(0);
  return keep(flow::MatvecOp::create(builder, locate(loc), tensorType({rows * columns}), get(matrix), get(vector), false));
}

dsl::Value FlowBuilder::causal(dsl::Value matrix, std::vector<int64_t> rows, std::vector<int64_t> columns,
                               dsl::SourceLocation loc) {
  return keep(flow::CausalOp::create(builder, locate(loc), get(matrix), rows, columns));
}

dsl::Value FlowBuilder::extract(dsl::Value vector, std::vector<int64_t> indices, dsl::SourceLocation loc) {
  auto type = tensorType({static_cast<int64_t>(indices.size())});
  return keep(flow::ExtractOp::create(builder, locate(loc), type, get(vector), indices));
}

dsl::Value FlowBuilder::merge(std::span<const dsl::Value> pieces, const std::vector<std::vector<int64_t>> &indices,
                              int64_t size, dsl::SourceLocation loc) {
  llvm::SmallVector<Value> operands;
  llvm::SmallVector<Attribute> lists;
  for (dsl::Value piece : pieces)
    operands.push_back(get(piece));
  for (const std::vector<int64_t> &list : indices)
    lists.push_back(builder.getDenseI64ArrayAttr(list));
  return keep(flow::MergeOp::create(builder, locate(loc), tensorType({size}), operands, builder.getArrayAttr(lists)));
}

dsl::Value FlowBuilder::sum(dsl::Value vector, dsl::SourceLocation loc) {
  return keep(flow::SumOp::create(builder, locate(loc), tensorType({}), get(vector)));
}

dsl::Value FlowBuilder::splat(dsl::Value scalar, const dsl::Shape &shape, dsl::SourceLocation loc) {
  return keep(flow::SplatOp::create(builder, locate(loc), tensorType(shape), get(scalar)));
}

void FlowBuilder::name(dsl::Value value, std::string_view userName) {
  // The first name is the nearest to what the value is; later ones are parameters of what it is passed to.
  Location loc = get(value).getLoc();
  if (!isa<NameLoc>(loc))
    loc = NameLoc::get(builder.getStringAttr(userName), loc);
  if (Operation *op = get(value).getDefiningOp())
    op->setLoc(loc);
  else
    get(value).setLoc(loc);
}

} // namespace flowc

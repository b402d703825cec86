// SPDX-License-Identifier: MIT

#include "tests/mutation/Mutations.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Dialect/Flow/Expr.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::mutation {
namespace {

//===- log-determinants -------------------------------------------------------------------------------------------===//

/// The functions of a layer whose log-determinants change.
enum Which { Both, There, Back };

Expr dropped(Expr logDet, double) { return logDet.constant(0); }
Expr negated(Expr logDet, double) { return -logDet; }
Expr doubled(Expr logDet, double) { return 2.0 * logDet; }
Expr scaled(Expr logDet, double) { return 1.00001 * logDet; }
/// (The two directions' stay opposite: `side` is 1 there and -1 back.)
Expr shifted(Expr logDet, double side) { return logDet + 1e-5 * side; }

template <Which which, Expr (*change)(Expr, double)> bool changeLogDet(Operation *site) {
  auto layer = dyn_cast<LayerOp>(site);
  if (!layer)
    return false;
  for (auto [name, side] : {std::pair(forwardName(layer.getSymName()), 1.0), {inverseName(layer.getSymName()), -1.0}}) {
    if (which != Both && (which == There) != (side > 0))
      continue;
    auto function = cast<ModelOp>(layer->getParentOp()).lookupSymbol<func::FuncOp>(name);
    Operation *end = function.getBody().front().getTerminator();
    OpBuilder builder(end);
    end->setOperand(1, change(Expr(builder, end->getLoc(), end->getOperand(1)), side));
  }
  return true;
}

//===- ops --------------------------------------------------------------------------------------------------------===//

/// `value` in the place of the op's result.
bool replace(Operation *op, Value value) {
  op->getResult(0).replaceAllUsesWith(value);
  return true;
}

/// An op of two operands becomes another one.
template <typename From, typename To> bool become(Operation *site) {
  if (!isa<From>(site))
    return false;
  OpBuilder builder(site);
  return replace(site, To::create(builder, site->getLoc(), site->getOperand(0), site->getOperand(1)));
}

/// A function of one argument becomes another one.
template <typename From, typename To> bool becomeFunction(Operation *site) {
  if (!isa<From>(site))
    return false;
  OpBuilder builder(site);
  return replace(site, To::create(builder, site->getLoc(), site->getOperand(0)));
}

template <typename Op, unsigned first = 0> bool exchangeOperands(Operation *site) {
  if (!isa<Op>(site) || site->getOperand(first) == site->getOperand(first + 1))
    return false;
  Value kept = site->getOperand(first);
  site->setOperand(first, site->getOperand(first + 1));
  site->setOperand(first + 1, kept);
  return true;
}

/// One operand stands for the result of an element-wise op: a term, a factor or a function is left out.
template <unsigned operands, unsigned kept> bool leaveOut(Operation *site) {
  if (site->getNumOperands() != operands || site->getNumResults() != 1 || !site->hasTrait<OpTrait::Elementwise>() ||
      site->getOperand(kept).getType() != site->getResult(0).getType())
    return false;
  return replace(site, site->getOperand(kept));
}

llvm::SmallVector<int64_t> movedByOne(llvm::ArrayRef<int64_t> indices, int64_t size) {
  return llvm::map_to_vector(indices, [&](int64_t index) { return (index + 1) % size; });
}

bool moveExtract(Operation *site) {
  auto extract = dyn_cast<ExtractOp>(site);
  if (!extract || elementCount(extract.getVector()) < 2)
    return false;
  extract.setIndices(movedByOne(extract.getIndices(), elementCount(extract.getVector())));
  return true;
}

bool moveMerge(Operation *site) {
  auto merge = dyn_cast<MergeOp>(site);
  if (!merge || elementCount(merge.getResult()) < 2)
    return false;
  Builder builder(site->getContext());
  llvm::SmallVector<Attribute> lists;
  for (unsigned k = 0; k < merge.getPieces().size(); ++k)
    lists.push_back(builder.getDenseI64ArrayAttr(movedByOne(merge.pieceIndices(k), elementCount(merge.getResult()))));
  merge.setIndicesAttr(builder.getArrayAttr(lists));
  return true;
}

/// A row of a mask sees a rank less.
bool narrowMask(Operation *site) {
  auto causal = dyn_cast<CausalOp>(site);
  if (!causal)
    return false;
  causal.setRows(llvm::map_to_vector(causal.getRows(), [](int64_t rank) { return rank - 1; }));
  return true;
}

bool transpose(Operation *site) {
  auto product = dyn_cast<MatvecOp>(site);
  if (!product || elementCount(product.getVector()) != elementCount(product.getResult()) || elementCount(product.getResult()) < 2)
    return false;
  product.setTransposed(!product.getTransposed());
  return true;
}

bool sumLess(Operation *site) {
  auto sum = dyn_cast<SumOp>(site);
  int64_t size = sum ? elementCount(sum.getVector()) : 0;
  if (size < 2)
    return false;
  OpBuilder builder(site);
  auto type = RankedTensorType::get({size - 1}, builder.getF64Type());
  sum->setOperand(0, ExtractOp::create(builder, site->getLoc(), type, sum.getVector(), llvm::to_vector(llvm::seq<int64_t>(0, size - 1))));
  return true;
}

bool nudgeConstant(Operation *site) {
  auto constant = dyn_cast<arith::ConstantOp>(site);
  auto values = constant ? dyn_cast<DenseFPElementsAttr>(constant.getValue()) : DenseFPElementsAttr();
  if (!values || values.empty())
    return false;
  auto nudged = llvm::map_to_vector(values.getValues<double>(), [](double v) { return 1.001 * v + 0.001; });
  constant.setValueAttr(DenseElementsAttr::get(values.getType(), llvm::ArrayRef<double>(nudged)));
  return true;
}

/// The model's next parameter of the same type.
bool readAnother(Operation *site) {
  auto read = dyn_cast<ReadOp>(site);
  if (!read)
    return false;
  auto parameters = llvm::to_vector(site->getParentOfType<ModelOp>().getOps<ParameterOp>());
  size_t place = llvm::find_if(parameters, [&](ParameterOp p) { return p.getSymName() == read.getParameter(); }) - parameters.begin();
  for (size_t k = 1; k < parameters.size(); ++k)
    if (ParameterOp other = parameters[(place + k) % parameters.size()]; other.getType() == read.getType()) {
      read.setParameter(other.getSymName());
      return true;
    }
  return false;
}

//===- roots ------------------------------------------------------------------------------------------------------===//

/// Only a part of where the root may be.
bool shrinkBracket(Operation *site) {
  auto root = dyn_cast<RootOp>(site);
  if (!root)
    return false;
  double low = root.getLower().convertToDouble(), high = root.getUpper().convertToDouble();
  low = std::isinf(low) ? -0.7 : low;
  root.setLower(APFloat(low));
  root.setUpper(APFloat(std::isinf(high) ? low + 1.4 : (low + high) / 2));
  return true;
}

bool turnRoot(Operation *site) {
  auto root = dyn_cast<RootOp>(site);
  if (!root)
    return false;
  root.setDecreasing(!root.getDecreasing());
  return true;
}

/// What a root's formula yields: the value (0) or its derivative (1).
template <unsigned which, Expr (*change)(Expr, double)> bool changeYield(Operation *site) {
  auto yield = dyn_cast<YieldOp>(site);
  if (!yield)
    return false;
  OpBuilder builder(site);
  site->setOperand(which, change(Expr(builder, site->getLoc(), site->getOperand(which)), 1));
  return true;
}

} // namespace

llvm::ArrayRef<Mutation> mutations() {
  static const Mutation all[] = {
      {"log-det dropped", changeLogDet<Both, dropped>},
      {"log-det negated", changeLogDet<Both, negated>},
      {"log-det doubled", changeLogDet<Both, doubled>},
      {"log-det scaled a little", changeLogDet<Both, scaled>},
      {"log-det shifted a little", changeLogDet<Both, shifted>},
      {"log-det dropped, forward", changeLogDet<There, dropped>},
      {"log-det negated, forward", changeLogDet<There, negated>},
      {"log-det scaled a little, forward", changeLogDet<There, scaled>},
      {"log-det dropped, inverse", changeLogDet<Back, dropped>},
      {"log-det negated, inverse", changeLogDet<Back, negated>},
      {"log-det scaled a little, inverse", changeLogDet<Back, scaled>},
      {"a sum becomes a difference", become<arith::AddFOp, arith::SubFOp>},
      {"a difference becomes a sum", become<arith::SubFOp, arith::AddFOp>},
      {"a product becomes a quotient", become<arith::MulFOp, arith::DivFOp>},
      {"a quotient becomes a product", become<arith::DivFOp, arith::MulFOp>},
      {"max becomes min", become<arith::MaximumFOp, arith::MinimumFOp>},
      {"min becomes max", become<arith::MinimumFOp, arith::MaximumFOp>},
      {"exp becomes softplus", becomeFunction<math::ExpOp, SoftplusOp>},
      {"log becomes log1p", becomeFunction<math::LogOp, math::Log1pOp>},
      {"softplus becomes exp", becomeFunction<SoftplusOp, math::ExpOp>},
      {"tanh becomes atan", becomeFunction<math::TanhOp, math::AtanOp>},
      {"sin becomes cos", becomeFunction<math::SinOp, math::CosOp>},
      {"cos becomes sin", becomeFunction<math::CosOp, math::SinOp>},
      {"square becomes abs", becomeFunction<SquareOp, math::AbsFOp>},
      {"cube becomes square", becomeFunction<CubeOp, SquareOp>},
      {"a difference turned round", exchangeOperands<arith::SubFOp>},
      {"a quotient turned round", exchangeOperands<arith::DivFOp>},
      {"branches exchanged", exchangeOperands<arith::SelectOp, 1>},
      {"a comparison turned round", exchangeOperands<arith::CmpFOp>},
      {"the left operand alone", leaveOut<2, 0>},
      {"the right operand alone", leaveOut<2, 1>},
      {"one branch alone", leaveOut<3, 1>},
      {"the other branch alone", leaveOut<3, 2>},
      {"a function left out", leaveOut<1, 0>},
      {"indices of an extract moved by one", moveExtract},
      {"indices of a merge moved by one", moveMerge},
      {"a mask narrower by one", narrowMask},
      {"a matrix transposed", transpose},
      {"a sum without its last term", sumLess},
      {"a constant nudged", nudgeConstant},
      {"another parameter read", readAnother},
      {"a root's bracket shrunk", shrinkBracket},
      {"a root's direction turned", turnRoot},
      {"a root's value scaled a little", changeYield<0, scaled>},
      {"a root's value shifted a little", changeYield<0, shifted>},
      {"a root's derivative negated", changeYield<1, negated>},
      {"a root's derivative doubled", changeYield<1, doubled>},
      {"a root's derivative dropped", changeYield<1, dropped>},
  };
  return all;
}

llvm::SmallVector<Operation *> sitesOf(ModelOp model) {
  llvm::SmallVector<Operation *> sites;
  llvm::append_range(sites, llvm::map_range(model.getOps<LayerOp>(), [](LayerOp layer) { return layer.getOperation(); }));
  for (auto function : model.getOps<func::FuncOp>())
    function.getBody().walk<WalkOrder::PreOrder>([&](Operation *op) { sites.push_back(op); });
  return sites;
}

} // namespace flowc::mutation

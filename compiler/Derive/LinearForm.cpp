// SPDX-License-Identifier: MIT
//
// Every value of the layer is written as terms c * x[source] (element-wise factors and moves), a matrix times x, and what does not
// depend on x. An op is linear if its derivative, which its own rule builds, does not depend on x; only the product with a
// matrix is known here by name.

#include "compiler/Derive/LinearForm.h"

#include "compiler/Derive/Evaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

using Elements = llvm::SmallVector<int64_t>;

/// Element k is scale[k] * x[source[k]], or 0 where the source is negative; without a scale the factor is 1.
struct Placed {
  Elements source;
  Value scale;
};

/// The sum of all of these; null values are zero.
struct Form {
  llvm::SmallVector<Placed, 2> placed;
  Value matrix, offset;
};

class FormBuilder {
public:
  explicit FormBuilder(LayerOp layer) : layer(layer), builder(layer.getBody().front().getTerminator()), size(elementCount(layer.input())) {}

  std::optional<Form> of(Value value) {
    if (isUniform(value))
      return Form{{}, {}, value};
    if (value == layer.input())
      return Form{{{allElements(size), {}}}, {}, {}};
    if (cast<RankedTensorType>(value.getType()).getRank() != 1 || !isa<FloatType>(getElementTypeOrSelf(value.getType())))
      return std::nullopt;
    Operation *op = value.getDefiningOp();
    if (auto product = dyn_cast<MatvecOp>(op))
      return ofProduct(product);
    auto dependency = cast<DependencyOpInterface>(op);
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    if (op->getNumOperands() == 1 && dependency.movedFrom(source))
      return ofMoved(op, llvm::map_to_vector(source, [](auto from) { return from.second; }));
    return dependency.isElementwise() ? ofElementwise(op) : std::nullopt;
  }

  /// The strictly triangular part and the diagonal where row r is solved for input partner[r], in the place rank[partner[r]].
  void split(const Form &form, llvm::ArrayRef<int64_t> partner, llvm::ArrayRef<int64_t> rank, TriangularMap &map) {
    Elements rows, entries;
    for (const Placed &term : form.placed) {
      Elements on, off, places;
      for (auto [row, input] : llvm::enumerate(term.source)) {
        if (input == partner[row])
          on.push_back(row);
        else if (input >= 0) {
          off.push_back(row);
          places.push_back(row * size + input);
        }
      }
      Value scale = term.scale ? term.scale : constant(vectorType(size), 1);
      map.diagonal = plus(map.diagonal, spread(extractElements(builder, loc(), scale, on), on, vectorType(size)));
      map.matrix = plus(map.matrix, spread(extractElements(builder, loc(), scale, off), places, matrixType()));
    }
    if (!form.matrix)
      return;
    llvm::BitVector nonZero = nonZeroElements(form.matrix);
    for (int64_t row = 0; row < size; ++row)
      if (nonZero.test(row * size + partner[row])) {
        rows.push_back(row);
        entries.push_back(row * size + partner[row]);
      }
    Value strict = form.matrix;
    if (!rows.empty()) {
      map.diagonal = plus(map.diagonal, spread(entriesOf(form.matrix, entries), rows, vectorType(size)));
      Elements before = llvm::map_to_vector(partner, [&](int64_t input) { return rank[input] - 1; });
      strict = CausalOp::create(builder, loc(), form.matrix, before, rank);
    }
    map.matrix = plus(map.matrix, strict);
  }

  /// A matrix with rows and columns in another order.
  Value reordered(Value matrix, llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> columns) {
    Elements entries;
    auto type = RankedTensorType::get({int64_t(rows.size()), int64_t(columns.size())}, builder.getF64Type());
    for (int64_t row : rows)
      for (int64_t column : columns)
        entries.push_back(row * size + column);
    return ExtractOp::create(builder, loc(), type, matrix, entries);
  }

  Value reordered(Value vector, llvm::ArrayRef<int64_t> elements) {
    return vector ? extractElements(builder, loc(), vector, elements) : Value();
  }

private:
  Location loc() { return layer.getLoc(); }
  RankedTensorType vectorType(int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); }
  RankedTensorType matrixType() { return RankedTensorType::get({size, size}, builder.getF64Type()); }
  Value constant(Type type, double number) { return constantOf(builder, loc(), type, number); }

  Value plus(Value a, Value b) { return a && b ? arith::AddFOp::create(builder, loc(), a, b).getResult() : a ? a : b; }
  /// Where no factor is there, it is 1.
  Value times(Value a, Value b) {
    if (!a || !b || constantValue(b) == 1)
      return a ? a : b;
    return constantValue(a) == 1 ? b : arith::MulFOp::create(builder, loc(), a, b).getResult();
  }

  /// `values` at `places` of a tensor of zeros; null if there are none.
  Value spread(Value values, llvm::ArrayRef<int64_t> places, RankedTensorType type) {
    if (places.empty() || (values.getType() == type && isIdentity(places, elementCount(values))))
      return places.empty() ? Value() : values;
    return MergeOp::create(builder, loc(), type, ValueRange{values}, builder.getArrayAttr({builder.getDenseI64ArrayAttr(places)}));
  }

  bool isUniform(Value value) {
    if (isa<BlockArgument>(value))
      return false;
    if (auto known = uniform.find(value); known != uniform.end())
      return known->second;
    bool result = llvm::all_of(value.getDefiningOp()->getOperands(), [&](Value operand) { return isUniform(operand); });
    return uniform[value] = result;
  }

  /// Some entries of a matrix, taken out as far up as they can be: what is known of them is known there.
  Value entriesOf(Value matrix, llvm::ArrayRef<int64_t> entries) {
    auto dependency = dyn_cast_or_null<DependencyOpInterface>(matrix.getDefiningOp());
    auto type = vectorType(entries.size());
    if (dependency && dependency.isElementwise()) {
      llvm::SmallVector<Value> operands;
      for (Value operand : dependency->getOperands())
        operands.push_back(entriesOf(operand, entries));
      OperationState state(loc(), dependency->getName(), operands, {type.clone(getElementTypeOrSelf(matrix.getType()))},
                           dependency->getAttrs());
      return builder.create(state)->getResult(0);
    }
    if (auto number = isa<FloatType>(getElementTypeOrSelf(matrix.getType())) ? constantValue(matrix) : std::nullopt)
      return constant(type, *number);
    Elements below;
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    bool moved = dependency && dependency->getNumOperands() == 1 && dependency.movedFrom(source);
    for (int64_t entry : entries) {
      llvm::SmallVector<llvm::SmallVector<std::pair<unsigned, int64_t>, 2>> sum;
      if (moved)
        sum.push_back({source[entry]});
      else if (!dependency || !dependency.sumOfProducts(entry, sum) || sum.size() != 1 || sum[0].size() != 1)
        return ExtractOp::create(builder, loc(), type, matrix, entries);
      below.push_back(sum[0][0].second);
    }
    return entriesOf(dependency->getOperand(0), below);
  }

  std::optional<Form> ofMoved(Operation *op, const Elements &from) {
    std::optional<Form> form = of(op->getOperand(0));
    if (!form)
      return std::nullopt;
    if (form->matrix)
      form->matrix = reordered(form->matrix, from, allElements(size));
    for (Placed &term : form->placed) {
      term.source = llvm::map_to_vector(from, [&](int64_t element) { return term.source[element]; });
      term.scale = reordered(term.scale, from);
    }
    form->offset = reordered(form->offset, from);
    return form;
  }

  /// A (c * x[source]) has the columns of A, each with its factor, where their elements come from.
  std::optional<Form> ofProduct(MatvecOp op) {
    std::optional<Form> form = isUniform(op.getMatrix()) && !op.getTransposed() ? of(op.getVector()) : std::nullopt;
    if (!form || form->matrix || form->placed.size() != 1)
      return std::nullopt;
    const Placed &term = form->placed[0];
    int64_t rows = elementCount(op.getResult());
    Value matrix = op.getMatrix();
    if (term.scale && constantValue(term.scale) != 1)
      matrix = times(matrix, OuterOp::create(builder, loc(), matrix.getType(), constant(vectorType(rows), 1), term.scale));
    if (!isIdentity(term.source, size)) {
      Elements places;
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t input : term.source)
          places.push_back(row * size + input);
      matrix = spread(matrix, places, RankedTensorType::get({rows, size}, builder.getF64Type()));
    }
    Value offset = form->offset;
    if (offset)
      offset = MatvecOp::create(builder, loc(), op.getType(), op.getMatrix(), offset, false);
    return Form{{}, matrix, offset};
  }

  std::optional<Form> ofElementwise(Operation *op) {
    Form result;
    llvm::SmallVector<Value> operands(op->getOperands()), atZero = operands;
    auto rule = cast<DifferentiateOpInterface>(op);
    for (auto [k, operand] : llvm::enumerate(op->getOperands())) {
      if (isUniform(operand))
        continue;
      std::optional<Form> form = of(operand);
      if (!form)
        return std::nullopt;
      llvm::SmallVector<Value> tangents(operands.size());
      tangents[k] = constant(operand.getType(), 1);
      Value slope = rule.tangent(builder, operands, op->getResult(0), tangents);
      if (!slope || !isUniform(slope))
        return std::nullopt;
      add(result, std::move(*form), slope);
      atZero[k] = form->offset ? form->offset : constant(operand.getType(), 0);
    }
    // What is left where x is 0.
    OperationState state(op->getLoc(), op->getName(), atZero, op->getResultTypes(), op->getAttrs());
    result.offset = builder.create(state)->getResult(0);
    return result;
  }

  /// total += factor * form, but for the offsets.
  void add(Form &total, Form form, Value factor) {
    for (Placed &term : form.placed)
      total.placed.push_back({term.source, times(term.scale, factor)});
    if (!form.matrix)
      return;
    if (constantValue(factor) != 1)
      form.matrix =
          times(form.matrix, OuterOp::create(builder, loc(), form.matrix.getType(), factor, constant(vectorType(size), 1)));
    total.matrix = plus(total.matrix, form.matrix);
  }

  LayerOp layer;
  OpBuilder builder;
  int64_t size;
  llvm::DenseMap<Value, bool> uniform;
};

/// The value that the layer's output is after moves of whole vectors alone; y[k] is its element rows[k].
Value beforeMoves(LayerOp layer, Elements &rows) {
  Value value = layer.output();
  rows = allElements(elementCount(value));
  llvm::SmallVector<std::pair<unsigned, int64_t>> source;
  for (Operation *op = value.getDefiningOp(); op && op->getNumOperands() == 1; op = value.getDefiningOp()) {
    source.clear();
    if (op->getOperand(0).getType() != value.getType() || !cast<DependencyOpInterface>(op).movedFrom(source))
      break;
    for (int64_t &row : rows)
      row = source[row].second;
    value = op->getOperand(0);
  }
  return value;
}

std::optional<LayerStructure> orderOf(LayerOp layer) {
  ScopedDiagnosticHandler quiet(layer->getContext(), [](Diagnostic &) { return success(); });
  FailureOr<LayerStructure> structure = LayerStructure::analyze(layer);
  return succeeded(structure) ? std::optional<LayerStructure>(std::move(*structure)) : std::nullopt;
}

} // namespace

std::optional<TriangularMap> triangularMap(LayerOp layer) {
  TriangularMap map;
  map.body = layer.clone();
  std::optional<LayerStructure> structure = orderOf(*map.body);
  if (!structure)
    return std::nullopt;
  Elements rows;
  Value value = beforeMoves(*map.body, rows);
  FormBuilder forms(*map.body);
  std::optional<Form> form = forms.of(value);
  if (!form)
    return std::nullopt;
  // The order in which the inputs are found, and the row and the output that each is found from.
  int64_t size = elementCount(value);
  Elements order, rank(size), partner(size), rowOf, outputOf(size);
  for (const auto &level : structure->levels())
    for (const BlockGroup &group : level)
      for (auto [input, output] : llvm::zip_equal(group.inputs, group.outputs)) {
        rank[input] = order.size();
        order.push_back(input);
        rowOf.push_back(rows[output]);
        partner[rows[output]] = input;
        outputOf[rows[output]] = output;
      }
  // The order in which everything is written is as good, if it is triangular too: nothing is moved then.
  bool lower = isIdentity(partner, size), upper = lower;
  for (int64_t row = 0; row < size && (lower || upper); ++row)
    for (int64_t input : structure->elements(structure->dependencies(value)[row])) {
      lower &= input <= row;
      upper &= input >= row;
    }
  if (lower || upper)
    for (int64_t input = 0; input < size; ++input)
      rank[input] = lower ? input : size - 1 - input;
  forms.split(*form, partner, rank, map);
  map.offset = form->offset;
  if (map.diagonal && constantValue(map.diagonal) == 1)
    map.diagonal = {};
  if (!map.matrix)
    return std::nullopt;
  if (!lower && !upper) {
    map.matrix = forms.reordered(map.matrix, rowOf, order);
    map.diagonal = forms.reordered(map.diagonal, rowOf);
    map.offset = forms.reordered(map.offset, rowOf);
  } else {
    order = rowOf = allElements(size);
    map.upper = !lower;
  }
  map.inputs = order;
  map.outputs = llvm::map_to_vector(rowOf, [&](int64_t row) { return outputOf[row]; });
  return map;
}

} // namespace flowc

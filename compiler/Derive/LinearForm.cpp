// SPDX-License-Identifier: MIT
//
// Every value of the layer is written as terms c * x[source] (element-wise factors and moves), a matrix times x, and what does not
// depend on x. An op is linear if its derivative, which its own rule builds, does not depend on x; only the product with a
// matrix is known here by name. Where products take x as a matrix of several columns, the form does: its matrix acts on every column, and
// moves take whole rows.

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

/// The sum of all of these; null values are zero. The matrix acts on each column.
struct Form {
  llvm::SmallVector<Placed, 2> placed;
  Value matrix, offset;
};

/// The columns of the products that x goes through; nothing if they differ.
std::optional<int64_t> columnsOf(LayerOp layer, const LayerStructure &structure) {
  int64_t size = elementCount(layer.input());
  std::optional<int64_t> columns;
  for (Operation *op : neededOps(layer)) {
    auto product = dyn_cast<MatvecOp>(op);
    if (!product || structure.isUniform(product.getVector()))
      continue;
    if (columns.value_or(product.columns()) != product.columns())
      return std::nullopt;
    columns = product.columns();
  }
  int64_t found = columns.value_or(1);
  return found > 0 && size % found == 0 ? std::optional<int64_t>(found) : std::nullopt;
}

class FormBuilder {
public:
  FormBuilder(LayerOp layer, int64_t columns)
      : layer(layer), builder(layer.getBody().front().getTerminator()), size(elementCount(layer.input())), columns(columns),
        height(size / columns) {}

  std::optional<Form> of(Value value) {
    if (isKnown(value))
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

  /// The rows that whole rows of elements are moved from; nothing if elements are moved otherwise.
  std::optional<Elements> wholeRows(llvm::ArrayRef<int64_t> from) {
    Elements rows;
    for (size_t place = 0; place < from.size(); ++place) {
      if (place % columns == 0)
        rows.push_back(from[place] / columns);
      if (from[place] != rows.back() * columns + static_cast<int64_t>(place % columns))
        return std::nullopt;
    }
    return from.size() % columns == 0 ? std::optional<Elements>(rows) : std::nullopt;
  }

  /// The elements of some rows.
  Elements elementsOf(llvm::ArrayRef<int64_t> rows) {
    Elements elements;
    for (int64_t row : rows)
      for (int64_t column = 0; column < columns; ++column)
        elements.push_back(row * columns + column);
    return elements;
  }

  /// The strictly triangular part and the diagonal where row r is solved for input row partner[r], in the place rank[partner[r]].
  /// Returns whether the form is of this kind.
  bool split(const Form &form, llvm::ArrayRef<int64_t> partner, llvm::ArrayRef<int64_t> rank, TriangularMap &map) {
    Elements rows, entries, partners = elementsOf(partner);
    for (const Placed &term : form.placed) {
      Elements on, off, places;
      for (auto [row, input] : llvm::enumerate(term.source)) {
        if (input == partners[row])
          on.push_back(row);
        else if (input >= 0) {
          off.push_back(row);
          places.push_back(row * size + input);
        }
      }
      // (Of several columns the matrix would have to be the same for all.)
      if (!off.empty() && columns > 1)
        return false;
      Value scale = term.scale ? term.scale : constant(vectorType(size), 1);
      map.diagonal = plus(map.diagonal, spread(extractElements(builder, loc(), scale, on), on, vectorType(size)));
      map.matrix = plus(map.matrix, spread(extractElements(builder, loc(), scale, off), places, matrixType()));
    }
    if (!form.matrix)
      return true;
    llvm::BitVector nonZero = nonZeroElements(form.matrix);
    for (int64_t row = 0; row < height; ++row)
      if (nonZero.test(row * height + partner[row])) {
        rows.push_back(row);
        entries.push_back(row * height + partner[row]);
      }
    Value strict = form.matrix;
    if (!rows.empty()) {
      map.diagonal = plus(map.diagonal, spread(forAllColumns(entriesOf(form.matrix, entries)), elementsOf(rows), vectorType(size)));
      Elements before = llvm::map_to_vector(partner, [&](int64_t input) { return rank[input] - 1; });
      strict = CausalOp::create(builder, loc(), form.matrix, before, rank);
    }
    map.matrix = plus(map.matrix, strict);
    return true;
  }

  /// A matrix with rows and columns in another order.
  Value reordered(Value matrix, llvm::ArrayRef<int64_t> rows, llvm::ArrayRef<int64_t> taken) {
    Elements entries;
    auto type = RankedTensorType::get({int64_t(rows.size()), int64_t(taken.size())}, builder.getF64Type());
    for (int64_t row : rows)
      for (int64_t column : taken)
        entries.push_back(row * height + column);
    return ExtractOp::create(builder, loc(), type, matrix, entries);
  }

  Value reordered(Value vector, llvm::ArrayRef<int64_t> elements) {
    return vector ? extractElements(builder, loc(), vector, elements) : Value();
  }

private:
  Location loc() { return layer.getLoc(); }
  RankedTensorType vectorType(int64_t count) { return RankedTensorType::get({count}, builder.getF64Type()); }
  RankedTensorType matrixType() { return RankedTensorType::get({height, height}, builder.getF64Type()); }
  Value constant(Type type, double number) { return constantOf(builder, loc(), type, number); }

  Value plus(Value a, Value b) { return a && b ? arith::AddFOp::create(builder, loc(), a, b).getResult() : a ? a : b; }
  /// Where no factor is there, it is 1.
  Value times(Value a, Value b) {
    if (!a || !b || constantValue(b) == 1)
      return a ? a : b;
    return constantValue(a) == 1 ? b : arith::MulFOp::create(builder, loc(), a, b).getResult();
  }

  /// A number for every row, for all of its elements.
  Value forAllColumns(Value values) {
    if (columns == 1)
      return values;
    int64_t count = elementCount(values);
    Value asMatrix = ExtractOp::create(builder, loc(), RankedTensorType::get({count, 1}, builder.getF64Type()), values, allElements(count));
    return MatvecOp::create(builder, loc(), vectorType(count * columns), asMatrix, constant(vectorType(columns), 1), false);
  }

  /// `values` at `places` of a tensor of zeros; null if there are none.
  Value spread(Value values, llvm::ArrayRef<int64_t> places, RankedTensorType type) {
    if (places.empty() || (values.getType() == type && isIdentity(places, elementCount(values))))
      return places.empty() ? Value() : values;
    return MergeOp::create(builder, loc(), type, ValueRange{values}, builder.getArrayAttr({builder.getDenseI64ArrayAttr(places)}));
  }

  /// Whether no element of x reaches the value.
  bool isKnown(Value value) { return !isReached(value, known, /*byContext=*/false); }
  /// Whether it is the same for all samples: their contexts do not reach it either.
  bool isUniform(Value value) { return !isReached(value, uniform, /*byContext=*/true); }

  /// `reached` keeps what was found.
  bool isReached(Value value, llvm::DenseMap<Value, bool> &reached, bool byContext) {
    if (isa<BlockArgument>(value))
      return true;
    if (auto found = reached.find(value); found != reached.end())
      return found->second;
    Operation *op = value.getDefiningOp();
    bool result = (byContext && isa<ContextOp>(op)) ||
                  llvm::any_of(op->getOperands(), [&](Value operand) { return isReached(operand, reached, byContext); });
    return reached[value] = result;
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
    std::optional<Elements> rows = wholeRows(from);
    if (form->matrix && !rows)
      return std::nullopt;
    if (form->matrix)
      form->matrix = reordered(form->matrix, *rows, allElements(height));
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
    std::optional<Elements> sources = wholeRows(term.source);
    int64_t rows = op.rows();
    Value matrix = op.getMatrix();
    if (!sources || op.columns() != columns)
      return std::nullopt;
    if (term.scale && constantValue(term.scale) != 1) {
      std::optional<Value> scaled = scaledBy(matrix, term.scale, /*rows=*/false);
      if (!scaled)
        return std::nullopt;
      matrix = *scaled;
    }
    if (!isIdentity(*sources, height)) {
      Elements places;
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t input : *sources)
          places.push_back(row * height + input);
      matrix = spread(matrix, places, RankedTensorType::get({rows, height}, builder.getF64Type()));
    }
    Value offset = form->offset;
    if (offset)
      offset = MatvecOp::create(builder, loc(), op.getType(), op.getMatrix(), offset, false);
    return Form{{}, matrix, offset};
  }

  /// The matrix with every row, or every column, multiplied by a factor; of a vector's elements only if they have one in common.
  std::optional<Value> scaledBy(Value matrix, Value factors, bool rows) {
    if (columns > 1) {
      std::optional<double> number = constantValue(factors);
      return number ? std::optional<Value>(times(matrix, constant(matrix.getType(), *number))) : std::nullopt;
    }
    auto type = cast<RankedTensorType>(matrix.getType());
    Value ones = constant(vectorType(type.getDimSize(rows ? 1 : 0)), 1);
    return times(matrix, OuterOp::create(builder, loc(), type, rows ? factors : ones, rows ? ones : factors));
  }

  std::optional<Form> ofElementwise(Operation *op) {
    Form result;
    llvm::SmallVector<Value> operands(op->getOperands()), atZero = operands;
    auto rule = cast<DifferentiateOpInterface>(op);
    for (auto [k, operand] : llvm::enumerate(op->getOperands())) {
      if (isKnown(operand))
        continue;
      std::optional<Form> form = of(operand);
      if (!form)
        return std::nullopt;
      llvm::SmallVector<Value> tangents(operands.size());
      tangents[k] = constant(operand.getType(), 1);
      Value slope = rule.tangent(builder, operands, op->getResult(0), tangents);
      if (!slope || !isUniform(slope))
        return std::nullopt;
      if (!add(result, std::move(*form), slope))
        return std::nullopt;
      atZero[k] = form->offset ? form->offset : constant(operand.getType(), 0);
    }
    // What is left where x is 0.
    OperationState state(op->getLoc(), op->getName(), atZero, op->getResultTypes(), op->getAttrs());
    result.offset = builder.create(state)->getResult(0);
    return result;
  }

  /// total += factor * form, but for the offsets. Returns whether that is a form.
  bool add(Form &total, Form form, Value factor) {
    for (Placed &term : form.placed)
      total.placed.push_back({term.source, times(term.scale, factor)});
    if (!form.matrix)
      return true;
    if (constantValue(factor) != 1) {
      std::optional<Value> scaled = scaledBy(form.matrix, factor, /*rows=*/true);
      if (!scaled)
        return false;
      form.matrix = *scaled;
    }
    total.matrix = plus(total.matrix, form.matrix);
    return true;
  }

  LayerOp layer;
  OpBuilder builder;
  int64_t size, columns, height; ///< x has `height` rows of `columns` elements.
  llvm::DenseMap<Value, bool> known, uniform;
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
  std::optional<int64_t> columns = columnsOf(*map.body, *structure);
  if (!columns)
    return std::nullopt;
  Elements rows;
  Value value = beforeMoves(*map.body, rows);
  FormBuilder forms(*map.body, *columns);
  std::optional<Form> form = forms.of(value);
  if (!form)
    return std::nullopt;
  // The order in which the inputs are found, and the row that each is found from: of the first column, as the others are like it.
  int64_t size = elementCount(value), height = size / *columns;
  Elements order, rank(height), partners(size), rowOf, outputOf(size);
  for (const auto &level : structure->levels())
    for (const BlockGroup &group : level)
      for (auto [input, output] : llvm::zip_equal(group.inputs, group.outputs)) {
        partners[rows[output]] = input;
        outputOf[rows[output]] = output;
        if (input % *columns != 0)
          continue;
        rank[input / *columns] = order.size();
        order.push_back(input / *columns);
        rowOf.push_back(rows[output] / *columns);
      }
  std::optional<Elements> partner = forms.wholeRows(partners);
  if (!partner)
    return std::nullopt;
  // The order in which everything is written is as good, if it is triangular too: nothing is moved then.
  bool lower = isIdentity(*partner, height), upper = lower;
  for (int64_t row = 0; row < height && (lower || upper); ++row)
    for (int64_t input : structure->elements(structure->dependencies(value)[row * *columns])) {
      lower &= input <= row * *columns;
      upper &= input >= row * *columns;
    }
  if (lower || upper)
    for (int64_t input = 0; input < height; ++input)
      rank[input] = lower ? input : height - 1 - input;
  if (!forms.split(*form, *partner, rank, map))
    return std::nullopt;
  map.offset = form->offset;
  if (map.diagonal && constantValue(map.diagonal) == 1)
    map.diagonal = {};
  if (!map.matrix)
    return std::nullopt;
  if (!lower && !upper) {
    map.matrix = forms.reordered(map.matrix, rowOf, order);
    map.diagonal = forms.reordered(map.diagonal, forms.elementsOf(rowOf));
    map.offset = forms.reordered(map.offset, forms.elementsOf(rowOf));
  } else {
    order = rowOf = allElements(height);
    map.upper = !lower;
  }
  map.inputs = forms.elementsOf(order);
  map.outputs = llvm::map_to_vector(forms.elementsOf(rowOf), [&](int64_t row) { return outputOf[row]; });
  return map;
}

} // namespace flowc

// SPDX-License-Identifier: MIT

#include "compiler/Derive/Eliminate.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

Elimination::Elimination(OpBuilder &builder, Location loc, llvm::ArrayRef<Value> columns) : builder(builder), loc(loc) {
  llvm::SmallVector<Value> left(columns);
  for (size_t step = 0; step < columns.size(); ++step) {
    Value pivot = head(left[step]);
    diagonal.push_back(pivot);
    int64_t below = columns.size() - step - 1;
    factors.push_back(below ? wrap(tail(left[step])) / wrap(repeat(pivot, below)) : Value());
    llvm::SmallVector<Value> &row = rows.emplace_back();
    for (size_t k = step + 1; k < columns.size(); ++k) {
      row.push_back(head(left[k]));
      left[k] = reduce(left[k], step);
    }
  }
}

Value Elimination::pivots() { return join(diagonal); }

Value Elimination::solve(Value rhs) {
  size_t count = diagonal.size();
  llvm::SmallVector<Value> heads, solution(count);
  for (size_t step = 0; step < count; ++step) {
    heads.push_back(head(rhs));
    if (step + 1 < count)
      rhs = reduce(rhs, step);
  }
  for (size_t step = count; step-- > 0;) {
    Expr rest = wrap(heads[step]);
    for (auto [k, above] : llvm::enumerate(rows[step]))
      rest = rest - wrap(above) * wrap(solution[step + 1 + k]);
    solution[step] = rest / wrap(diagonal[step]);
  }
  return join(solution);
}

Value Elimination::head(Value vector) {
  auto one = RankedTensorType::get({1}, getElementTypeOrSelf(vector.getType()));
  return elementCount(vector) == 1 ? vector : ExtractOp::create(builder, loc, one, vector, llvm::ArrayRef<int64_t>{0});
}

Value Elimination::tail(Value vector) {
  int64_t count = elementCount(vector);
  auto rest = RankedTensorType::get({count - 1}, getElementTypeOrSelf(vector.getType()));
  return ExtractOp::create(builder, loc, rest, vector, llvm::to_vector(llvm::seq<int64_t>(1, count)));
}

Value Elimination::repeat(Value one, int64_t count) {
  if (count == 1)
    return one;
  Type element = getElementTypeOrSelf(one.getType());
  Value scalar = SumOp::create(builder, loc, RankedTensorType::get({}, element), one);
  return SplatOp::create(builder, loc, RankedTensorType::get({count}, element), scalar);
}

Value Elimination::join(llvm::ArrayRef<Value> elements) {
  if (elements.size() == 1)
    return elements[0];
  llvm::SmallVector<Attribute> places;
  for (int64_t k = 0; k < static_cast<int64_t>(elements.size()); ++k)
    places.push_back(builder.getDenseI64ArrayAttr(k));
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())}, getElementTypeOrSelf(elements[0].getType()));
  return MergeOp::create(builder, loc, type, elements, builder.getArrayAttr(places));
}

Value Elimination::reduce(Value column, size_t step) {
  Value rest = tail(column);
  return wrap(rest) - wrap(factors[step]) * wrap(repeat(head(column), elementCount(rest)));
}

} // namespace flowc

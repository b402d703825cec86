// SPDX-License-Identifier: MIT
//
// The linear rule: a triangular matrix of parameters is inverted by substitution, one op for all its rows, and its determinant is
// the product of its diagonal, which no sample reaches.

#include "compiler/Derive/Inline.h"
#include "compiler/Derive/LinearForm.h"
#include "compiler/Derive/Rules.h"

#include "compiler/Dialect/Flow/Expr.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {
namespace {

Value logDiagonal(OpBuilder &builder, const TriangularMap &map, IRMapping &mapping) {
  LayerOp layer = *map.body;
  auto scalar = RankedTensorType::get({}, builder.getF64Type());
  if (!map.diagonal)
    return constantOf(builder, layer.getLoc(), scalar, 0);
  Expr diagonal(builder, layer.getLoc(), cloneSlice(builder, map.diagonal, mapping));
  return SumOp::create(builder, layer.getLoc(), scalar, log(abs(diagonal)));
}

DirectionResult multiply(OpBuilder &builder, const TriangularMap &map, Value input) {
  LayerOp layer = *map.body;
  IRMapping mapping;
  mapping.map(layer.input(), input);
  Value output = cloneSlice(builder, layer.output(), mapping);
  return std::make_pair(output, logDiagonal(builder, map, mapping));
}

DirectionResult solve(OpBuilder &builder, const TriangularMap &map, Value output) {
  LayerOp layer = *map.body;
  Location loc = layer.getLoc();
  IRMapping mapping;
  Value vector = extractElements(builder, loc, output, map.outputs);
  if (map.offset)
    vector = arith::SubFOp::create(builder, loc, vector, cloneSlice(builder, map.offset, mapping));
  Value diagonal = map.diagonal ? cloneSlice(builder, map.diagonal, mapping) : Value();
  Value found =
      SolveTriangularOp::create(builder, loc, cloneSlice(builder, map.matrix, mapping), vector, diagonal, map.upper, /*transposed=*/false);
  Value input = mergePieces(builder, loc, builder.getF64Type(), elementCount(found), found, {map.inputs});
  return std::make_pair(input, static_cast<Value>(-Expr(builder, loc, logDiagonal(builder, map, mapping))));
}

} // namespace

std::optional<LogicalResult> linearLayer(LayerOp layer) {
  std::optional<TriangularMap> map = triangularMap(layer);
  if (!map)
    return std::nullopt;
  llvm::DenseMap<Value, Interval> ranges;
  if (map->diagonal && !inferRange(map->diagonal, ranges).isNonZero())
    return layer.emitError("cannot prove that `")
           << layer.getLayerType() << "` has an inverse: its matrix is triangular, but its diagonal may have a 0 [not-monotone]";
  return buildDirections(
      layer, [&](OpBuilder &builder, Value input) { return multiply(builder, *map, input); },
      [&](OpBuilder &builder, Value output) { return solve(builder, *map, output); });
}

} // namespace flowc

// SPDX-License-Identifier: MIT
//
// tile.solve: a thread per sample. Row after row, what the rows before contribute is taken away; the solved rows are read back from the
// result, where this thread wrote them.

#include "targets/common/SolveArguments.h"
#include "targets/cuda/KernelBuilder.h"

using namespace mlir;
using namespace flowc;
using namespace flowc::cuda;

void flowc::cuda::lowerSolve(tile::SolveOp op, KernelCache &cache) {
  auto type = cast<MemRefType>(op.getX().getType());
  int64_t rows = type.getShape()[0], samples = type.getShape()[1];
  if (rows == 0 || samples == 0)
    return;
  OpBuilder builder(op);
  targets::Emitter outer(builder, op.getLoc());
  Type element = type.getElementType();
  SmallVector<Value> arguments = targets::solveArguments(op, cache, outer);

  bool backward = op.getBackward();
  std::string key;
  llvm::raw_string_ostream(key) << "solve " << element << (backward ? " backward" : "") << (op.getDiagonal() ? " diagonal" : "");
  cache.call(builder, op.getLoc(), "solve", key, arguments, [&](BlockEmitter &e, ValueRange values) -> SmallVector<Value> {
    Value a = values[0], y = values[1], x = values[2], aRow = values[3], aColumn = values[4], yRow = values[5], xRow = values[6];
    Value rows = values[7], one = e.constant(1);
    auto at = [&](Value pointer, Value index) { return e.address(pointer, element, index); };
    e.share(values[8], [&](Value sample) {
      e.loop(e.constant(0), rows, 1, [&](Value step) {
        Value row = backward ? e.subtract(e.subtract(rows, one), step) : step;
        Value from = backward ? e.add(row, one) : e.constant(0), to = backward ? rows : row;
        Value factors = at(a, e.multiply(row, aRow)), first = e.load(element, at(at(y, e.multiply(row, yRow)), sample));
        Value sum = e.loop(from, to, 1, first, [&](Value j, ValueRange carried) -> SmallVector<Value> {
          Value factor = e.load(element, at(factors, e.multiply(j, aColumn)));
          Value solved = e.load(element, at(at(x, e.multiply(j, xRow)), sample));
          return {e.fusedMultiplyAdd(arith::NegFOp::create(e.builder, e.loc, factor), solved, carried[0])};
        })[0];
        if (values.size() > 9)
          sum = arith::DivFOp::create(e.builder, e.loc, sum, e.load(element, at(values[9], e.multiply(row, values[10]))));
        e.store(sum, at(at(x, e.multiply(row, xRow)), sample));
      });
    });
    return {};
  });
}

Accesses flowc::cuda::accessesOf(tile::SolveOp op) {
  int64_t rows = cast<MemRefType>(op.getX().getType()).getShape()[0];
  Accesses accesses;
  accesses.add(op.getA(), false);
  if (Value diagonal = op.getDiagonal())
    accesses.add(diagonal, false);
  accesses.add(op.getY(), false, {}, rows, 0);
  accesses.add(op.getX(), true, {}, rows, 0);
  return accesses;
}

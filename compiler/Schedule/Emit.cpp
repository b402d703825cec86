// SPDX-License-Identifier: MIT
//
// A plan becomes a function of tile ops on slices of the kernel's arguments. Here the real numbers get their machine type.

#include "compiler/Schedule/Plan.h"
#include "compiler/Schedule/Tables.h"

#include "compiler/Dialect/Tile/Arguments.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"

#include <cmath>

using namespace mlir;

namespace flowc::schedule {
namespace {

class Emitter {
public:
  Emitter(const Plan &plan, func::FuncOp function, const Layout &layout, Tables &tables, ModuleOp module, Type element)
      : plan(plan), source(function), layout(layout), tables(tables), module(module), element(element), builder(module->getContext()) {}

  void run(StringRef name, int64_t workspace) {
    builder.setInsertionPointToEnd(module.getBody());
    llvm::SmallVector<Type> arguments;
    for (const Slot &slot : plan.signature->slots)
      arguments.push_back(argumentType(slot, workspace));
    auto kernel = func::FuncOp::create(builder, source.getLoc(), name, builder.getFunctionType(arguments, {}));
    for (auto [k, slot] : llvm::enumerate(plan.signature->slots))
      if (slot.role == Role::StagedGradient && !plan.signature->uniform)
        kernel.setArgAttr(k, tile::kSumsOverSamples, builder.getUnitAttr());
    Block *entry = kernel.addEntryBlock();
    builder.setInsertionPointToEnd(entry);
    this->arguments.assign(entry->args_begin(), entry->args_end());
    for (const PlacedNode &placed : plan.nodes)
      std::visit([&](const auto &node) { emit(node); }, placed.node);
    func::ReturnOp::create(builder, source.getLoc());
  }

private:
  Type argumentType(const Slot &slot, int64_t workspace) {
    auto flat = [&](int64_t count) -> Type { return MemRefType::get({count}, element); };
    auto value = [&](Value v) -> Type {
      return plan.signature->uniform ? flat(flow::elementCount(v))
                                     : MemRefType::get({flow::elementCount(v), plan.tile}, element);
    };
    switch (slot.role) {
    case Role::Parameters:
    case Role::Gradient:
      return flat(layout.parameterCount);
    case Role::Staged:
    case Role::StagedGradient:
      return flat(layout.stagedCount);
    case Role::Workspace:
      return flat(workspace);
    case Role::Argument:
      return value(source.getArgument(slot.index));
    case Role::Result: {
      // The gradient of a first segment has nothing to give back.
      Operation *end = source.getBody().front().getTerminator();
      return slot.index < end->getNumOperands() ? value(end->getOperand(slot.index)) : flat(0);
    }
    }
    llvm_unreachable("all roles have a type");
  }

  //===- buffers ------------------------------------------------------------------------------------------------===//

  /// A strided slice of a buffer, from number `from` on. One of the workspace says which buffer it is of: a target may put that elsewhere.
  Value slice(const Buffer &buffer, int64_t from, llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides) {
    int64_t offset = buffer.offset + from;
    auto type = MemRefType::get(sizes, element, StridedLayoutAttr::get(builder.getContext(), offset, strides));
    Value base = buffer.constant ? tables.read(builder, source.getLoc(), buffer.constant) : arguments[buffer.slot];
    auto op = memref::ReinterpretCastOp::create(builder, source.getLoc(), type, base, offset, sizes, strides);
    if (!buffer.constant && plan.signature->slots[buffer.slot].role == Role::Workspace)
      op->setAttr(tile::kBuffer, builder.getI64IntegerAttr(&buffer - plan.buffers.data()));
    return op;
  }

  /// A whole buffer: [rows, tile] or [rows].
  Value whole(unsigned index) {
    const Buffer &buffer = plan.buffers[index];
    if (buffer.uniform)
      return slice(buffer, 0, {buffer.rows}, {1});
    return slice(buffer, 0, {buffer.rows, plan.tile}, {plan.tile, 1});
  }

  /// First row and row step of an even view.
  static std::pair<int64_t, int64_t> evenRows(const View &view) {
    if (view.rows.empty())
      return {0, 1};
    return {view.rows[0], view.rows.size() > 1 ? view.rows[1] - view.rows[0] : 1};
  }

  /// Whether the view is a part of its buffer in one piece. Maps on such parts then differ in where they begin alone, and share code.
  static bool isConsecutive(const View &view) {
    for (auto [k, row] : llvm::enumerate(view.rows))
      if (row != view.rows[0] + static_cast<int64_t>(k))
        return false;
    return !view.rows.empty();
  }

  /// The rows of a consecutive view.
  Value part(const View &view) {
    const Buffer &buffer = plan.buffers[view.buffer];
    auto rows = static_cast<int64_t>(view.rows.size());
    if (buffer.uniform)
      return slice(buffer, view.rows[0], {rows}, {1});
    return slice(buffer, view.rows[0] * plan.tile, {rows, plan.tile}, {plan.tile, 1});
  }

  /// An even view as a matrix of `rows` rows, each all samples of its `columns` columns; where there are no samples, a number of each.
  Value operandMatrix(const View &view, int64_t rows, int64_t columns) {
    const Buffer &buffer = plan.buffers[view.buffer];
    auto [first, step] = evenRows(view);
    int64_t width = buffer.uniform ? 1 : plan.tile;
    return slice(buffer, first * width, {rows, columns * width}, {step * columns * width, 1});
  }

  /// Some of its columns, from `column` on.
  Value operandColumns(const View &view, int64_t rows, int64_t columns, int64_t column, int64_t count) {
    const Buffer &buffer = plan.buffers[view.buffer];
    auto [first, step] = evenRows(view);
    int64_t width = buffer.uniform ? 1 : plan.tile;
    return slice(buffer, (first + column) * width, {rows, count * width}, {step * columns * width, 1});
  }

  Value parameterMatrix(const View &view, int64_t rows, int64_t columns, bool transposed) {
    const Buffer &buffer = plan.buffers[view.buffer];
    if (transposed)
      return slice(buffer, 0, {rows, columns}, {1, rows});
    return slice(buffer, 0, {rows, columns}, {columns, 1});
  }

  //===- nodes --------------------------------------------------------------------------------------------------===//

  Type scalarType(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)) ? element : getElementTypeOrSelf(type); }

  /// Clones an op of the per-sample IR for one element, nested regions included.
  void cloneScalar(OpBuilder &inside, Operation *op, IRMapping &mapping) {
    OperationState state(op->getLoc(), op->getName());
    for (Value operand : op->getOperands())
      state.operands.push_back(scalarOperand(inside, operand, mapping));
    for (Type type : op->getResultTypes())
      state.types.push_back(scalarType(type));
    state.addAttributes(op->getAttrs());
    for (Region &region : op->getRegions())
      cloneRegion(region, *state.addRegion(), mapping);
    Operation *clone = inside.create(state);
    mapping.map(op->getResults(), clone->getResults());
  }

  /// The operand whose one element is the op's one element (a number as a vector of one, or back); else null.
  static Value oneElementMoved(Operation *op) {
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    auto dependency = dyn_cast<flow::DependencyOpInterface>(op);
    bool moved = dependency && flow::elementCount(op->getResult(0)) == 1 && dependency.movedFrom(source);
    return moved ? op->getOperand(source[0].first) : Value();
  }

  void cloneRegion(Region &from, Region &to, IRMapping &mapping) {
    for (Block &block : from) {
      Block *copy = new Block;
      to.push_back(copy);
      for (BlockArgument argument : block.getArguments())
        mapping.map(argument, copy->addArgument(scalarType(argument.getType()), argument.getLoc()));
      OpBuilder inside(module->getContext()); // The region has no parent yet that could tell its context.
      inside.setInsertionPointToEnd(copy);
      for (Operation &op : block)
        if (Value moved = oneElementMoved(&op))
          mapping.map(op.getResult(0), scalarOperand(inside, moved, mapping));
        else if (!isa<arith::ConstantOp>(op))
          cloneScalar(inside, &op, mapping);
    }
  }

  Value scalarOperand(OpBuilder &inside, Value operand, IRMapping &mapping) {
    if (auto number = flow::constantValue(operand))
      return flow::constantOf(inside, operand.getLoc(), element, *number);
    return mapping.lookup(operand);
  }

  void emit(const MapNode &map) {
    Location loc = map.ops.empty() ? source.getLoc() : map.ops.front()->getLoc();
    llvm::SmallVector<Value> inputs = mapInputs(map), inputBuffers, outputBuffers;
    llvm::SmallVector<Attribute> inputRows, outputRows;
    llvm::SmallVector<int32_t> kinds;
    auto add = [&](const View &view, llvm::SmallVectorImpl<Value> &buffers, llvm::SmallVectorImpl<Attribute> &rows) {
      bool consecutive = isConsecutive(view);
      buffers.push_back(consecutive ? part(view) : whole(view.buffer));
      rows.push_back(builder.getDenseI64ArrayAttr(consecutive ? llvm::ArrayRef<int64_t>() : view.rows));
    };
    for (Value input : inputs)
      add(plan.views.find(input)->second, inputBuffers, inputRows);
    for (const MapOutput &output : map.outputs) {
      add(output.target, outputBuffers, outputRows);
      kinds.push_back(static_cast<int32_t>(output.kind));
    }
    auto op = tile::MapOp::create(builder, loc, map.rows, inputBuffers, outputBuffers, builder.getArrayAttr(inputRows),
                                  builder.getArrayAttr(outputRows), kinds);
    Block *body = new Block;
    op.getBody().push_back(body);
    IRMapping mapping;
    for (Value input : inputs)
      mapping.map(input, body->addArgument(element, input.getLoc()));
    OpBuilder inside = OpBuilder::atBlockEnd(body);
    for (Operation *member : map.ops)
      cloneScalar(inside, member, mapping);
    llvm::SmallVector<Value> results;
    for (const MapOutput &output : map.outputs)
      results.push_back(scalarOperand(inside, output.value, mapping));
    tile::YieldOp::create(inside, loc, results);
  }

  void emit(const GemmNode &gemm) {
    ColumnRun run = gemm.run.value_or(ColumnRun{0, 0, gemm.columns});
    int64_t width = plan.signature->uniform ? 1 : plan.tile;
    const Buffer &target = plan.buffers[gemm.c.buffer];
    Value a, b, c;
    if (gemm.outer) {
      a = operandColumns(gemm.a, gemm.m, gemm.columns, run.column, run.count);
      const Buffer &right = plan.buffers[gemm.b.buffer];
      int64_t stride = plan.signature->uniform ? gemm.n : right.rows / gemm.sourceColumns;
      b = slice(right, evenRows(gemm.b).first + run.source * width * stride, {run.count * width, gemm.n}, {stride, 1});
      c = slice(target, evenRows(gemm.c).first, {gemm.m, gemm.n}, {gemm.n, 1});
    } else {
      a = parameterMatrix(gemm.a, gemm.m, gemm.k, gemm.transposeA);
      b = operandColumns(gemm.b, gemm.k, gemm.sourceColumns, run.source, run.count);
      c = operandColumns(gemm.c, gemm.m, gemm.columns, run.column, run.count);
    }
    Value bias = gemm.bias ? whole(gemm.bias->buffer) : Value();
    auto op = tile::GemmOp::create(builder, gemm.loc, a, b, c, bias, gemm.accumulate);
    if (gemm.epilogue.empty())
      return;
    Block *body = new Block;
    op.getEpilogue().push_back(body);
    IRMapping mapping;
    mapping.map(gemm.chainStart, body->addArgument(element, gemm.loc));
    OpBuilder inside = OpBuilder::atBlockEnd(body);
    for (Operation *member : gemm.epilogue)
      cloneScalar(inside, member, mapping);
    tile::YieldOp::create(inside, gemm.loc, mapping.lookup(gemm.epilogue.back()->getResult(0)));
  }

  void emit(const SolveNode &solve) {
    Value a = parameterMatrix(solve.a, solve.rows, solve.rows, solve.transposeA);
    for (int64_t column = 0; column < solve.columns; ++column) {
      Value diagonal;
      if (solve.diagonal) {
        const Buffer &buffer = plan.buffers[solve.diagonal->buffer];
        auto [first, step] = evenRows(*solve.diagonal);
        diagonal = slice(buffer, first + column * step, {solve.rows}, {step * solve.columns});
      }
      tile::SolveOp::create(builder, solve.loc, a, diagonal, operandColumns(solve.y, solve.rows, solve.columns, column, 1),
                            operandColumns(solve.x, solve.rows, solve.columns, column, 1), solve.backward);
    }
  }

  /// All rows of a buffer that holds nothing else, with one column where there are no samples.
  Value rowsOf(const View &view) { return operandMatrix(view, plan.buffers[view.buffer].rows, 1); }

  void emit(const EliminateNode &eliminate) { tile::EliminateOp::create(builder, eliminate.loc, rowsOf(eliminate.matrix)); }

  void emit(const SubstituteNode &substitute) {
    tile::SubstituteOp::create(builder, substitute.loc, rowsOf(substitute.triangles), rowsOf(substitute.x), substitute.columns,
                               substitute.transposed);
  }

  void emit(const TransposeNode &transpose) {
    const Buffer &buffer = plan.buffers[transpose.output];
    Value output = slice(buffer, 0, {transpose.columns * plan.tile, transpose.rows}, {paddedRows(transpose.rows), 1});
    tile::TransposeOp::create(builder, transpose.loc, operandMatrix(transpose.input, transpose.rows, transpose.columns), output);
  }

  void emit(const FillNode &fill) {
    tile::FillOp::create(builder, fill.loc, whole(fill.buffer), builder.getF64FloatAttr(0));
  }

  /// How many rounds bring the distance to the fixed point below what the numbers can tell. It begins as far away as the result may
  /// be of the largest number involved; a thousand times its size is allowed for.
  int64_t roundsFor(double rate) const {
    constexpr double kStart = 1024;
    double precision = element.isF32() ? std::numeric_limits<float>::epsilon() : std::numeric_limits<double>::epsilon();
    return rate > 0 ? std::max<int64_t>(2, std::ceil(std::log(precision / kStart) / std::log(rate))) : 2;
  }

  void emit(const LoopNode &loop) {
    auto op = tile::RepeatOp::create(builder, loop.loc, whole(loop.current), whole(loop.next), loop.rounds.value_or(roundsFor(loop.rate)));
    OpBuilder::InsertionGuard guard(builder);
    builder.createBlock(&op.getBody());
    for (const PlacedNode &placed : loop.body)
      std::visit([&](const auto &node) { emit(node); }, placed.node);
  }

  const Plan &plan;
  func::FuncOp source;
  const Layout &layout;
  Tables &tables;
  ModuleOp module;
  Type element;
  OpBuilder builder;
  llvm::SmallVector<Value> arguments;
};

} // namespace

void emitKernel(const Plan &plan, func::FuncOp function, const Layout &layout, Tables &tables, ModuleOp module, Type element,
                StringRef name, int64_t workspace) {
  Emitter(plan, function, layout, tables, module, element).run(name, workspace);
}

} // namespace flowc::schedule

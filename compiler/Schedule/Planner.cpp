// SPDX-License-Identifier: MIT
//
// Groups a function's ops into tile operations.
//
// Every value gets a phase. Element-wise ops of the same phase and row count run as one map. A matrix product needs its
// operand whole, so it runs at the boundary between two phases, and so does whatever reads other rows than its own.
// What an anchor makes is ready at its boundary; what a map makes, at the next one.

#include "compiler/Dialect/Flow/Reads.h"
#include "compiler/Schedule/ApartMaps.h"
#include "compiler/Schedule/MovedColumns.h"
#include "compiler/Schedule/Plan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::schedule {
namespace {

bool isElementwise(Operation *op) {
  if (isa<RootOp>(op))
    return true;
  auto dependency = dyn_cast<DependencyOpInterface>(op);
  return dependency && dependency.isElementwise();
}

/// 0, 1, ... count-1.
llvm::SmallVector<int64_t> firstRows(int64_t count) { return llvm::to_vector(llvm::seq<int64_t>(0, count)); }

class Planner {
public:
  Planner(func::FuncOp function, const Signature &signature, const Layout &layout, int64_t tile)
      : function(function), layout(layout) {
    plan.signature = &signature;
    plan.tile = tile;
  }

  FailureOr<Plan> run() {
    for (auto [k, argument] : llvm::enumerate(function.getArguments()))
      bind(argument, {slotBuffer(Role::Argument, k, elementCount(argument), 0), {}}, 0);
    for (Operation &op : function.getBody().front())
      if (!absorbed.contains(&op) && failed(visit(&op)))
        return failure();
    finishMaps();
    return std::move(plan);
  }

private:
  /// Puts the maps among the other nodes, all in the order in which they run.
  void finishMaps() {
    for (auto &[key, map] : maps) {
      if (uniform())
        separateCopies(2 * key.first + 1, map);
      sortOutputs(map);
      if (writesParameters(map)) {
        plan.nodes.push_back({2 * key.first + 1, std::move(map)});
        continue;
      }
      for (MapNode &part : apart(std::move(map)))
        plan.nodes.push_back({2 * key.first + 1, std::move(part)});
    }
    llvm::erase_if(plan.nodes, [](const PlacedNode &placed) {
      auto *map = std::get_if<MapNode>(&placed.node);
      return map && (map->rows == 0 || map->outputs.empty());
    });
    std::stable_sort(plan.nodes.begin(), plan.nodes.end(),
                     [](const PlacedNode &a, const PlacedNode &b) { return a.position < b.position; });
  }

  bool uniform() const { return plan.signature->uniform; }
  /// How many numbers there are per row.
  int64_t samples() const { return uniform() ? 1 : plan.tile; }

  //===- buffers ------------------------------------------------------------------------------------------------===//

  unsigned slotOf(Role role, unsigned index) {
    for (auto [position, slot] : llvm::enumerate(plan.signature->slots))
      if (slot.role == role && slot.index == index)
        return position;
    llvm_unreachable("the signature lacks a buffer that its function uses");
  }

  unsigned slotBuffer(Role role, unsigned index, int64_t rows, int64_t offset) {
    bool perSample = (role == Role::Argument || role == Role::Result) && !uniform();
    plan.buffers.push_back({rows, !perSample, slotOf(role, index), offset});
    return plan.buffers.size() - 1;
  }

  unsigned workspaceBuffer(int64_t rows) {
    plan.buffers.push_back({rows, uniform(), slotOf(Role::Workspace, 0)});
    return plan.buffers.size() - 1;
  }

  /// The slice of `role` that belongs to a symbol, be it a parameter or a staged value.
  View symbolView(StringRef symbol, int64_t rows, Role forParameter, Role forStaged) {
    auto staged = layout.staged.find(symbol);
    if (staged != layout.staged.end())
      return {slotBuffer(forStaged, 0, rows, staged->second), {}};
    return {slotBuffer(forParameter, 0, rows, layout.parameters.lookup(symbol)), {}};
  }

  void bind(Value value, View view, int ready) {
    plan.views[value] = std::move(view);
    readyAt[value] = ready;
  }

  //===- where values are ---------------------------------------------------------------------------------------===//

  /// The phase before which the value is whole in memory (if it is asked for).
  int ready(Value value) { return readyAt.lookup(value); }

  /// The map that computes the value, or null.
  MapNode *mapOf(Value value) {
    auto it = phaseOf.find(value);
    return it == phaseOf.end() ? nullptr : &mapAt(it->second, elementCount(value));
  }

  MapNode &mapAt(int phase, int64_t rows) {
    MapNode &map = maps[{phase, rows}];
    map.rows = rows;
    map.uniform = uniform();
    return map;
  }

  /// Where the value lies; makes its map store it if nothing has yet.
  const View &view(Value value) {
    auto found = plan.views.find(value);
    if (found != plan.views.end())
      return found->second;
    if (MapNode *map = mapOf(value)) {
      View target{workspaceBuffer(elementCount(value)), {}};
      map->outputs.push_back({value, target, tile::OutputKind::Store});
      return plan.views[value] = target;
    }
    if (auto constant = value.getDefiningOp<arith::ConstantOp>(); constant && !flow::constantValue(value)) {
      plan.buffers.push_back({elementCount(value), true, ~0u, 0, cast<DenseElementsAttr>(constant.getValue())});
      return plan.views[value] = {static_cast<unsigned>(plan.buffers.size() - 1), {}};
    }
    // One number that something needs as a buffer.
    View target{workspaceBuffer(elementCount(value)), {}};
    mapAt(ready(value), elementCount(value)).outputs.push_back({value, target, tile::OutputKind::Store});
    return plan.views[value] = target;
  }

  /// A number that is repeated, written out.
  View table(Value value) {
    auto numbers = DenseElementsAttr::get(cast<ShapedType>(value.getType()), *flow::constantValue(value));
    plan.buffers.push_back({elementCount(value), true, ~0u, 0, numbers});
    return {static_cast<unsigned>(plan.buffers.size() - 1), {}};
  }

  /// Writes `value` to `target` with the map that computes it, or a map that copies it; returns when that is done.
  int write(Value value, View target, tile::OutputKind kind) {
    auto it = phaseOf.find(value);
    int phase = it != phaseOf.end() ? it->second : ready(value);
    mapAt(phase, elementCount(value)).outputs.push_back({value, std::move(target), kind});
    if (it == phaseOf.end() && !flow::constantValue(value))
      view(value);
    return phase + 1;
  }

  static bool isEven(const View &view) {
    int64_t step = view.rows.size() > 1 ? view.rows[1] - view.rows[0] : 1;
    for (size_t i = 1; i < view.rows.size(); ++i)
      if (view.rows[i] - view.rows[i - 1] != step)
        return false;
    return step > 0;
  }

  /// Whether a matrix product can read the rows as a matrix of `columns` columns: then nothing lies between them.
  static bool isEven(const View &view, int64_t columns) {
    return isEven(view) && (columns == 1 || view.rows.size() < 2 || view.rows[1] == view.rows[0] + 1);
  }

  /// Rows of `value` that a matrix product can read: evenly spaced and with a number for every sample, or copied so that they are.
  View evenView(Value value, int64_t columns, int &boundary) {
    bool constant = flow::constantValue(value).has_value();
    if (constant && uniform())
      return table(value);
    View from = view(value);
    if (constant) // It is written by the maps of its phase, not ahead of them.
      boundary = std::max(boundary, ready(value) + 1);
    if (isEven(from, columns) && (uniform() || !plan.buffers[from.buffer].uniform))
      return from;
    auto [copy, inserted] = copies.try_emplace(value);
    if (inserted) {
      View target{workspaceBuffer(elementCount(value)), {}};
      copy->second = {target, write(value, target, tile::OutputKind::Store)};
    }
    boundary = std::max(boundary, copy->second.second);
    return copy->second.first;
  }

  /// What is only moved from one place to another, by nodes of its own: without samples there may be thousands of such values, and
  /// one at a time they are all the same work.
  void separateCopies(int position, MapNode &map) {
    llvm::SmallVector<MapOutput> computed;
    for (MapOutput &output : map.outputs)
      if (llvm::is_contained(map.ops, output.value.getDefiningOp()) || flow::constantValue(output.value))
        computed.push_back(std::move(output));
      else
        plan.nodes.push_back({position, MapNode{map.rows, true, {}, {std::move(output)}}});
    map.outputs = std::move(computed);
  }

  /// Such a map may read what it writes, and must read all of it first.
  bool writesParameters(const MapNode &map) {
    return llvm::any_of(map.outputs, [&](const MapOutput &output) {
      const Buffer &buffer = plan.buffers[output.target.buffer];
      return !buffer.constant && plan.signature->slots[buffer.slot].role == Role::Parameters;
    });
  }

  /// What is only moved, then in the order of the ops, whoever asked first: maps that compute the same then are the same.
  static void sortOutputs(MapNode &map) {
    llvm::DenseMap<Operation *, size_t> places;
    for (auto [place, op] : llvm::enumerate(map.ops))
      places[op] = place + 1;
    auto placeOf = [&](const MapOutput &output) { return places.lookup(output.value.getDefiningOp()); };
    llvm::stable_sort(map.outputs, [&](const MapOutput &a, const MapOutput &b) { return placeOf(a) < placeOf(b); });
  }

  void addNode(int phase, Node node) { plan.nodes.push_back({2 * phase, std::move(node)}); }

  //===- ops ----------------------------------------------------------------------------------------------------===//

  /// What becomes of an op in the plan: a lowering, so it is one case per op of the flow dialect, and one for all
  /// element-wise ops.
  LogicalResult visit(Operation *op) {
    return llvm::TypeSwitch<Operation *, LogicalResult>(op)
        .Case<arith::ConstantOp, ReadOp, AdjointOp, ExtractOp, SplatOp, RepeatOp, MergeOp, SumOp, MatvecOp, SolveTriangularOp,
              EliminateOp, SubstituteOp, OuterOp, AccumulateOp, StoreOp, FixedPointOp, IterateOp, func::ReturnOp>(
            [&](auto known) { return place(known); })
        .Default([&](Operation *other) -> LogicalResult {
          return isElementwise(other) ? placeElementwise(other) : other->emitError("cannot be scheduled");
        });
  }

  LogicalResult place(ReadOp read) {
    bind(read, symbolView(read.getParameter(), elementCount(read), Role::Parameters, Role::Staged), 0);
    return success();
  }

  LogicalResult place(AdjointOp adjoint) {
    bind(adjoint, symbolView(adjoint.getSymbol(), elementCount(adjoint), Role::Gradient, Role::StagedGradient), 0);
    return success();
  }

  LogicalResult place(StoreOp store) {
    Value value = store.getValue();
    write(value, symbolView(store.getSymbol(), elementCount(value), Role::Parameters, Role::Staged),
          tile::OutputKind::Store);
    return success();
  }

  LogicalResult place(arith::ConstantOp op) {
    readyAt[op] = 0;
    return success();
  }

  /// Truth values are not kept in memory: the comparison is repeated in every map that uses it.
  static bool isTruth(Value value) { return !isa<FloatType>(getElementTypeOrSelf(value.getType())); }

  /// What `op` reads, looking through comparisons; these are appended to `comparisons`, innermost first.
  llvm::SmallVector<Value> readsThrough(Operation *op, llvm::SmallVectorImpl<Operation *> &comparisons) {
    llvm::SmallVector<Value> reads;
    for (Value operand : readsOf(op)) {
      if (!isTruth(operand)) {
        reads.push_back(operand);
        continue;
      }
      llvm::append_range(reads, readsThrough(operand.getDefiningOp(), comparisons));
      comparisons.push_back(operand.getDefiningOp());
    }
    return reads;
  }

  LogicalResult placeElementwise(Operation *op) {
    Value result = op->getResult(0);
    if (isTruth(result))
      return success();
    int64_t rows = elementCount(result);
    int phase = 0;
    llvm::SmallVector<Operation *> comparisons;
    llvm::SmallVector<Value> reads = readsThrough(op, comparisons);
    for (Value operand : reads) {
      auto it = phaseOf.find(operand);
      bool sameRows = it != phaseOf.end() && elementCount(operand) == rows;
      phase = std::max(phase, sameRows ? it->second : ready(operand));
    }
    MapNode &map = mapAt(phase, rows);
    for (Value operand : reads) {
      auto it = phaseOf.find(operand);
      bool inside = it != phaseOf.end() && it->second == phase && elementCount(operand) == rows;
      if (!inside && !flow::constantValue(operand))
        view(operand);
    }
    for (Operation *comparison : comparisons)
      if (!llvm::is_contained(map.ops, comparison))
        map.ops.push_back(comparison);
    map.ops.push_back(op);
    phaseOf[result] = phase;
    readyAt[result] = phase + 1;
    return success();
  }

  LogicalResult place(ExtractOp op) {
    const View &from = view(op.getVector());
    View rows{from.buffer, {}};
    for (int64_t index : op.getIndices())
      rows.rows.push_back(from.rows.empty() ? index : from.rows[index]);
    bind(op, rows, ready(op.getVector()));
    return success();
  }

  LogicalResult place(SplatOp op) {
    View from = view(op.getScalar());
    int64_t row = from.rows.empty() ? 0 : from.rows[0];
    bind(op, {from.buffer, llvm::SmallVector<int64_t>(elementCount(op.getResult()), row)}, ready(op.getScalar()));
    return success();
  }

  LogicalResult place(RepeatOp op) {
    const View &from = view(op.getVector());
    View rows{from.buffer, {}};
    for (int64_t k = 0; k < elementCount(op.getVector()); ++k)
      rows.rows.append(op.times(), from.rows.empty() ? k : from.rows[k]);
    bind(op, rows, ready(op.getVector()));
    return success();
  }

  /// The buffer for a value that is made of parts: the kernel's own result if that is what it becomes.
  unsigned targetBuffer(Value value) {
    Operation *end = function.getBody().front().getTerminator();
    for (OpOperand &use : value.getUses())
      if (use.getOwner() == end && returned.insert(use.getOperandNumber()).second)
        return slotBuffer(Role::Result, use.getOperandNumber(), elementCount(value), 0);
    return workspaceBuffer(elementCount(value));
  }

  /// A value that only adds rows to one which nothing has been added to yet lies in the same buffer: the levels of an inverse
  /// complete a vector piece by piece. Returns whether `op` is such a value; the buffer then has room for it.
  bool growsInPlace(MergeOp op) {
    if (grown.contains(op))
      return true;
    if (op.getPieces().size() < 2)
      return false;
    Value first = op.getPieces()[0];
    int64_t count = elementCount(first);
    auto found = plan.views.find(first);
    bool made = isa_and_nonnull<MatvecOp, SolveTriangularOp, MergeOp>(first.getDefiningOp()) || phaseOf.contains(first);
    if (count == 0 || found == plan.views.end() || !made || op.pieceIndices(0) != llvm::ArrayRef<int64_t>(firstRows(count)))
      return false;
    View &view = found->second;
    Buffer &buffer = plan.buffers[view.buffer];
    if (!view.rows.empty() || buffer.rows != count || filled.contains(view.buffer) || plan.signature->slots[buffer.slot].role != Role::Workspace)
      return false;
    view.rows = firstRows(count);
    buffer.rows = elementCount(op.getResult());
    grown[op] = view.buffer;
    return true;
  }

  /// Where a product's result goes: to its place in a vector that grows, if it is a piece of one.
  View targetView(Value value) {
    for (OpOperand &use : value.getUses()) {
      auto merge = dyn_cast<MergeOp>(use.getOwner());
      unsigned k = use.getOperandNumber();
      if (!merge || k == 0 || !growsInPlace(merge))
        continue;
      llvm::ArrayRef<int64_t> rows = merge.pieceIndices(k);
      if (rows.empty() || rows.back() - rows.front() + 1 != static_cast<int64_t>(rows.size()) || !llvm::is_sorted(rows))
        continue;
      return {grown[merge], llvm::to_vector(rows)};
    }
    return {targetBuffer(value), {}};
  }

  LogicalResult place(MergeOp op) {
    if (isReadAsColumns(op))
      return success();
    bool inPlace = growsInPlace(op);
    unsigned buffer = inPlace ? grown[op] : targetBuffer(op.getResult());
    int64_t covered = 0;
    int begin = std::numeric_limits<int>::max(), done = 0;
    for (auto [k, piece] : llvm::enumerate(op.getPieces())) {
      View target{buffer, llvm::to_vector(op.pieceIndices(k))};
      covered += target.rows.size();
      if (target.rows.empty())
        continue;
      if (auto found = plan.views.find(piece); inPlace && found != plan.views.end() && found->second == target) {
        done = std::max(done, ready(piece));
        continue;
      }
      bool fresh = phaseOf.contains(piece) && !plan.views.contains(piece);
      int end = write(piece, target, tile::OutputKind::Store);
      if (fresh)
        plan.views[piece] = target;
      begin = std::min(begin, end - 1);
      done = std::max(done, end);
    }
    if (covered != elementCount(op.getResult())) {
      filled.insert(buffer);
      addNode(covered ? begin : 0, FillNode{op.getLoc(), buffer});
    }
    bind(op, {buffer, {}}, done);
    return success();
  }

  LogicalResult place(SumOp op) {
    if (elementCount(op.getVector()) == 1) {
      bind(op, view(op.getVector()), ready(op.getVector()));
      return success();
    }
    unsigned buffer = targetBuffer(op.getResult());
    int done = write(op.getVector(), {buffer, {}}, tile::OutputKind::SumRows);
    addNode(done - 1, FillNode{op.getLoc(), buffer});
    bind(op, {buffer, {}}, done);
    return success();
  }

  /// Every element is added to the row of its sum.
  /// What follows a product and can be computed while it is in registers: a bias, then ops with constants only, each
  /// value used by the next op alone.
  Value fuseAfter(MatvecOp op, GemmNode &gemm) {
    Value last = op.getResult();
    auto next = [&]() -> Operation * {
      Operation *user = last.hasOneUse() ? *last.user_begin() : nullptr;
      return user && user->getBlock() == op->getBlock() ? user : nullptr; // Not an op inside of a root's body.
    };
    if (auto add = dyn_cast_or_null<arith::AddFOp>(next())) {
      Value other = add.getLhs() == last ? add.getRhs() : add.getLhs();
      if (auto read = other.getDefiningOp<ReadOp>(); read && elementCount(read) == gemm.m) {
        gemm.bias = symbolView(read.getParameter(), elementCount(read), Role::Parameters, Role::Staged);
        absorbed.insert(add);
        last = add.getResult();
      }
    }
    gemm.chainStart = last;
    while (Operation *user = next()) {
      bool simple = isElementwise(user) && user->getNumRegions() == 0 && user->getResult(0).getType() == last.getType();
      for (Value operand : user->getOperands())
        simple &= operand == last || flow::constantValue(operand).has_value();
      if (!simple)
        break;
      gemm.epilogue.push_back(user);
      absorbed.insert(user);
      last = user->getResult(0);
    }
    return last;
  }

  /// Of a merge that is nothing but moved columns, for products of `depth` rows.
  std::optional<MovedColumns> columnsOf(MergeOp merge, int64_t depth) {
    std::optional<unsigned> piece;
    for (auto [k, candidate] : llvm::enumerate(merge.getPieces())) {
      if (flow::constantValue(candidate) == 0)
        continue;
      if (piece || flow::constantValue(candidate))
        return std::nullopt;
      piece = k;
    }
    if (!piece || uniform() || elementCount(merge.getResult()) == depth)
      return std::nullopt;
    const View &from = view(merge.getPieces()[*piece]);
    const Buffer &buffer = plan.buffers[from.buffer];
    llvm::SmallVector<int64_t> rows(elementCount(merge.getResult()), -1);
    for (auto [place, index] : llvm::enumerate(merge.pieceIndices(*piece)))
      rows[index] = from.rows.empty() ? place : from.rows[place];
    return buffer.uniform ? std::nullopt : movedColumns(rows, depth, from.buffer, buffer.rows);
  }

  /// Whether all who use the merge are products that read its columns where they come from; it is then not made at all.
  bool isReadAsColumns(MergeOp merge) {
    std::optional<int64_t> depth;
    for (OpOperand &use : merge->getUses()) {
      int64_t here = 0;
      if (auto product = dyn_cast<MatvecOp>(use.getOwner()); product && use.getOperandNumber() == 1)
        here = product.depth();
      else if (auto outer = dyn_cast<OuterOp>(use.getOwner()); outer && use.getOperandNumber() == 1)
        here = outer.width();
      if (here == 0 || depth.value_or(here) != here || use.getOwner()->getBlock() != merge->getBlock())
        return false;
      depth = here;
    }
    std::optional<MovedColumns> moved = depth ? columnsOf(merge, *depth) : std::nullopt;
    if (!moved)
      return false;
    readAsColumns[merge.getResult()] = std::move(*moved);
    for (Value piece : merge.getPieces())
      if (!flow::constantValue(piece))
        readyAt[merge.getResult()] = ready(piece);
    return true;
  }

  /// Where the sum goes that a product of several columns is a term of: to the place of the other term, if nothing else needs that.
  /// Else a place of its own, which begins as 0.
  View accumulatedView(MatvecOp op, Value &result, int &boundary, bool mustAccumulate) {
    auto add = op->hasOneUse() ? dyn_cast<arith::AddFOp>(*op->user_begin()) : arith::AddFOp();
    if (add && add->getBlock() == op->getBlock() && add.getLhs() != add.getRhs()) {
      Value other = add.getLhs() == op.getResult() ? add.getRhs() : add.getLhs();
      bool before = !other.getDefiningOp() || other.getDefiningOp()->isBeforeInBlock(op);
      bool chained = accumulated.contains(other);
      if (other.hasOneUse() && other.getDefiningOp() && other.getDefiningOp()->getBlock() == op->getBlock() && before &&
          (chained || mustAccumulate)) {
        View target = chained ? plan.views.lookup(other) : View{workspaceBuffer(elementCount(other)), {}};
        boundary = std::max(boundary, chained ? ready(other) : write(other, target, tile::OutputKind::Store));
        absorbed.insert(add);
        result = add.getResult();
        return target;
      }
    }
    if (!mustAccumulate)
      return {};
    View target{workspaceBuffer(elementCount(op.getResult())), {}};
    filled.insert(target.buffer);
    addNode(boundary, FillNode{op.getLoc(), target.buffer});
    return target;
  }

  LogicalResult place(MatvecOp op) {
    auto matrix = cast<RankedTensorType>(op.getMatrix().getType());
    int64_t columns = op.columns();
    int boundary = std::max(ready(op.getVector()), ready(op.getMatrix()));
    auto moved = readAsColumns.find(op.getVector());
    bool isMoved = moved != readAsColumns.end();
    View vector = isMoved ? moved->second.source : evenView(op.getVector(), columns, boundary);
    GemmNode gemm{op.getLoc(), view(op.getMatrix()), vector, {}, op.rows(), columns * samples(), op.depth(), columns,
                  isMoved ? moved->second.sourceColumns : columns};
    if (!plan.buffers[gemm.a.buffer].uniform || matrix.getRank() != 2)
      return op.emitError("the matrix of a product must not depend on the sample");
    gemm.transposeA = op.getTransposed();
    Value result = op.getResult();
    bool empty = elementCount(op.getResult()) == 0;
    if (!empty && columns > 1 && !uniform())
      gemm.c = accumulatedView(op, result, boundary, /*mustAccumulate=*/isMoved);
    gemm.accumulate = gemm.c.buffer != ~0u;
    if (gemm.accumulate) {
      accumulated.insert(result);
    } else {
      result = fuseAfter(op, gemm);
      gemm.c = targetView(result);
    }
    bind(result, gemm.c, boundary);
    if (empty)
      return success();
    if (!isMoved) {
      addNode(boundary, std::move(gemm));
      return success();
    }
    for (const ColumnRun &run : moved->second.runs) {
      gemm.run = run;
      addNode(boundary, gemm);
    }
    return success();
  }

  /// Numbers that all samples share, evenly spaced.
  View uniformView(Value value, int &boundary) {
    if (flow::constantValue(value))
      return table(value);
    View from = view(value);
    return isEven(from) ? from : evenView(value, 1, boundary);
  }

  LogicalResult place(SolveTriangularOp op) {
    int boundary = std::max(ready(op.getVector()), ready(op.getMatrix()));
    SolveNode solve{op.getLoc(), uniformView(op.getMatrix(), boundary), {}, evenView(op.getVector(), op.columns(), boundary), {},
                    op.rows(), op.columns(), op.getTransposed(), op.isBackward()};
    bool uniformOperands = plan.buffers[solve.a.buffer].uniform;
    if (Value diagonal = op.getDiagonal()) {
      boundary = std::max(boundary, ready(diagonal));
      solve.diagonal = uniformView(diagonal, boundary);
      uniformOperands &= plan.buffers[solve.diagonal->buffer].uniform;
    }
    if (!uniformOperands)
      return op.emitError("the matrix of a triangular system must not depend on the sample");
    solve.x = targetView(op.getResult());
    bind(op, solve.x, boundary);
    if (elementCount(op.getResult()) > 0)
      addNode(boundary, std::move(solve));
    return success();
  }

  /// A copy of the value that a node may change; it has a number for every sample.
  View copyOf(Value value, int &boundary) {
    View copy{workspaceBuffer(elementCount(value)), {}};
    boundary = std::max(boundary, write(value, copy, tile::OutputKind::Store));
    filled.insert(copy.buffer);
    return copy;
  }

  LogicalResult place(EliminateOp op) {
    int boundary = 0;
    View matrix = copyOf(op.getMatrix(), boundary);
    bind(op, matrix, boundary);
    addNode(boundary, EliminateNode{op.getLoc(), matrix});
    return success();
  }

  LogicalResult place(SubstituteOp op) {
    int boundary = ready(op.getTriangles());
    View x = copyOf(op.getVector(), boundary);
    int64_t size = std::llround(std::sqrt(elementCount(op.getTriangles()))), columns = size ? elementCount(op.getVector()) / size : 0;
    bind(op, x, boundary);
    addNode(boundary, SubstituteNode{op.getLoc(), view(op.getTriangles()), x, columns, op.getTransposed()});
    return success();
  }

  LogicalResult place(OuterOp op) {
    if (!uniform()) {
      for (Operation *user : op->getUsers())
        if (!isa<AccumulateOp>(user))
          return op.emitError("a matrix that depends on the sample can only be accumulated");
      return success();
    }
    unsigned buffer = workspaceBuffer(elementCount(op.getResult()));
    int boundary = placeOuter(op, {buffer, {}}, /*accumulate=*/false);
    bind(op, {buffer, {}}, boundary);
    return success();
  }

  /// left right^T into `target`, summed over the columns, and over the samples where there are any.
  int placeOuter(OuterOp op, View target, bool accumulate) {
    int64_t rows = op.rows(), width = op.width(), columns = op.columns();
    int boundary = std::max(ready(op.getLeft()), ready(op.getRight()));
    if (rows == 0 || width == 0)
      return boundary;
    View left = evenView(op.getLeft(), columns, boundary);
    GemmNode gemm{op.getLoc(), left, {}, target, rows, width, columns * samples(), columns, columns};
    gemm.accumulate = accumulate;
    gemm.outer = true;
    if (auto moved = readAsColumns.find(op.getRight()); moved != readAsColumns.end()) {
      gemm.sourceColumns = moved->second.sourceColumns;
      gemm.b = {transposed(op.getLoc(), moved->second.source, width, gemm.sourceColumns, boundary), {}};
      for (const ColumnRun &run : moved->second.runs) {
        gemm.run = run;
        addNode(boundary, gemm);
      }
      return boundary;
    }
    if (uniform()) {
      gemm.b = columnByColumn(op.getRight(), width, columns, boundary);
    } else {
      View right = evenView(op.getRight(), columns, boundary);
      gemm.b = {transposed(op.getLoc(), right, width, columns, boundary), {}};
    }
    addNode(boundary, std::move(gemm));
    return boundary;
  }

  /// A vector of `columns` columns of `rows` elements each, without samples, one column after the other.
  View columnByColumn(Value value, int64_t rows, int64_t columns, int &boundary) {
    if (rows == 1 || columns == 1)
      return evenView(value, rows * columns, boundary);
    View target{workspaceBuffer(rows * columns), {}};
    llvm::SmallVector<int64_t> places;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column)
        places.push_back(column * rows + row);
    boundary = std::max(boundary, write(value, {target.buffer, places}, tile::OutputKind::Store));
    return target;
  }

  /// The samples-major copy of some rows, made once; of one column it may have more rows behind them.
  unsigned transposed(Location loc, const View &from, int64_t rows, int64_t columns, int boundary) {
    llvm::SmallVector<int64_t> taken = from.rows.empty() ? firstRows(rows * columns) : from.rows;
    for (const Transposed &made : transposes)
      if (made.source == from.buffer && made.columns == columns && made.boundary <= boundary &&
          llvm::ArrayRef(made.rows).take_front(columns == 1 ? rows : made.rows.size()) == llvm::ArrayRef(taken))
        return made.buffer;
    unsigned buffer = workspaceBuffer(paddedRows(rows) * columns);
    transposes.push_back({from.buffer, columns, std::move(taken), buffer, boundary});
    addNode(boundary, TransposeNode{loc, from, buffer, rows, columns});
    return buffer;
  }

  LogicalResult place(AccumulateOp op) {
    View target = symbolView(op.getSymbol(), elementCount(op.getValue()), Role::Gradient, Role::StagedGradient);
    auto outer = op.getValue().getDefiningOp<OuterOp>();
    if (outer && !uniform()) {
      placeOuter(outer, target, /*accumulate=*/true);
      return success();
    }
    write(op.getValue(), target, uniform() ? tile::OutputKind::Add : tile::OutputKind::SumSamples);
    return success();
  }

  LogicalResult place(FixedPointOp op) { return placeLoop(op, op.getStart(), op.getRate().convertToDouble(), std::nullopt); }
  LogicalResult place(IterateOp op) { return placeLoop(op, op.getStart(), 0, op.getRounds()); }

  /// The body is planned by itself, with phases of its own; what it takes from outside is in memory by then.
  LogicalResult placeLoop(Operation *op, Value start, double rate, std::optional<int64_t> rounds) {
    if (uniform())
      return op->emitError("cannot be scheduled without samples");
    Block &body = op->getRegion(0).front();
    int64_t rows = elementCount(start);
    LoopNode loop{op->getLoc(), rate, rounds, workspaceBuffer(rows), workspaceBuffer(rows), {}};
    int boundary = write(start, {loop.current, {}}, tile::OutputKind::Store);
    llvm::SmallVector<Operation *> comparisons;
    for (Value captured : readsThrough(op, comparisons)) {
      if (!flow::constantValue(captured))
        view(captured);
      boundary = std::max(boundary, ready(captured));
    }

    decltype(maps) outerMaps;
    decltype(plan.nodes) outerNodes;
    decltype(phaseOf) outerPhases, outerReady;
    decltype(transposes) outerTransposes;
    decltype(copies) outerCopies;
    auto exchange = [&] {
      std::swap(maps, outerMaps);
      std::swap(plan.nodes, outerNodes);
      std::swap(phaseOf, outerPhases);
      std::swap(readyAt, outerReady);
      std::swap(transposes, outerTransposes);
      std::swap(copies, outerCopies);
    };
    exchange();
    bind(body.getArgument(0), {loop.current, {}}, 0);
    for (Operation &inner : body.without_terminator())
      if (!absorbed.contains(&inner) && failed(visit(&inner)))
        return failure();
    write(body.getTerminator()->getOperand(0), {loop.next, {}}, tile::OutputKind::Store);
    finishMaps();
    loop.body = std::move(plan.nodes);
    exchange();

    unsigned found = loop.current;
    addNode(boundary, std::move(loop));
    bind(op->getResult(0), {found, {}}, boundary);
    return success();
  }

  LogicalResult place(func::ReturnOp op) {
    for (auto [k, value] : llvm::enumerate(op->getOperands())) {
      if (returned.contains(k))
        continue;
      View target{slotBuffer(Role::Result, k, elementCount(value), 0), {}};
      write(value, target, tile::OutputKind::Store);
    }
    return success();
  }

  func::FuncOp function;
  const Layout &layout;
  Plan plan;
  std::map<std::pair<int, int64_t>, MapNode> maps;
  llvm::DenseMap<Value, int> phaseOf, readyAt;
  llvm::DenseSet<Operation *> absorbed;
  llvm::DenseSet<unsigned> returned;
  llvm::DenseMap<Operation *, unsigned> grown; ///< Values that lie in the buffer of their first piece.
  llvm::DenseSet<unsigned> filled;
  llvm::DenseMap<Value, MovedColumns> readAsColumns; ///< Merges that are not made.
  llvm::DenseSet<Value> accumulated;                 ///< Sums of products, in places of their own.
  /// Rows whose samples-major copy is made.
  struct Transposed {
    unsigned source;
    int64_t columns;
    llvm::SmallVector<int64_t> rows;
    unsigned buffer;
    int boundary;
  };
  std::vector<Transposed> transposes;
  llvm::DenseMap<Value, std::pair<View, int>> copies; ///< Values that products read where they are even, and when they are there.
};

} // namespace

FailureOr<Plan> planKernel(func::FuncOp function, const Signature &signature, const Layout &layout, int64_t tile) {
  return Planner(function, signature, layout, tile).run();
}

} // namespace flowc::schedule

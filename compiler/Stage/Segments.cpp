// SPDX-License-Identifier: MIT
//
// Every value has a level: how many statistics, one taken behind the other, it waits for. Segment k computes what has level k, from what
// the vector before it brings. What depends on parameters and statistics alone is computed again in every segment that wants it.

#include "compiler/Stage/Segments.h"

#include "compiler/Dialect/Flow/Reads.h"
#include "compiler/Stage/Stage.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

Value concatenate(OpBuilder &builder, Location loc, llvm::ArrayRef<Value> pieces) {
  llvm::SmallVector<Value> vectors;
  llvm::SmallVector<Attribute> indices;
  int64_t size = 0;
  for (Value piece : pieces) {
    int64_t count = elementCount(piece);
    bool isNumber = cast<RankedTensorType>(piece.getType()).getRank() == 0;
    auto one = RankedTensorType::get({1}, builder.getF64Type());
    vectors.push_back(isNumber ? Value(SplatOp::create(builder, loc, one, piece)) : piece);
    indices.push_back(builder.getDenseI64ArrayAttr(llvm::to_vector(llvm::seq(size, size + count))));
    size += count;
  }
  auto type = RankedTensorType::get({size}, builder.getF64Type());
  return MergeOp::create(builder, loc, type, vectors, builder.getArrayAttr(indices));
}

llvm::SmallVector<func::FuncOp> segmentsOf(ModelOp model) {
  llvm::SmallVector<func::FuncOp> segments;
  while (auto segment = model.lookupSymbol<func::FuncOp>(numberedName(kSegmentName, segments.size())))
    segments.push_back(segment);
  if (!segments.empty())
    return segments;
  for (StringRef name : {kTrainingName, llvm::StringLiteral("objective")})
    if (auto function = model.lookupSymbol<func::FuncOp>(name))
      return {function};
  return {model.lookupSymbol<func::FuncOp>("log_prob")};
}

namespace {

/// Elements `first`, ... of a vector, as a value of `type`.
Value piece(OpBuilder &builder, Location loc, Value vector, int64_t first, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  int64_t count = tensor.getNumElements();
  bool isNumber = tensor.getRank() == 0;
  Value part = vector;
  if (count != elementCount(vector)) {
    auto partType = isNumber ? RankedTensorType::get({1}, builder.getF64Type()) : tensor;
    part = ExtractOp::create(builder, loc, partType, vector, llvm::to_vector(llvm::seq(first, first + count)));
  }
  return isNumber ? Value(SumOp::create(builder, loc, tensor, part)) : part;
}

/// Values that lie in one vector, each at its first element.
struct Pack {
  llvm::MapVector<Value, int64_t> places;
  int64_t size = 0;

  void add(Value value) {
    if (places.insert({value, size}).second)
      size += elementCount(value);
  }
};

/// One segment: what it computes, and what for.
struct Segment {
  Pack probed; ///< What statistics are taken of behind it.
  llvm::SmallVector<Operation *> ops;
  llvm::SmallVector<Value> inputs; ///< Of the vector that the segment before it gives.
  Pack outputs;                    ///< The probed ones first.
};

class Cutter {
public:
  Cutter(ModelOp model, func::FuncOp training)
      : model(model), training(training), body(training.getBody().front()), builder(model->getContext()) {}

  void run() {
    findLevels();
    chooseOps();
    declareStatistics();
    for (size_t k = 0; k < segments.size(); ++k)
      build(k);
    storeStatistics();
    buildStatistics();
    training.erase();
  }

private:
  void findLevels() {
    segments.resize(1);
    for (Operation &op : body.without_terminator()) {
      int level = 0;
      bool isShared = true;
      for (Value operand : readsOf(&op)) {
        level = std::max(level, levels.lookup(operand));
        isShared &= shared.contains(operand);
      }
      if (auto statistic = dyn_cast<StatisticOp>(op)) {
        statistics.push_back(statistic);
        segments.resize(std::max<size_t>(segments.size(), level + 2));
        segments[level].probed.add(statistic.getValue());
        segmentOf[&op] = level++;
        isShared = true;
      }
      for (Value result : op.getResults()) {
        levels[result] = level;
        if (isShared)
          shared.insert(result);
      }
    }
  }

  /// Whether a value comes to segment k in the vector before it. What all samples share is computed again, and so is a truth value, which
  /// is no number that could lie there.
  bool isBrought(Value value, int k) const {
    bool isNumber = isa<FloatType>(getElementTypeOrSelf(value.getType()));
    bool isInput = isa<BlockArgument>(value);
    return k > 0 && (isInput || levels.lookup(value) < k) && !shared.contains(value) && isNumber;
  }

  /// From the last segment to the first: each must give what the one behind it wants.
  void chooseOps() {
    llvm::DenseSet<Value> wanted{body.getTerminator()->getOperand(0)};
    for (int k = segments.size() - 1; k >= 0; --k) {
      Segment &segment = segments[k];
      for (Operation &op : llvm::reverse(body.without_terminator())) {
        if (isa<StatisticOp>(op) || llvm::none_of(op.getResults(), [&](Value v) { return wanted.contains(v); }))
          continue;
        if (isBrought(op.getResult(0), k)) {
          segment.inputs.push_back(op.getResult(0));
          continue;
        }
        segment.ops.push_back(&op);
        wanted.insert_range(readsOf(&op));
      }
      Value x = body.getArgument(0);
      if (isBrought(x, k) && wanted.contains(x))
        segment.inputs.push_back(x);
      std::reverse(segment.ops.begin(), segment.ops.end());
      std::reverse(segment.inputs.begin(), segment.inputs.end());
      wanted.clear();
      if (k == 0)
        return;
      segments[k - 1].outputs = segments[k - 1].probed;
      for (Value input : segment.inputs)
        segments[k - 1].outputs.add(input);
      for (auto [value, place] : segments[k - 1].outputs.places)
        wanted.insert(value);
    }
  }

  RankedTensorType vectorOf(int64_t size) { return RankedTensorType::get({size}, builder.getF64Type()); }

  /// Two places behind all other staged values for each segment.
  void declareStatistics() {
    int64_t offset = cast<IntegerAttr>(model->getAttr("staged")).getInt();
    builder.setInsertionPoint(model.lookupSymbol("stage"));
    for (size_t k = 0; k + 1 < segments.size(); ++k)
      for (const std::string &name : {meanName(k), varianceName(k)}) {
        int64_t size = segments[k].probed.size;
        StagedOp::create(builder, training.getLoc(), name, vectorOf(size), offset, /*fixed=*/false);
        offset += llvm::alignTo(size, kStagedAlignment);
      }
    model->setAttr("staged", builder.getI64IntegerAttr(offset));
  }

  /// The statistic as the driver leaves it.
  Value readStatistic(StatisticOp op) {
    size_t k = segmentOf.lookup(op);
    const Pack &probed = segments[k].probed;
    Value all = ReadOp::create(builder, op.getLoc(), vectorOf(probed.size), op.getVariance() ? varianceName(k) : meanName(k));
    return piece(builder, op.getLoc(), all, probed.places.lookup(op.getValue()), op.getType());
  }

  void build(size_t k) {
    const Segment &segment = segments[k];
    bool isLast = k + 1 == segments.size();
    builder.setInsertionPoint(training);
    Type from = k == 0 ? body.getArgument(0).getType() : vectorOf(segments[k - 1].outputs.size);
    Type to = isLast ? body.getTerminator()->getOperand(0).getType() : vectorOf(segment.outputs.size);
    auto function = func::FuncOp::create(builder, training.getLoc(), numberedName(kSegmentName, k), builder.getFunctionType(from, to));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    IRMapping mapping;
    if (k == 0)
      mapping.map(body.getArgument(0), function.getArgument(0));
    for (Value input : segment.inputs)
      mapping.map(input, piece(builder, input.getLoc(), function.getArgument(0), segments[k - 1].outputs.places.lookup(input),
                               input.getType()));
    for (StatisticOp statistic : statistics)
      if (segmentOf.lookup(statistic) < k)
        mapping.map(statistic.getResult(), readStatistic(statistic));
    for (Operation *op : segment.ops)
      builder.clone(*op, mapping);
    llvm::SmallVector<Value> results;
    for (auto [value, place] : segment.outputs.places)
      results.push_back(mapping.lookup(value));
    Value result = isLast ? mapping.lookup(body.getTerminator()->getOperand(0)) : concatenate(builder, training.getLoc(), results);
    func::ReturnOp::create(builder, training.getLoc(), result);
  }

  /// Before any batch is seen, and where a batch counts nothing, the stored ones are the statistics.
  void storeStatistics() {
    builder.setInsertionPoint(model.lookupSymbol<func::FuncOp>("stage").getBody().front().getTerminator());
    for (auto [k, segment] : llvm::enumerate(llvm::ArrayRef(segments).drop_back()))
      for (bool variance : {false, true}) {
        llvm::SmallVector<Value> stored;
        for (auto [value, place] : segment.probed.places) {
          auto follows = llvm::find_if(statistics, [&](StatisticOp op) { return op.getValue() == value && op.getVariance() == variance; });
          stored.push_back(follows == statistics.end()
                               ? constantOf(builder, value.getLoc(), value.getType(), 0)
                               : Value(ReadOp::create(builder, value.getLoc(), value.getType(), follows->getParameter())));
        }
        Value all = stored.size() == 1 ? stored[0] : concatenate(builder, training.getLoc(), stored);
        StoreOp::create(builder, training.getLoc(), variance ? varianceName(k) : meanName(k), all);
      }
  }

  void buildStatistics() {
    builder.setInsertionPoint(training);
    auto function = func::FuncOp::create(builder, training.getLoc(), "statistics", builder.getFunctionType({}, {}));
    builder.setInsertionPointToEnd(function.addEntryBlock());
    for (StatisticOp statistic : statistics)
      StoreOp::create(builder, statistic.getLoc(), statistic.getParameterAttr(), readStatistic(statistic));
    func::ReturnOp::create(builder, training.getLoc());
  }

  ModelOp model;
  func::FuncOp training;
  Block &body;
  OpBuilder builder;
  llvm::DenseMap<Value, int> levels;
  llvm::DenseSet<Value> shared; ///< No sample reaches them, but through a statistic.
  llvm::SmallVector<StatisticOp> statistics;
  llvm::DenseMap<Operation *, size_t> segmentOf; ///< Behind which a statistic is taken.
  std::vector<Segment> segments;
};

struct Segments : PassWrapper<Segments, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(Segments)
  StringRef getArgument() const final { return "flow-segment"; }
  StringRef getDescription() const final { return "cut training where statistics over the batch are taken"; }
  void runOnOperation() final {
    getOperation().walk([](ModelOp model) {
      auto training = model.lookupSymbol<func::FuncOp>(kTrainingName);
      if (training && !training.getOps<StatisticOp>().empty())
        Cutter(model, training).run();
    });
  }
};

} // namespace

std::unique_ptr<Pass> createSegmentPass() { return std::make_unique<Segments>(); }

} // namespace flowc

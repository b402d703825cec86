// SPDX-License-Identifier: MIT
//
// Calls, and barriers between them, that come again and again with other numbers become a loop over a table of these numbers. The levels
// of an autoregressive inverse, and what its gradient makes of them, are such calls: a thousand levels are then as much code as two.

#include "targets/common/RollCalls.h"

#include "targets/common/FunctionCache.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace flowc::targets;

namespace {

/// Loops for less are not worth their table.
constexpr int64_t kFewestRounds = 4;
/// How many calls and barriers a round may have.
constexpr int64_t kLongestRound = 128;

/// An argument of a call: a number, an address some elements behind another, or anything else.
struct Argument {
  Value origin;                  ///< What the address is counted from, or the argument itself.
  Type element;                  ///< Of an address that is not the origin's.
  std::optional<int64_t> number; ///< The number, or how far the address is from the origin.

  bool isAddress() const { return isa<LLVM::LLVMPointerType>(origin.getType()); }
};

std::optional<int64_t> constantNumber(Value value) {
  IntegerAttr number;
  if (!value.getType().isInteger(64) || !matchPattern(value, m_Constant(&number)))
    return std::nullopt;
  return number.getInt();
}

Argument describe(Value value) {
  auto address = value.getDefiningOp<LLVM::GEPOp>();
  if (address && address.getDynamicIndices().size() == 1)
    if (auto distance = constantNumber(address.getDynamicIndices()[0]))
      return {address.getBase(), address.getElemType(), distance};
  if (isa<LLVM::LLVMPointerType>(value.getType()))
    return {value, {}, 0};
  return {value, {}, constantNumber(value)};
}

/// Equal for arguments that differ in their numbers at most.
const void *identity(const Argument &argument) {
  if (auto symbol = argument.origin.getDefiningOp<LLVM::AddressOfOp>())
    return symbol.getGlobalNameAttr().getAsOpaquePointer();
  if (argument.number && !argument.isAddress())
    return nullptr;
  Attribute constant;
  if (matchPattern(argument.origin, m_Constant(&constant)))
    return constant.getAsOpaquePointer();
  return argument.origin.getAsOpaquePointer();
}

/// A call, or an op that stands alone.
struct Call {
  Operation *op;
  SmallVector<Argument> arguments;
  unsigned shape; ///< Equal for calls that differ in numbers alone.
};

/// The calls of one block, in order, with nothing between them that has an effect.
class CallSequence {
public:
  void add(Operation *op) {
    Call call{op, {}, 0};
    std::vector<const void *> key{op->getName().getAsOpaquePointer(), op->getAttrDictionary().getAsOpaquePointer()};
    for (Value operand : op->getOperands()) {
      Argument &argument = call.arguments.emplace_back(describe(operand));
      key.push_back(identity(argument));
      key.push_back(argument.number ? this : nullptr);
    }
    call.shape = shapes.try_emplace(std::move(key), shapes.size()).first->second;
    calls.push_back(std::move(call));
  }

  /// Rolls up what repeats and begins anew.
  void roll(Block *home, unsigned addressSpace, unsigned &tables) {
    auto count = static_cast<int64_t>(calls.size());
    // matches[p][i]: how many calls from i on have the shape of the call p places later.
    std::vector<std::vector<int64_t>> matches(kLongestRound + 1, std::vector<int64_t>(count + 1, 0));
    for (int64_t p = 1; p <= std::min(kLongestRound, count - 1); ++p)
      for (int64_t i = count - p - 1; i >= 0; --i)
        matches[p][i] = calls[i].shape == calls[i + p].shape ? matches[p][i + 1] + 1 : 0;
    for (int64_t i = 0; i < count;) {
      int64_t length = 0, rounds = 0;
      for (int64_t p = 1; p <= kLongestRound; ++p) {
        int64_t here = matches[p][i] / p + 1;
        if (here >= kFewestRounds && here * p > rounds * length) {
          length = p;
          rounds = here;
        }
      }
      if (rounds)
        emitLoop(llvm::MutableArrayRef(calls).slice(i, length * rounds), length, home, addressSpace, tables);
      i += std::max<int64_t>(1, length * rounds);
    }
    calls.clear();
  }

private:
  /// Replaces rounds of `length` calls each.
  void emitLoop(llvm::MutableArrayRef<Call> part, int64_t length, Block *home, unsigned addressSpace, unsigned &tables) {
    int64_t rounds = part.size() / length, columns = 0;
    Location loc = part[0].op->getLoc();
    // The column of every number that is not the same in all rounds. (An address that is its own origin does not tell its element.)
    std::map<std::pair<int64_t, unsigned>, int64_t> columnOf;
    for (int64_t j = 0; j < length; ++j)
      for (auto [k, argument] : llvm::enumerate(part[j].arguments))
        for (int64_t round = 1; round < rounds; ++round) {
          const Argument &other = part[round * length + j].arguments[k];
          if (other.number != argument.number && columnOf.try_emplace({j, k}, columns).second)
            ++columns;
          if (!argument.element)
            argument.element = other.element;
        }
    std::vector<int64_t> numbers(rounds * columns);
    for (auto &[place, column] : columnOf)
      for (int64_t round = 0; round < rounds; ++round)
        numbers[round * columns + column] = *part[round * length + place.first].arguments[place.second].number;

    OpBuilder builder(part[length - 1].op); // What the first round is called with is there by then.
    Emitter e(builder, loc);
    auto global = makeTable(home, loc, ("tile_rounds_" + Twine(tables++)).str(), numbers, addressSpace);
    Value table = LLVM::AddressOfOp::create(builder, loc, global);
    e.loop(e.constant(0), e.constant(rounds), 1, [&](Value round) {
      Value row = e.address(table, builder.getI64Type(), e.multiply(round, columns));
      for (int64_t j = 0; j < length; ++j) {
        SmallVector<Value> operands(part[j].op->getOperands());
        for (auto [k, argument] : llvm::enumerate(part[j].arguments))
          if (auto column = columnOf.find({j, k}); column != columnOf.end()) {
            Type word = builder.getI64Type();
            Value number = e.load(word, e.address(row, word, e.constant(column->second)));
            operands[k] = argument.isAddress() ? e.address(argument.origin, argument.element, number) : number;
          }
        builder.clone(*part[j].op)->setOperands(operands);
      }
    });
    for (Call &call : part)
      call.op->erase();
  }

  std::vector<Call> calls;
  std::map<std::vector<const void *>, unsigned> shapes;
};

bool isPlainCall(Operation *op) { return isa<func::CallOp>(op) && op->getNumResults() == 0; }

/// Like a barrier, which is an effect and nothing else.
bool standsAlone(Operation *op) {
  return !isMemoryEffectFree(op) && op->getNumOperands() == 0 && op->getNumResults() == 0 && op->getNumRegions() == 0 &&
         !op->hasTrait<OpTrait::IsTerminator>();
}

struct RollCallsPass : PassWrapper<RollCallsPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(RollCallsPass)
  RollCallsPass() = default;
  explicit RollCallsPass(unsigned space) { addressSpace = space; }
  RollCallsPass(const RollCallsPass &other) : PassWrapper(other) {}

  StringRef getArgument() const final { return "tile-roll-calls"; }
  StringRef getDescription() const final { return "turn calls that repeat with other numbers into loops over tables"; }
  void getDependentDialects(DialectRegistry &registry) const final {
    registry.insert<LLVM::LLVMDialect, arith::ArithDialect, scf::SCFDialect>();
  }
  bool canScheduleOn(RegisteredOperationName name) const final { return name.hasTrait<OpTrait::SymbolTable>(); }

  void runOnOperation() final {
    unsigned tables = 0;
    Block *home = &getOperation()->getRegion(0).front();
    for (auto function : home->getOps<func::FuncOp>()) {
      if (function.isExternal() || function.isPrivate())
        continue;
      Block &block = function.getBody().front();
      CallSequence sequence;
      for (Operation &op : llvm::make_early_inc_range(block)) {
        if (isPlainCall(&op) || standsAlone(&op))
          sequence.add(&op);
        else if (!isMemoryEffectFree(&op))
          sequence.roll(home, addressSpace, tables);
      }
      sequence.roll(home, addressSpace, tables);
      for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
        if (isOpTriviallyDead(&op))
          op.erase();
    }
  }

  Option<unsigned> addressSpace{*this, "address-space", llvm::cl::desc("where the tables lie"), llvm::cl::init(0)};
};

} // namespace

std::unique_ptr<Pass> flowc::targets::createRollCallsPass(unsigned addressSpace) {
  return std::make_unique<RollCallsPass>(addressSpace);
}

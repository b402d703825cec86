// SPDX-License-Identifier: MIT

#include "compiler/Prove/Pieces.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// More pieces are not gone through; nor is what the solver cannot tell apart, after so many questions without an answer.
constexpr size_t kMostPieces = 40, kMostUndecided = 8;

/// Decides one comparison after the other, and gives up ways that contradict themselves.
class PieceSearch {
public:
  PieceSearch(llvm::ArrayRef<Value> comparisons, const llvm::DenseMap<Value, Interval> &given)
      : comparisons(comparisons), problem(given, /*factsAreLeaves=*/true) {
    for (Value comparison : comparisons)
      problem.term(comparison);
  }

  std::optional<std::vector<Piece>> run() {
    if (!extend())
      return std::nullopt;
    return std::move(pieces);
  }

private:
  bool extend() {
    if (current.size() == comparisons.size()) {
      pieces.push_back({current, essential()});
      return pieces.size() <= kMostPieces;
    }
    size_t next = current.size();
    for (bool holds : {true, false}) {
      current.push_back({comparisons[next], holds});
      bool possible = isPossible(current);
      if (undecided > kMostUndecided)
        return false;
      if (possible && !extend())
        return false;
      current.pop_back();
    }
    return true;
  }

  bool isPossible(const Decisions &decisions) {
    SmtProblem::Answer answer = problem.askTogether(decisions);
    undecided += answer == SmtProblem::Undecided;
    return answer != SmtProblem::Impossible;
  }

  /// Between two knots only these two matter: takes away what the rest implies.
  Decisions essential() {
    Decisions kept = current;
    for (size_t k = 0; k < kept.size();) {
      Decisions others = kept;
      others[k].second = !others[k].second;
      if (!isPossible(others))
        kept.erase(kept.begin() + k);
      else
        ++k;
    }
    return kept;
  }

  llvm::ArrayRef<Value> comparisons;
  SmtProblem problem;
  Decisions current;
  size_t undecided = 0;
  std::vector<Piece> pieces;
};

} // namespace

llvm::SmallVector<Value> comparisonsOf(llvm::ArrayRef<Value> values) {
  llvm::SmallVector<Value> comparisons, pending(values);
  llvm::DenseSet<Value> seen;
  while (!pending.empty()) {
    Value value = pending.pop_back_val();
    Operation *op = value.getDefiningOp();
    auto dependency = dyn_cast_or_null<DependencyOpInterface>(op);
    if (!seen.insert(value).second || !dependency || !dependency.isElementwise())
      continue;
    if (isa<arith::CmpFOp>(op))
      comparisons.push_back(value);
    llvm::append_range(pending, op->getOperands());
  }
  return comparisons;
}

std::optional<std::vector<Piece>> piecesOf(llvm::ArrayRef<Value> comparisons,
                                           const llvm::DenseMap<Value, Interval> &given) {
  return PieceSearch(comparisons, given).run();
}

} // namespace flowc::prove

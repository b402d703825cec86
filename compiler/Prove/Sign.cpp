// SPDX-License-Identifier: MIT

#include "compiler/Prove/Sign.h"

#include "compiler/Prove/Bisection.h"
#include "compiler/Prove/Pieces.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

llvm::StringRef methodName(Method method) {
  return method == Method::Intervals ? "intervals" : method == Method::Solver ? "smt" : "bisection";
}

llvm::SmallVector<ConstrainedOp> assumedFacts(Value unknown) {
  llvm::SmallVector<ConstrainedOp> facts;
  // In the middle of a derivation the block has no end yet, and no facts.
  Block *block = unknown.getParentBlock();
  if (!block->mightHaveTerminator())
    return facts;
  for (Value result : llvm::drop_begin(block->getTerminator()->getOperands(), std::min(2u, block->getTerminator()->getNumOperands())))
    if (auto fact = result.getDefiningOp<ConstrainedOp>())
      facts.push_back(fact);
  return facts;
}

namespace {

/// More operations than these are not shown to the solver whole, down to how every parameter was made.
constexpr size_t kSmall = 150;

size_t sizeOf(Value value) {
  llvm::DenseSet<Value> seen;
  llvm::SmallVector<Value> pending{value};
  while (!pending.empty())
    if (Value next = pending.pop_back_val(); seen.insert(next).second && next.getDefiningOp())
      llvm::append_range(pending, next.getDefiningOp()->getOperands());
  return seen.size();
}

/// Restricts the problem to a piece of the formula of `value`; with `unknown`, to what stands near it.
void enterPiece(SmtProblem &problem, const Piece &piece, Value unknown, Value value, bool boundsAreLeaves = false) {
  problem.restrictTo(piece.all);
  llvm::SmallVector<Value> asked{value};
  for (auto [comparison, holds] : piece.essential)
    asked.push_back(comparison);
  if (unknown)
    problem.lookOnlyNear(unknown, asked, boundsAreLeaves);
  for (auto [comparison, holds] : piece.essential)
    problem.assume(problem.closed(comparison, holds));
}

/// Whether no value of the formula obeys `fails`, shown piece by piece where it has branches. `hint` gets a point that may.
class Exclusion {
public:
  Exclusion(Value value, Value unknown, const llvm::DenseMap<Value, Interval> &given, llvm::ArrayRef<Tie> ties = {})
      : value(value), unknown(unknown), given(given), ties(ties), comparisons(comparisonsOf(value)) {
    small = sizeOf(value) <= kSmall;
  }

  /// A condition for the solver that is not to be.
  using Failure = llvm::function_ref<std::string(SmtProblem &)>;

  bool proves(Failure fails, llvm::DenseMap<Value, double> *hint) {
    if (small && provesOn({}, Detail::Facts, fails, hint))
      return true;
    if (!pieces)
      pieces = piecesOf(comparisons, given);
    if (pieces && !pieces->empty() && llvm::all_of(*pieces, [&](const Piece &piece) {
          return isThin(piece) || llvm::any_of(llvm::ArrayRef{Detail::Near, Detail::Bounds, Detail::Facts},
                                               [&](Detail detail) { return provesOn(piece, detail, fails, hint); });
        }))
      return true;
    return small && provesOn({}, Detail::All, fails, hint);
  }

private:
  /// How much of the way that values were made is told.
  enum class Detail { Near, Bounds, Facts, All };

  bool provesOn(const Piece &piece, Detail detail, Failure fails,
                llvm::DenseMap<Value, double> *hint) {
    SmtProblem problem(given, /*factsAreLeaves=*/detail != Detail::All);
    bool near = detail == Detail::Near || detail == Detail::Bounds;
    enterPiece(problem, piece, near ? unknown : Value(), value, detail == Detail::Bounds);
    for (ConstrainedOp fact : unknown ? assumedFacts(unknown) : llvm::SmallVector<ConstrainedOp>())
      problem.assume("(not " + problem.violation(fact.getValue(), {0, fact.inferRange({Interval::all()}), false}) + ")");
    return problem.ask(fails(problem), hint) == SmtProblem::Impossible;
  }

  /// Whether the piece is no more than ties: nothing of it is left without them. (At the border of any other piece, its own formula
  /// counts.)
  bool isThin(const Piece &piece) {
    if (ties.empty())
      return false;
    SmtProblem problem(given, /*factsAreLeaves=*/true);
    enterPiece(problem, piece, Value(), value);
    for (const Tie &tie : ties)
      problem.assume("(not (= " + problem.term(tie.left) + " " + problem.term(tie.right) + "))");
    return problem.ask("true") == SmtProblem::Impossible;
  }

  Value value, unknown;
  const llvm::DenseMap<Value, Interval> &given;
  llvm::ArrayRef<Tie> ties;
  llvm::SmallVector<Value> comparisons;
  std::optional<std::vector<Piece>> pieces;
  bool small;
};

} // namespace

namespace {

/// Whether `value` is always `wanted`, by bisection; the solver is asked about the far ends.
bool provesByBisection(Bisection &bisection, Value value, Value unknown, const Ranges &given, const Interval &wanted,
                       llvm::DenseMap<Value, double> *hint) {
  auto beyond = [&](const Ranges &there) {
    Ranges ranges = given;
    for (auto [symbol, range] : there)
      ranges[symbol] = range;
    Ranges inferred = ranges;
    auto fails = [&](SmtProblem &problem) { return problem.violation(value, {0, wanted, false}); };
    return inferRange(value, inferred).within(wanted) || Exclusion(value, unknown, ranges).proves(fails, nullptr);
  };
  return bisection.proves(wanted, beyond, hint);
}

} // namespace

std::optional<ProvenSign> proveSign(Value value, Value unknown, llvm::DenseMap<Value, Interval> given, llvm::ArrayRef<Tie> ties,
                                    llvm::DenseMap<Value, double> *hint) {
  llvm::DenseMap<Value, Interval> ranges = given;
  Interval range = inferRange(value, ranges);
  if (range.isNonZero())
    return ProvenSign{range.isPositive(), Method::Intervals};
  Exclusion exclusion(value, unknown, given, ties);
  if (exclusion.proves([&](SmtProblem &problem) { return "(<= " + problem.term(value) + " 0.0)"; }, hint))
    return ProvenSign{true, Method::Solver};
  if (exclusion.proves([&](SmtProblem &problem) { return "(>= " + problem.term(value) + " 0.0)"; }, nullptr))
    return ProvenSign{false, Method::Solver};
  Bisection bisection(value, given);
  int sign = bisection.isSmall() ? bisection.signInTheMiddle() : 0;
  if (sign != 0) {
    Interval wanted = sign > 0 ? Interval::open(0, kInfinity) : Interval::open(-kInfinity, 0);
    if (provesByBisection(bisection, value, unknown, given, wanted, hint))
      return ProvenSign{sign > 0, Method::Bisection};
  }
  return std::nullopt;
}

std::optional<Method> proveEqual(Value a, Value b, llvm::DenseMap<Value, Interval> given) {
  std::optional<double> first = constantValue(a), second = constantValue(b);
  if (a == b || (first && second && *first == *second))
    return Method::Intervals;
  for (bool factsAreLeaves : {true, false}) {
    SmtProblem problem(given, factsAreLeaves);
    // A quotient is a number if its numerator is so many times its denominator, which needs no division.
    auto quotient = second ? a.getDefiningOp<arith::DivFOp>() : arith::DivFOp();
    std::string left = problem.term(quotient ? quotient.getLhs() : a), right = problem.term(b);
    if (quotient)
      right = "(* " + right + " " + problem.term(quotient.getRhs()) + ")";
    if (problem.ask("(not (= " + left + " " + right + "))") == SmtProblem::Impossible)
      return Method::Solver;
  }
  return std::nullopt;
}

namespace {

/// Whether both pieces have one value wherever both sets of comparisons hold, borders included.
bool meet(Value value, Value unknown, const Piece &first, const Piece &second,
          const llvm::DenseMap<Value, Interval> &given, bool onlyNear) {
  SmtProblem problem(given, /*factsAreLeaves=*/true);
  std::string sides[2];
  for (int side : {0, 1}) {
    enterPiece(problem, side ? second : first, onlyNear ? unknown : Value(), value);
    sides[side] = problem.term(value);
  }
  return problem.ask("(not (= " + sides[0] + " " + sides[1] + "))") == SmtProblem::Impossible;
}

/// What of a value has branches, where all else that it is made of has none: where that meets, the value does.
Value branchingPart(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (isa<arith::SelectOp>(op))
      return value;
    auto branches = llvm::make_filter_range(op->getOperands(), [](Value operand) { return !comparisonsOf(operand).empty(); });
    if (!llvm::hasSingleElement(branches))
      return value;
    value = *branches.begin();
  }
  return value;
}

} // namespace

std::optional<std::vector<Seam>> proveSeams(Value value, Value unknown, const llvm::DenseMap<Value, Interval> &given) {
  llvm::SmallVector<Value> comparisons = comparisonsOf(value);
  std::vector<Seam> seams;
  if (comparisons.empty())
    return seams;
  auto pieces = piecesOf(comparisons, given);
  if (!pieces)
    return std::nullopt;
  llvm::SetVector<Value> whatMayMeet;
  whatMayMeet.insert(branchingPart(value));
  whatMayMeet.insert(value);
  for (size_t p = 0; p < pieces->size(); ++p)
    for (size_t q = p + 1; q < pieces->size(); ++q) {
      const Piece &first = (*pieces)[p], &second = (*pieces)[q];
      SmtProblem border(given, /*factsAreLeaves=*/true);
      Seam seam;
      for (const Piece *piece : {&first, &second})
        for (auto [comparison, holds] : piece->essential)
          border.assume(border.closed(comparison, holds));
      if (border.ask("true") == SmtProblem::Impossible)
        continue;
      for (size_t k = 0; k < comparisons.size(); ++k)
        if (first.all[k].second != second.all[k].second)
          seam.differing.push_back(comparisons[k]);
      for (Value meeting : whatMayMeet)
        for (bool onlyNear : {true, false})
          if (!seam.method && meet(meeting, unknown, first, second, given, onlyNear))
            seam.method = Method::Solver;
      seams.push_back(std::move(seam));
    }
  return seams;
}

std::optional<Method> proveRequirement(Value value, Value unknown, const Requirement &requirement,
                                       llvm::DenseMap<Value, Interval> given, llvm::DenseMap<Value, double> *hint) {
  llvm::DenseMap<Value, Interval> ranges = given;
  Interval range = inferRange(value, ranges);
  if (requirement.nonZero ? range.isNonZero() : range.within(requirement.within))
    return Method::Intervals;
  auto fails = [&](SmtProblem &problem) { return problem.violation(value, requirement); };
  if (Exclusion(value, unknown, given).proves(fails, hint))
    return Method::Solver;
  Bisection bisection(value, given);
  if (!requirement.nonZero && bisection.isSmall() && provesByBisection(bisection, value, unknown, given, requirement.within, hint))
    return Method::Bisection;
  return std::nullopt;
}

} // namespace flowc::prove

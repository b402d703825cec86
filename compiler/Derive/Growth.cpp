// SPDX-License-Identifier: MIT

#include "compiler/Derive/Growth.h"

#include "compiler/Derive/Evaluator.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc {

void Growth::append(llvm::ArrayRef<int64_t> elements, Value piece) {
  auto begin = static_cast<int64_t>(order.size());
  for (int64_t element : elements) {
    placeOf[element] = order.size();
    order.push_back(element);
  }
  steps.push_back({begin, static_cast<int64_t>(order.size()), piece, begin == 0 ? piece : Value()});
}

Value Growth::upTo(OpBuilder &builder, Value of, size_t step) {
  for (size_t k = 0; k <= step; ++k) {
    Step &here = steps[k];
    if (here.whole)
      continue;
    auto before = llvm::to_vector(llvm::seq<int64_t>(0, here.begin)), added = llvm::to_vector(llvm::seq(here.begin, here.end));
    here.whole =
        mergePieces(builder, of.getLoc(), getElementTypeOrSelf(of.getType()), here.end, {steps[k - 1].whole, here.piece}, {before, added});
  }
  return steps[step].whole;
}

Value Growth::gather(OpBuilder &builder, Value of, llvm::ArrayRef<int64_t> elements) {
  struct Share {
    llvm::SmallVector<int64_t> taken, positions;
  };
  std::map<size_t, Share> shares;
  llvm::SmallVector<int64_t> places;
  for (auto [position, element] : llvm::enumerate(elements)) {
    int64_t place = placeOf.at(element);
    size_t step = llvm::upper_bound(steps, place, [](int64_t p, const Step &s) { return p < s.end; }) - steps.begin();
    shares[step].taken.push_back(place - steps[step].begin);
    shares[step].positions.push_back(position);
    places.push_back(place);
  }
  if (shares.empty() && !steps.empty())
    return extractElements(builder, of.getLoc(), steps[0].piece, {});
  // What others have put together already is a matter of looking at it.
  if (shares.size() > 1 && steps[1].whole)
    return extractElements(builder, of.getLoc(), upTo(builder, of, shares.rbegin()->first), places);
  llvm::SmallVector<Value> pieces;
  llvm::SmallVector<llvm::SmallVector<int64_t>> positions;
  for (auto &[step, share] : shares) {
    pieces.push_back(extractElements(builder, of.getLoc(), steps[step].piece, share.taken));
    positions.push_back(share.positions);
  }
  return mergePieces(builder, of.getLoc(), getElementTypeOrSelf(of.getType()), elements.size(), pieces, positions);
}

Value Growth::gatherInAnyOrder(OpBuilder &builder, Value of, llvm::SmallVectorImpl<int64_t> &elements) {
  auto count = static_cast<int64_t>(elements.size());
  auto step = llvm::find_if(steps, [&](const Step &s) { return s.end == count; });
  bool first = llvm::all_of(elements, [&](int64_t element) { return placeOf.at(element) < count; });
  if (count == 0 || step == steps.end() || !first)
    return gather(builder, of, elements);
  elements.assign(order.begin(), order.begin() + count);
  return upTo(builder, of, step - steps.begin());
}

} // namespace flowc

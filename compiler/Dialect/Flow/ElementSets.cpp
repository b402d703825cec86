// SPDX-License-Identifier: MIT

#include "compiler/Dialect/Flow/ElementSets.h"

#include "llvm/ADT/Hashing.h"

#include <algorithm>

namespace flowc::flow {

namespace {

/// In halves, so that a thousand single elements do not each walk a long list.
IndexSet unionOf(llvm::ArrayRef<SetId> ids, const std::deque<IndexSet> &sets) {
  if (ids.size() == 1)
    return sets[ids[0]];
  IndexSet merged = unionOf(ids.take_front(ids.size() / 2), sets);
  merged |= unionOf(ids.drop_front(ids.size() / 2), sets);
  return merged;
}

} // namespace

ElementSets::ElementSets(llvm::SmallVector<SetId> sets) : count(sets.size()) {
  if (llvm::all_equal(sets))
    all = sets.empty() ? 0 : sets.front();
  else
    each.assign(sets.begin(), sets.end());
}

SetPool::SetPool() { intern({}); }

SetId SetPool::intern(IndexSet elements) {
  llvm::hash_code hash = llvm::hash_combine_range(elements.begin(), elements.end());
  // (The map keeps two keys for itself.)
  llvm::SmallVector<SetId, 1> &equal = byHash[static_cast<uint64_t>(hash) >> 2];
  for (SetId id : equal)
    if (sets[id] == elements)
      return id;
  equal.push_back(sets.size());
  sets.push_back(std::move(elements));
  return equal.back();
}

SetId SetPool::singleton(int64_t element) {
  IndexSet one;
  one.set(element);
  return intern(std::move(one));
}

SetId SetPool::unite(SetId a, SetId b) {
  if (a == b || b == 0)
    return a;
  if (a == 0)
    return b;
  auto key = std::minmax(a, b);
  auto found = unions.find(key);
  if (found != unions.end())
    return found->second;
  IndexSet merged = sets[a];
  merged |= sets[b];
  return unions[key] = intern(std::move(merged));
}

SetId SetPool::unite(llvm::ArrayRef<SetId> many) {
  llvm::SmallVector<SetId> distinct(many);
  llvm::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() <= 2)
    return distinct.empty() ? 0 : unite(distinct.front(), distinct.back());
  return intern(unionOf(distinct, sets));
}

} // namespace flowc::flow

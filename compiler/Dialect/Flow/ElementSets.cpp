// SPDX-License-Identifier: MIT

#include "compiler/Dialect/Flow/ElementSets.h"

#include <algorithm>

namespace flowc::flow {

SetPool::SetPool() { intern({}); }

SetId SetPool::intern(std::vector<int64_t> elements) {
  auto [it, inserted] = ids.try_emplace(std::move(elements), static_cast<SetId>(sets.size()));
  if (inserted)
    sets.push_back(it->first);
  return it->second;
}

SetId SetPool::singleton(int64_t element) { return intern({element}); }

SetId SetPool::unite(SetId a, SetId b) {
  if (a == b || b == 0)
    return a;
  if (a == 0)
    return b;
  auto key = std::minmax(a, b);
  auto found = unions.find(key);
  if (found != unions.end())
    return found->second;
  std::vector<int64_t> merged;
  std::set_union(sets[a].begin(), sets[a].end(), sets[b].begin(), sets[b].end(), std::back_inserter(merged));
  return unions[key] = intern(std::move(merged));
}

SetId SetPool::unite(llvm::ArrayRef<SetId> many) {
  std::vector<SetId> distinct(many.begin(), many.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() <= 2)
    return distinct.empty() ? 0 : unite(distinct.front(), distinct.back());
  std::vector<int64_t> merged;
  for (SetId set : distinct)
    merged.insert(merged.end(), sets[set].begin(), sets[set].end());
  std::sort(merged.begin(), merged.end());
  merged.erase(std::unique(merged.begin(), merged.end()), merged.end());
  return intern(std::move(merged));
}

bool SetPool::contains(SetId set, int64_t element) const {
  return std::binary_search(sets[set].begin(), sets[set].end(), element);
}

} // namespace flowc::flow

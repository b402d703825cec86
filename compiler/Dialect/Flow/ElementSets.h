// SPDX-License-Identifier: MIT
//
// Which elements of a layer's input an element of a value depends on: sets of input indices, interned, so that the thousand
// outputs of a dense layer share one set and comparing two sets is comparing two numbers.

#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>
#include <map>
#include <vector>

namespace flowc::flow {

/// The name of an interned set; 0 is the empty set.
using SetId = uint32_t;

/// One set per element of a value, in row-major order.
using ElementSets = llvm::SmallVector<SetId>;

/// Owns the sets of one layer's analysis.
class SetPool {
public:
  SetPool();

  SetId singleton(int64_t element);
  SetId unite(SetId a, SetId b);
  /// The union of many sets, without interning the unions in between.
  SetId unite(llvm::ArrayRef<SetId> sets);
  /// The elements, ascending.
  llvm::ArrayRef<int64_t> elements(SetId set) const { return sets[set]; }
  bool contains(SetId set, int64_t element) const;

private:
  SetId intern(std::vector<int64_t> elements);

  std::vector<std::vector<int64_t>> sets;
  std::map<std::vector<int64_t>, SetId> ids;
  std::map<std::pair<SetId, SetId>, SetId> unions;
};

} // namespace flowc::flow

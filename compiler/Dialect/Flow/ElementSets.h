// SPDX-License-Identifier: MIT
//
// Which elements of a layer's input an element of a value depends on: sets of input indices, interned, so that the thousand
// outputs of a dense layer share one set and comparing two sets is comparing two numbers.

#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/SparseBitVector.h"

#include <cstdint>
#include <deque>

namespace flowc::flow {

/// The name of an interned set; 0 is the empty set.
using SetId = uint32_t;

/// One set per element of a value, in row-major order. Where all are the same, as in every matrix of parameters, it is kept once.
class ElementSets {
public:
  ElementSets() = default;
  ElementSets(size_t count, SetId all) : count(count), all(all) {}
  explicit ElementSets(llvm::SmallVector<SetId> sets);

  size_t size() const { return count; }
  SetId operator[](size_t element) const { return each.empty() ? all : each[element]; }
  bool areAll(SetId set) const { return each.empty() && (all == set || count == 0); }
  /// Every set at least once.
  llvm::ArrayRef<SetId> distinct() const { return each.empty() ? llvm::ArrayRef(all) : llvm::ArrayRef(each); }

private:
  size_t count = 0;
  SetId all = 0;
  llvm::SmallVector<SetId, 0> each; ///< Empty if all are the same.
};

/// Which elements of one operand the elements of a result need. Both are matrices of `columns` columns, written row by row; an element
/// needs those of its own column that `rows` has for its row.
struct NeededElements {
  llvm::SmallVector<llvm::BitVector> rows;
  int64_t columns = 1;

  /// Adds what `element` of the result needs.
  void addTo(llvm::BitVector &operandElements, int64_t element) const {
    for (unsigned k : rows[element / columns].set_bits())
      operandElements.set(k * columns + element % columns);
  }
};

/// Small where a set has few elements, and few words where it has many.
using IndexSet = llvm::SparseBitVector<512>;

/// Owns the sets of one layer's analysis.
class SetPool {
public:
  SetPool();

  SetId singleton(int64_t element);
  SetId unite(SetId a, SetId b);
  /// The union of many sets, without interning the unions in between.
  SetId unite(llvm::ArrayRef<SetId> sets);
  /// The elements, ascending.
  const IndexSet &elements(SetId set) const { return sets[set]; }
  bool contains(SetId set, int64_t element) const { return sets[set].test(element); }
  /// How many different sets there are.
  size_t size() const { return sets.size(); }

private:
  SetId intern(IndexSet elements);

  /// A deque, so that a set stays where it is while others are added.
  std::deque<IndexSet> sets;
  /// Sets by the hash of their elements.
  llvm::DenseMap<uint64_t, llvm::SmallVector<SetId, 1>> byHash;
  llvm::DenseMap<std::pair<SetId, SetId>, SetId> unions;
};

} // namespace flowc::flow

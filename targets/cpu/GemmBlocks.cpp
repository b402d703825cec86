// SPDX-License-Identifier: MIT
//
// The sums of a block, one row of b and one broadcast number must fit the registers; below that, taller blocks read b less often
// and wider ones read a less often.

#include "targets/cpu/GemmBlocks.h"

int64_t flowc::cpu::vectorsPerBlock(const VectorUnit &unit) { return unit.registers >= 32 ? 4 : 2; }

llvm::SmallVector<int64_t> flowc::cpu::rowBlockHeights(const VectorUnit &unit, int64_t vectors) {
  if (unit.registers >= 32)
    switch (vectors) {
    case 4:
      return {6, 4, 2, 1};
    case 3:
      return {8, 4, 2, 1};
    default:
      return {12, 6, 3, 1};
    }
  return vectors == 2 ? llvm::SmallVector<int64_t>{6, 4, 2, 1} : llvm::SmallVector<int64_t>{10, 5, 2, 1};
}

// SPDX-License-Identifier: MIT
//
// The sums of a block, one row of b and one broadcast number must fit the vector registers; below that, taller blocks
// read b less often and wider ones read a less often. More than 8 rows do not pay: their addresses no longer fit the
// scalar registers (12 rows of 2 vectors ran at a third of the speed of 8).

#include "targets/cpu/GemmBlocks.h"

int64_t flowc::cpu::vectorsPerBlock(const VectorUnit &unit) { return unit.registers >= 32 ? 4 : 2; }

llvm::SmallVector<int64_t> flowc::cpu::rowBlockHeights(const VectorUnit &unit, int64_t vectors) {
  bool tall = unit.registers >= 32 ? vectors < 4 : vectors < 2;
  return tall ? llvm::SmallVector<int64_t>{8, 4, 2, 1} : llvm::SmallVector<int64_t>{6, 4, 2, 1};
}

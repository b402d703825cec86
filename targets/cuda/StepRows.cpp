// SPDX-License-Identifier: MIT
//
// Rows of data that lie on the device, in the order of an epoch, into tiles. The lanes past the last row are copies of it that weigh
// nothing, as on the CPU.

#include "targets/cuda/StepKernels.h"

using namespace mlir;
using namespace flowc::cuda;

/// The row of the data that a lane shows, by arguments `order`, `first` (of the batch in the order) and `valid` (rows of the batch).
static Value rowOf(StepEmitter &e, Value tile, Value sample, Value order, Value first, Value valid) {
  Value last = e.subtract(valid, e.constant(1));
  Value place = e.minimum(e.add(e.multiply(tile, e.samples), sample), last);
  return e.indexAt(order, e.add(first, place));
}

/// Where a row of a tile's lane lies.
static Value laneOf(StepEmitter &e, Value tile, Value row, Value sample, Value rowsOfTile, Value firstRow) {
  return e.add(e.multiply(e.add(e.multiply(tile, rowsOfTile), e.add(firstRow, row)), e.samples), sample);
}

/// (table, order, out, first, valid, columns, rows of a tile, first row, tiles): the table's columns become rows of tiles.
void StepKernels::makeRows() {
  make("rows", 3, 6, 0, [](StepEmitter &e) {
    Value columns = e.argument(5);
    e.shareElements(e.argument(8), columns, [&](Value tile, Value column, Value sample, Value) {
      Value row = rowOf(e, tile, sample, e.argument(1), e.argument(3), e.argument(4));
      Real number = e.at(e.argument(0), e.add(e.multiply(row, columns), column));
      e.set(number, e.argument(2), laneOf(e, tile, column, sample, e.argument(6), e.argument(7)));
    });
  });
}

/// (table, order, out, first, valid, labels, rows of a tile, first row, tiles): 1 in the label's row and 0 in the others.
void StepKernels::makeLabels() {
  make("labels", 3, 6, 0, [](StepEmitter &e) {
    e.shareElements(e.argument(8), e.argument(5), [&](Value tile, Value label, Value sample, Value) {
      Value row = rowOf(e, tile, sample, e.argument(1), e.argument(3), e.argument(4));
      Value isIt = e.isEqualReal(e.at(e.argument(0), row), e.fromIndex(label));
      Real number = e.choose(isIt, e.real(e.element, 1), e.real(e.element, 0));
      e.set(number, e.argument(2), laneOf(e, tile, label, sample, e.argument(6), e.argument(7)));
    });
  });
}

/// (weights, order, out, first, valid, whether there are weights, tiles)
void StepKernels::makeWeights() {
  make("weights", 3, 4, 0, [](StepEmitter &e) {
    Value valid = e.argument(4), one = e.constant(1);
    e.shareElements(e.argument(6), one, [&](Value, Value, Value, Value i) {
      Value target = e.address(e.argument(2), e.element, i);
      e.store(e.constant(e.element, 0.0), target);
      e.when(e.isLess(i, valid), [&] {
        e.when(
            e.isEqual(e.argument(5), one),
            [&] { e.store(e.at(e.argument(0), e.indexAt(e.argument(1), e.add(e.argument(3), i))).value, target); },
            [&] { e.store(e.constant(e.element, 1.0), target); });
      });
    });
  });
}

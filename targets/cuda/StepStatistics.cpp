// SPDX-License-Identifier: MIT
//
// Statistics over a batch between the segments of training, and what the values that they were taken of owe to them on the way back:
// runtime/model/TrainingStep.cpp says why. Moments are doubles: [tiles][3][probed], weight, mean and summed squares of every row.

#include "targets/cuda/StepKernels.h"

using namespace mlir;
using namespace flowc::cuda;

/// (values, weight, moments, rows of a tile, probed, tiles): the moments of every tile. The mean first, then the distances from it: both
/// sums are of numbers of one size.
void StepKernels::makeMoments() {
  make("moments", 3, 3, 0, [](StepEmitter &e) {
    Value rows = e.argument(3), probed = e.argument(4), nothing = e.constant(0), all = e.constant(e.samples);
    e.shareAmongWarps(e.multiply(e.argument(5), probed), [&](Value place) {
      Value tile = e.divide(place, probed), row = e.remainder(place, probed);
      Value values = e.address(e.argument(0), e.element, e.multiply(e.add(e.multiply(tile, rows), row), e.samples));
      Value weights = e.address(e.argument(1), e.element, e.multiply(tile, e.samples));
      auto weight = [&](Value s) { return e.widen(e.at(weights, s)); };
      // What weighs nothing may be no number.
      auto counted = [&](Value s, Real value) { return e.choose(weight(s) > e.real(e.wide, 0), weight(s) * value, e.real(e.wide, 0)); };
      Real total = e.sumByWarp(nothing, all, weight);
      Real sum = e.sumByWarp(nothing, all, [&](Value s) { return counted(s, e.widen(e.at(values, s))); });
      Real mean = e.choose(total > e.real(e.wide, 0), sum / total, e.real(e.wide, 0));
      Real squares = e.sumByWarp(nothing, all, [&](Value s) {
        Real distance = e.widen(e.at(values, s)) - mean;
        return counted(s, distance * distance);
      });
      e.onFirstLane([&] {
        Value first = e.add(e.multiply(e.multiply(tile, 3), probed), row);
        e.set(total, e.argument(2), first);
        e.set(mean, e.argument(2), e.add(first, probed));
        e.set(squares, e.argument(2), e.add(first, e.multiply(probed, 2)));
      });
    });
  });
}

namespace {
struct Moments {
  Real weight, mean, squares;
};
} // namespace

/// The moments of two groups of samples together (Chan, Golub and LeVeque).
static Moments join(StepEmitter &e, Moments a, Moments b) {
  Value counts = b.weight > e.real(e.wide, 0);
  Real total = a.weight + b.weight, distance = b.mean - a.mean;
  Real mean = a.mean + distance * (b.weight / total);
  Real squares = a.squares + (b.squares + distance * distance * (a.weight * b.weight / total));
  return {e.choose(counts, total, a.weight), e.choose(counts, mean, a.mean), e.choose(counts, squares, a.squares)};
}

/// (moments, staged, total, probed, tiles, where means lie, where variances lie): the batch's statistics into the staged vector, unless no
/// row weighs anything, and its weight.
void StepKernels::makeJoinedMoments() {
  make("join_moments", 3, 4, 0, [](StepEmitter &e) {
    Value moments = e.argument(0), staged = e.argument(1), probed = e.argument(3);
    e.shareAmongWarps(probed, [&](Value row) {
      auto zero = e.real(e.wide, 0).value;
      SmallVector<Value> mine =
          e.loop(e.lane, e.argument(4), kWarp, {zero, zero, zero}, [&](Value tile, ValueRange carried) -> SmallVector<Value> {
            Value first = e.add(e.multiply(e.multiply(tile, 3), probed), row);
            Moments more{e.at(e.wide, moments, first), e.at(e.wide, moments, e.add(first, probed)),
                         e.at(e.wide, moments, e.add(first, e.multiply(probed, 2)))};
            Moments joined = join(e, {{carried[0], &e}, {carried[1], &e}, {carried[2], &e}}, more);
            return {joined.weight.value, joined.mean.value, joined.squares.value};
          });
      Moments all{{mine[0], &e}, {mine[1], &e}, {mine[2], &e}};
      for (int32_t distance = kWarp / 2; distance > 0; distance /= 2) {
        auto other = [&](Real number) { return Real{e.shuffle(number.value, distance), &e}; };
        all = join(e, all, {other(all.weight), other(all.mean), other(all.squares)});
      }
      e.onFirstLane([&] {
        e.when(all.weight > e.real(e.wide, 0), [&] {
          e.set(e.narrow(all.mean), staged, e.add(e.argument(5), row));
          e.set(e.narrow(all.squares / all.weight), staged, e.add(e.argument(6), row));
        });
        e.when(e.isEqual(row, e.constant(0)), [&] { e.set(all.weight, e.argument(2), row); });
      });
    });
  });
}

/// (sums, slopes, length of a chunk's sums, chunks, probed, where means lie, where variances lie): the gradient by the statistics behind a
/// segment, all of whose readers have been gone back through; [2][probed].
void StepKernels::makeSlopes() {
  make("slopes", 2, 5, 0, [](StepEmitter &e) {
    Value probed = e.argument(4);
    shareInGrid(e, e.multiply(probed, 2), [&](Value i) {
      Value row = e.remainder(i, probed);
      Value place = e.add(e.select(e.isLess(i, probed), e.argument(5), e.argument(6)), row);
      Value sum = e.loop(e.constant(0), e.argument(3), 1, {e.real(e.wide, 0).value}, [&](Value chunk, ValueRange carried) -> SmallVector<Value> {
        Real number = e.at(e.argument(0), e.add(e.multiply(chunk, e.argument(2)), place));
        return {(Real{carried[0], &e} + e.widen(number)).value};
      })[0];
      e.set({sum, &e}, e.argument(1), i);
    });
  });
}

/// (given, arrived, values, weight, staged, slopes, total, length of a tile in `given`, where it begins there, rows of a segment, probed, where
/// means lie, where variances lie, tiles): the adjoint of what a segment gave. A sample's share in a mean is its part of the weight, and in
/// a variance twice that times its distance from the mean.
void StepKernels::makeArrived() {
  make("arrive", 7, 7, 0, [](StepEmitter &e) {
    Value rows = e.argument(9), probed = e.argument(10);
    Real total = e.at(e.wide, e.argument(6), e.constant(0));
    e.shareElements(e.argument(13), rows, [&](Value tile, Value row, Value sample, Value i) {
      Value place = e.add(e.add(e.multiply(tile, e.argument(7)), e.argument(8)), e.add(e.multiply(row, e.samples), sample));
      Value target = e.address(e.argument(1), e.element, i);
      Real adjoint = e.at(e.argument(0), place);
      e.store(adjoint.value, target);
      e.when(e.both(e.isLess(row, probed), total > e.real(e.wide, 0)), [&] {
        Value variance = e.add(probed, row);
        Real byMean = e.narrow(e.at(e.wide, e.argument(5), row) / total);
        Real byVariance = e.narrow(e.real(e.wide, 2) * e.at(e.wide, e.argument(5), variance) / total);
        Real weight = e.at(e.argument(3), e.add(e.multiply(tile, e.samples), sample));
        Real distance = e.at(e.argument(2), i) - e.at(e.argument(4), e.add(e.argument(11), row));
        e.store((adjoint + weight * (byMean + byVariance * distance)).value, target);
      });
    });
  });
}

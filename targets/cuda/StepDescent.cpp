// SPDX-License-Identifier: MIT
//
// From the gradient to the next parameters: runtime/Trainer.cpp and runtime/optimizers, operation for operation, with the coefficients that
// the host computes for a step rounded as there. What has gone wrong is found without the host: a loss or a norm that is not finite is
// recorded, and nothing is changed from then on.

#include "targets/cuda/StepKernels.h"

using namespace mlir;
using namespace flowc::cuda;

/// (objective, weight, sums, length of a tile in `objective`, rows): the batch's weighted sum, in pieces.
void StepKernels::makeLoss() {
  make("loss", 3, 2, 0, [](StepEmitter &e) {
    Value width = e.constant(e.samples);
    e.sumPieces(e.argument(4), e.argument(2), [&](Value i) {
      Value place = e.add(e.multiply(e.divide(i, width), e.argument(3)), e.remainder(i, width));
      return e.widen(e.at(e.argument(0), place)) * e.widen(e.at(e.argument(1), i));
    });
  });
}

/// (gradient, parameters, sums, count; rows, l2): of a sum that is to grow, the gradient of the mean that is to shrink; and the sum of its
/// squares, in pieces.
void StepKernels::makeDescent() {
  make("descent", 3, 1, 2, [](StepEmitter &e) {
    e.sumPieces(e.argument(3), e.argument(2), [&](Value i) {
      Real slope = e.rounded(5) * e.at(e.argument(1), i) - e.at(e.argument(0), i) / e.rounded(4);
      e.set(slope, e.argument(0), i);
      return e.widen(slope) * e.widen(slope);
    });
  });
}

/// (record, sums of the loss, sums of squares, how many of the one, how many of the other; the largest norm or 0), for one block.
void StepKernels::makeConclusion() {
  make("conclude", 3, 2, 1, [](StepEmitter &e) {
    Value record = e.argument(0), nothing = e.constant(0);
    auto total = [&](Value sums, Value count) {
      Value mine = e.select(e.isEqual(e.warp, nothing), count, nothing);
      return e.sumByWarp(nothing, mine, [&](Value i) { return e.at(e.wide, sums, i); });
    };
    Real sum = total(e.argument(1), e.argument(3)), norm = e.root(total(e.argument(2), e.argument(4)));
    Real most{e.argument(5), &e}, zero = e.real(e.wide, 0), one = e.real(e.wide, 1);
    auto conclude = [&] {
      e.set(sum, record, Record::LastSum);
      e.set(norm, record, Record::Norm);
      e.when(
          e.both(e.isFinite(sum), e.isFinite(norm)),
          [&] {
            e.set(e.choose(e.both(most > zero, norm > most), most / norm, one), record, Record::Factor);
            e.set(e.at(record, Record::Sum) + sum, record, Record::Sum);
            e.set(e.at(record, Record::Steps) + one, record, Record::Steps);
          },
          [&] { e.set(one, record, Record::Failed); });
    };
    e.when(e.isEqual(e.thread, nothing), [&] { e.when(e.isEqualReal(e.at(record, Record::Failed), zero), conclude); });
  });
}

/// (record, parameters, gradient, first moment, second moment, count; 1 - beta1, 1 - beta2, epsilon, the first correction with the rate, the
/// second correction, what decay leaves)
void StepKernels::makeAdam() {
  make("adam", 5, 1, 6, [](StepEmitter &e) {
    Value parameters = e.argument(1), first = e.argument(3), second = e.argument(4);
    Real factor = e.narrow(e.at(e.argument(0), Record::Factor));
    e.shareIfGood(e.argument(0), e.argument(5), [&](Value i) {
      Real g = e.at(e.argument(2), i) * factor, oldFirst = e.at(first, i), oldSecond = e.at(second, i);
      Real newFirst = oldFirst + e.rounded(6) * (g - oldFirst), newSecond = oldSecond + e.rounded(7) * (g * g - oldSecond);
      Real step = e.rounded(9) * newFirst / (e.root(e.rounded(10) * newSecond) + e.rounded(8));
      e.set(newFirst, first, i);
      e.set(newSecond, second, i);
      e.set(e.rounded(11) * e.at(parameters, i) - step, parameters, i);
    });
  });
}

/// (record, parameters, gradient, velocity, count; momentum, decay, rate)
void StepKernels::makeSgd() {
  make("sgd", 4, 1, 3, [](StepEmitter &e) {
    Value parameters = e.argument(1), velocity = e.argument(3);
    Real factor = e.narrow(e.at(e.argument(0), Record::Factor));
    e.shareIfGood(e.argument(0), e.argument(4), [&](Value i) {
      Real g = e.at(e.argument(2), i) * factor, old = e.at(parameters, i);
      Real next = e.rounded(5) * e.at(velocity, i) + g + e.rounded(6) * old;
      e.set(next, velocity, i);
      e.set(old - e.rounded(7) * next, parameters, i);
    });
  });
}

/// (record, to, from, shares, count): each number goes its own share of the way.
void StepKernels::makeFollow() {
  make("follow", 4, 1, 0, [](StepEmitter &e) {
    e.shareIfGood(e.argument(0), e.argument(4), [&](Value i) {
      Real old = e.at(e.argument(1), i);
      e.set(old + e.at(e.argument(3), i) * (e.at(e.argument(2), i) - old), e.argument(1), i);
    });
  });
}

/// (record, to, from, count; share): all go the same share of the way.
void StepKernels::makeAverage() {
  make("average", 3, 1, 1, [](StepEmitter &e) {
    e.shareIfGood(e.argument(0), e.argument(3), [&](Value i) {
      Real old = e.at(e.argument(1), i);
      e.set(old + e.rounded(4) * (e.at(e.argument(2), i) - old), e.argument(1), i);
    });
  });
}

// SPDX-License-Identifier: MIT
//
// What a step of training does beside the model's own kernels: statistics over a batch, sums, the optimizer. These
// kernels know no model, only an element type, and are written as those are: as what the threads of blocks do, in MLIR.

#pragma once

#include "targets/cuda/KernelMaker.h"

namespace flowc::cuda {

/// A real number while a kernel is written.
struct Real {
  mlir::Value value;
  BlockEmitter *e;
};
Real operator+(Real a, Real b);
Real operator-(Real a, Real b);
Real operator*(Real a, Real b);
Real operator/(Real a, Real b);
mlir::Value operator>(Real a, Real b);

/// Places of the record that steps leave for the host: doubles, which runtime/model knows as a struct.
enum class Record { Sum, LastSum, Norm, Factor, Failed, Steps };

/// Writes what the threads of a grid do in one kernel. Every sum has an order of its own, which no launch changes: a warp adds up a piece
/// of the numbers, lane by lane and then by shuffles, and one warp adds up the pieces. That costs a launch more than atomics would, and
/// gives a run the same bits every time.
class StepEmitter : public BlockEmitter {
public:
  StepEmitter(mlir::OpBuilder &builder, mlir::gpu::GPUFuncOp kernel, mlir::Type element, int64_t threads, int64_t samples);

  mlir::Value argument(unsigned k) { return kernel.getArgument(k); }
  /// Argument `k`, a real, rounded to the element type.
  Real rounded(unsigned k) { return narrow({argument(k), this}); }

  Real real(mlir::Type type, double value) { return {constant(type, value), this}; }
  Real at(mlir::Type type, mlir::Value pointer, mlir::Value index) { return {load(type, address(pointer, type, index)), this}; }
  Real at(mlir::Value pointer, mlir::Value index) { return at(element, pointer, index); }
  Real at(mlir::Value pointer, Record place) { return at(wide, pointer, constant(static_cast<int64_t>(place))); }
  void set(Real value, mlir::Value pointer, mlir::Value index) { store(value.value, address(pointer, value.value.getType(), index)); }
  void set(Real value, mlir::Value pointer, Record place) { set(value, pointer, constant(static_cast<int64_t>(place))); }

  Real widen(Real a);
  Real narrow(Real a);
  Real choose(mlir::Value condition, Real yes, Real no) { return {select(condition, yes.value, no.value), this}; }
  Real root(Real a);
  mlir::Value isFinite(Real a);
  mlir::Value isEqualReal(Real a, Real b);
  mlir::Value both(mlir::Value a, mlir::Value b);

  /// body(i) for i in 0 .. count - 1, each by all lanes of one warp of the grid.
  void shareAmongWarps(mlir::Value count, llvm::function_ref<void(mlir::Value i)> body);
  /// body(i) for all i by threads, unless a step has failed: then everything stays as it was before it.
  void shareIfGood(mlir::Value record, mlir::Value count, llvm::function_ref<void(mlir::Value i)> body);
  /// body(tile, row, sample, i), where i is the place among `rows` rows of `samples` numbers in each of `tiles`.
  void shareElements(mlir::Value tiles, mlir::Value rows,
                     llvm::function_ref<void(mlir::Value tile, mlir::Value row, mlir::Value sample, mlir::Value i)> body);
  void onFirstLane(llvm::function_ref<void()> body) { when(isEqual(lane, constant(0)), body); }

  /// The sum of value(i) over from .. to - 1 by a warp, in double; every lane has it.
  Real sumByWarp(mlir::Value from, mlir::Value to, llvm::function_ref<Real(mlir::Value i)> value);
  /// One such sum for each piece of 0 .. count - 1.
  void sumPieces(mlir::Value count, mlir::Value sums, llvm::function_ref<Real(mlir::Value i)> value);

  mlir::Type element, wide;
  int64_t samples; ///< Of a tile.

private:
  mlir::gpu::GPUFuncOp kernel;
};

/// Writes kernels of one element type, named `prefix`_step_NAME.
class StepKernels {
public:
  StepKernels(mlir::Block *home, mlir::Location loc, llvm::StringRef prefix, mlir::Type element, int64_t threads, int64_t samples)
      : maker(home, loc, threads), prefix(prefix), element(element), samples(samples) {}

  /// The kernels that targets/cuda/README.md lists.
  void makeAll();

private:
  // StepStatistics.cpp
  void makeMoments();
  void makeJoinedMoments();
  void makeSlopes();
  void makeArrived();
  // StepDescent.cpp
  void makeLoss();
  void makeDescent();
  void makeConclusion();
  void makeAdam();
  void makeSgd();
  void makeFollow();
  void makeAverage();

  /// A kernel that takes pointers, then numbers (i64), then reals (f64).
  void make(llvm::StringRef name, unsigned pointers, unsigned numbers, unsigned reals, llvm::function_ref<void(StepEmitter &)> body);

  KernelMaker maker;
  std::string prefix;
  mlir::Type element;
  int64_t samples;
};

} // namespace flowc::cuda

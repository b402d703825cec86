// SPDX-License-Identifier: MIT
//
// What the lowerings of all tile ops share: the threads of a block, how they share work, and the cache of functions. Every tile op
// becomes a call of a function that all threads of the block run together.

#pragma once

#include "compiler/Dialect/Tile/TileDialect.h"
#include "targets/common/CloneBody.h"
#include "targets/common/FunctionCache.h"
#include "targets/cuda/Accesses.h"
#include "targets/cuda/CudaTarget.h"

namespace flowc::cuda {

using targets::bodyFingerprint;
using targets::cloneBody;
using targets::isolateBody;
using targets::rowStride;

constexpr int64_t kWarp = 32;
/// NVPTX's numbers of the memories that all blocks see, and that the threads of one block do.
constexpr unsigned kGlobalMemory = 1, kSharedMemory = 3;

/// Writes what one thread of a block does, together with the others.
class BlockEmitter : public targets::Emitter {
public:
  BlockEmitter(mlir::OpBuilder &builder, mlir::Location loc, int64_t threads);

  /// body(i) for i in 0 .. count - 1, each by one thread; neighbours take neighbours.
  void share(mlir::Value count, llvm::function_ref<void(mlir::Value i)> body);
  void when(mlir::Value condition, llvm::function_ref<void()> body, llvm::function_ref<void()> otherwise = {});
  mlir::Value isEqual(mlir::Value a, mlir::Value b);
  mlir::Value isLess(mlir::Value a, mlir::Value b);
  mlir::Value select(mlir::Value condition, mlir::Value yes, mlir::Value no);
  mlir::Value divide(mlir::Value a, mlir::Value b);
  mlir::Value remainder(mlir::Value a, mlir::Value b);
  mlir::Value maximum(mlir::Value a, mlir::Value b);
  mlir::Value fusedMultiplyAdd(mlir::Value a, mlir::Value b, mlir::Value sum);

  /// `count` numbers that lie next to each other, from an address that is a multiple of their size in bytes.
  llvm::SmallVector<mlir::Value> loadWide(mlir::Type element, int64_t count, mlir::Value pointer);
  void storeWide(mlir::ValueRange values, mlir::Value pointer);

  /// Combines the numbers of a warp's lanes in a fixed order: each with the one 16 lanes away, then 8, and so on. Every lane has the
  /// result; all lanes must take part.
  mlir::Value combineWarp(mlir::Value mine, llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);
  mlir::Value sumWarp(mlir::Value mine);
  /// The number of the lane that is `distance` (exclusive or) away.
  mlir::Value shuffle(mlir::Value mine, int32_t distance);
  /// Every thread waits for all others, and sees what they wrote.
  void barrier();

  const int64_t threads;
  mlir::Value thread, lane, warp; ///< The thread's number in the block, in its warp, and the warp's number.
};

/// The number of the block and how many there are, outside of the functions of tile ops.
mlir::Value blockIndex(targets::Emitter &emitter);
mlir::Value blockCount(targets::Emitter &emitter);

/// The device module's private functions, one per kind of work.
class KernelCache : public targets::FunctionCache {
public:
  KernelCache(mlir::Block *home, mlir::SymbolTableCollection &symbols, int64_t threads, Matmul matmulKind)
      : targets::FunctionCache(home, kGlobalMemory), symbols(symbols), threads(threads), matmulKind(matmulKind) {}

  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(BlockEmitter &, mlir::ValueRange arguments)>;

  /// As the base's. What the threads write is there for others behind a barrier (`placeBarriers`).
  mlir::func::CallOp call(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name, llvm::StringRef key,
                          mlir::ValueRange arguments, Body body);

  /// An array in the block's shared memory; equal names are one array, as large as the largest that is asked for. What is in it does not
  /// outlast the function that asks for it.
  mlir::Value shared(targets::Emitter &emitter, llvm::StringRef name, mlir::Type element, int64_t count);

  /// From now on `buffer`, a function's argument, lies at `pointer`, a multiple of `alignment` numbers.
  void place(mlir::Value buffer, mlir::Value pointer, int64_t alignment) { places[buffer] = {pointer, alignment}; }
  /// The same for one that is all of the array `name` in shared memory, whose size is said at a launch.
  void placeInShared(mlir::BlockArgument buffer, llvm::StringRef name);
  void forgetBuffers() final {
    targets::FunctionCache::forgetBuffers();
    places.clear();
  }
  /// Whether the address of a buffer is known to be a multiple of `count` of its numbers.
  bool isAligned(mlir::Value buffer, int64_t count) const;

  int64_t threadsPerBlock() const { return threads; }
  Matmul matmul() const { return matmulKind; }

private:
  mlir::Value originOf(targets::Emitter &emitter, mlir::Value buffer) final;

  mlir::SymbolTableCollection &symbols;
  int64_t threads;
  Matmul matmulKind;
  struct Place {
    mlir::Value pointer;
    int64_t alignment = 1;
  };
  llvm::DenseMap<mlir::Value, Place> places;
  llvm::StringMap<mlir::LLVM::GlobalOp> globals;
};

void lowerMap(tile::MapOp op, KernelCache &cache);
void lowerGemm(tile::GemmOp op, KernelCache &cache);
void lowerSolve(tile::SolveOp op, KernelCache &cache);
void lowerEliminate(tile::EliminateOp op, KernelCache &cache);
void lowerSubstitute(tile::SubstituteOp op, KernelCache &cache);
void lowerTranspose(tile::TransposeOp op, KernelCache &cache);
void lowerFill(tile::FillOp op, KernelCache &cache);
/// Expects its body lowered.
void lowerRepeat(tile::RepeatOp op, KernelCache &cache);

/// Sets the numbers of some rows at `pointer` to one.
void fill(KernelCache &cache, mlir::OpBuilder &builder, mlir::Location loc, mlir::Value pointer, mlir::Value number, int64_t rows,
          int64_t columns, int64_t stride);

} // namespace flowc::cuda

// SPDX-License-Identifier: MIT
//
// What a block works on at a time in a product: a tile of the result, and panels of a and b, `kDepth` deep, which lie in shared memory
// while they are multiplied.

#pragma once

#include "targets/cuda/KernelBuilder.h"

#include <memory>

namespace flowc::cuda {

constexpr int64_t kTileColumns = 64, kMostTileRows = 64, kDepth = 16;

/// From one row to the next where rows of `length` numbers lie in shared memory, `wide` of them in 16 bytes. They are some numbers longer
/// than they must be: then threads that read at the same time meet different banks, and every row begins at a boundary of 16 bytes.
int64_t pitchWithoutConflicts(int64_t length, int64_t wide);

/// How the factors of a product lie.
struct Factors {
  bool contiguousA; ///< Whether a's columns are next to each other, or its rows.
  /// Where a factor is multiplied as it lies in shared memory, from one row to the next; else 0.
  int64_t aPitch = 0, bPitch = 0;
};

/// Where the numbers of the panels and of the tile lie.
struct TileLayout {
  TileLayout(mlir::Type element, int64_t rows, const Factors &factors);

  mlir::Type element;
  int64_t rows;           ///< Of the tile.
  bool contiguousA;       ///< Whether a's panel lies row by row, as a does, or column by column.
  int64_t wide;           ///< How many numbers are 16 bytes.
  int64_t aRow, aStep;    ///< From one row of a's panel to the next, and from one step of k to the next.
  int64_t bStep;          ///< From one step of k to the next in b's panel.
  int64_t pitch;          ///< From one row of the tile to the next.
  int64_t aSize, bSize;   ///< Of the panels; 0 where there is none, for the factor lies in shared memory already.
  int64_t stages;         ///< How many pairs of panels there are: one is multiplied while others are on their way.

  /// The numbers in shared memory: of all panels, or of the tile, which takes their place.
  int64_t size() const;
};

/// How the threads multiply two panels, and which sums of the tile each of them keeps in registers.
class Product {
public:
  virtual ~Product() = default;
  /// The sums of a thread before the first panel.
  llvm::SmallVector<mlir::Value> zeros(BlockEmitter &e) const;
  /// Adds the products of two panels to a thread's sums.
  virtual llvm::SmallVector<mlir::Value> multiply(mlir::Value aPanel, mlir::Value bPanel, mlir::ValueRange sums) = 0;
  /// Writes a thread's sums to where they belong in the tile.
  virtual void write(mlir::ValueRange sums, mlir::Value tile) = 0;

  const TileLayout layout;

protected:
  Product(const TileLayout &layout, int64_t sums) : layout(layout), sums(sums) {}

private:
  int64_t sums;
};

/// By fused multiplications and additions, over k from the first to the last. `rows` is how many rows the result has.
std::unique_ptr<Product> makeFusedProduct(BlockEmitter &e, mlir::Type element, int64_t rows, const Factors &factors);
/// On tensor cores, with numbers rounded to tf32 or bf16 and sums in f32.
std::unique_ptr<Product> makeTensorProduct(BlockEmitter &e, Matmul kind, int64_t rows, const Factors &factors);

/// The most bytes of shared memory that a product takes.
int64_t mostPanelBytes(mlir::Type element);

/// The rows of the tile that the two would have.
int64_t fusedTileRows(int64_t threads, int64_t rows);
int64_t tensorTileRows(int64_t threads, int64_t rows);

} // namespace flowc::cuda

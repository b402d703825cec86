// SPDX-License-Identifier: MIT
//
// What the lowerings of all tile ops share: the vector unit they target, vectors under masks, and the cache of functions.

#pragma once

#include "compiler/Dialect/Tile/TileDialect.h"
#include "targets/common/CloneBody.h"
#include "targets/common/FunctionCache.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace flowc::cpu {

/// The vector unit that kernels are shaped for.
struct VectorUnit {
  int bits = 256;
  int registers = 16;
  bool fma = true;
};

using targets::bodyFingerprint;
using targets::cloneBody;
using targets::isolateBody;
using targets::rowStride;

/// Vectors, beside what all targets write.
class Emitter : public targets::Emitter {
public:
  using targets::Emitter::Emitter;

  /// The address of an element that may be outside of the buffer, under a mask.
  mlir::Value maskedAddress(mlir::Value pointer, mlir::Type element, mlir::Value index);
  /// Lanes where the mask is false keep `otherwise` and are not read.
  mlir::Value maskedLoad(mlir::Value pointer, mlir::Value mask, mlir::Value otherwise);
  void maskedStore(mlir::Value value, mlir::Value pointer, mlir::Value mask);
  /// Says that the line at the address is wanted soon, in the first cache.
  void prefetch(mlir::Value pointer);
  /// A mask of `width` lanes, true in the first `count`.
  mlir::Value firstLanes(int64_t width, mlir::Value count);
  mlir::Value broadcast(mlir::VectorType type, mlir::Value scalar);
  /// The sum of all lanes in a fixed order: halves are added until one lane is left.
  mlir::Value sumLanes(mlir::Value vector);
};

/// The module's private functions, one per kind of work, and the vector unit that they are for.
class KernelCache : public targets::FunctionCache {
public:
  KernelCache(mlir::ModuleOp module, VectorUnit unit);

  using Body = llvm::function_ref<void(Emitter &, mlir::ValueRange arguments)>;

  /// As the base's, of functions without results.
  void call(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name, llvm::StringRef key,
            mlir::ValueRange arguments, Body body);

  /// How many lanes to use for rows of `samples` elements: the machine's number, or the largest part of it that divides
  /// them.
  int64_t lanes(mlir::Type element, int64_t samples) const;
  int64_t lanes(mlir::Type element) const { return unit.bits / element.getIntOrFloatBitWidth(); }
  const VectorUnit &vectorUnit() const { return unit; }

private:
  mlir::Value originOf(targets::Emitter &emitter, mlir::Value buffer) final;

  VectorUnit unit;
  mlir::LLVMTypeConverter types;
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

} // namespace flowc::cpu
